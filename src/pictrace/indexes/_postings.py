"""Postings: the features of many pictures in the order of their visual words, as columns that can be mapped."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt

from pictrace.indexes._rows import LARGEST_KEY, array_in, damaged, opened, write_header
from pictrace.indexes._words import Longs
from pictrace.types import FEATURE_DTYPE, Rows

SIGNATURE = 3
"""64-bit integers kept of a descriptor's four. The first bits of ORB tell most, as they were chosen greedily; of 100
pictures at a tenth of the area of others, 192 bits find as many as 256, in three quarters of the bytes."""

_STEP = 4
"""Pixels in which places are kept, from the middle of the picture's features, in a byte: up to 512 px away."""

_SCALES = 16
_SMALLEST = -4
"""Steps in which scale is kept, to a factor of two, and the power of two that they begin at."""

_MARGIN = 23
"""Pixels along the edges in which ORB finds nothing, of the picture as it was looked at."""

_LEAST_SIDE = 384 - _MARGIN
"""Where features reach less far than this, the picture was enlarged before they were found; see keypoints."""

_WRITTEN = 1 << 22
"""Values written at a time, so that no column is copied whole."""

_KINDS = {"keys": "<u8", "starts": "<u8", "signatures": "<u8", "owners": "<u4", "places": "<u4"}


@dataclass(frozen=True, eq=False)
class Postings:
    """Features of pictures, sorted by word.

    `keys` (p,) are the pictures', ascending; `starts` (words + 1,) says where each word's features begin; `signatures`
    (3, n) are the first bits of their descriptors, `owners` (n,) the number of the picture each belongs to, and
    `places` (n,) packs four bytes: x and y from the middle of the picture's features, scale and angle.
    """

    keys: Longs
    starts: Longs
    signatures: Longs
    owners: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.owners)

    def words(self) -> npt.NDArray[np.uint16]:
        """The word of every feature, (n,)."""
        starts = self.starts.astype(np.int64)
        return np.repeat(np.arange(len(starts) - 1, dtype=np.uint16), starts[1:] - starts[:-1])

    def write(self, file: BinaryIO) -> None:
        """The columns, one after the other, each in NumPy's own format."""
        for name in _KINDS:
            _write(file, name, getattr(self, name))

    @classmethod
    def read(cls, path: Path, words: int) -> Self:
        """The columns mapped from a file, once they fit each other.

        Raises:
            IndexDamagedError: they do not, or the file holds something else.
        """
        try:
            with opened(path) as file:
                if not file.seek(0, 2):
                    raise damaged(path, "it is empty")
                mapped = np.asarray(np.memmap(file, np.uint8, "r"))
                file.seek(0)
                found = cls(**{name: array_in(mapped, file, np.dtype(kind)) for name, kind in _KINDS.items()})
                complete = file.tell() == len(mapped)
        except ValueError as error:
            raise damaged(path, str(error)) from error
        if not complete or not found._is_sound(words):
            raise damaged(path, "its parts do not fit together")
        return found

    def _is_sound(self, words: int) -> bool:
        count = len(self.owners)
        shapes = (self.keys.ndim, self.starts.shape, self.signatures.shape, self.places.shape)
        if shapes != (1, (words + 1,), (SIGNATURE, count), (count,)) or self.owners.ndim != 1:
            return False
        # Compared as the unsigned numbers they are: a difference of two wraps.
        starts, keys = self.starts, self.keys
        sorted_up = bool((starts[1:] >= starts[:-1]).all() and (keys[1:] > keys[:-1]).all())
        allowed = not len(keys) or (int(keys[0]) >= 1 and int(keys[-1]) <= LARGEST_KEY)
        inside = not count or int(self.owners.max()) < len(keys)
        return sorted_up and allowed and inside and int(starts[0]) == 0 and int(starts[-1]) == count


@dataclass(frozen=True, eq=False)
class Loose:
    """Features of a few pictures in any order: their words besides what `Postings` has of them."""

    keys: Longs
    words: npt.NDArray[np.uint16]
    signatures: Longs
    owners: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, postings: Postings) -> Self:
        """All of them, loose again."""
        return cls(postings.keys, postings.words(), postings.signatures, postings.owners, postings.places)

    def without(self, keys: Longs) -> "Loose":
        """Those of other pictures."""
        stays = ~np.isin(self.keys, keys)
        kept = stays[self.owners]
        numbers = (np.cumsum(stays) - 1).astype(np.uint32)
        return Loose(
            self.keys[stays],
            self.words[kept],
            self.signatures[:, kept],
            numbers[self.owners[kept]],
            self.places[kept],
        )


@dataclass(frozen=True, eq=False)
class Order:
    """What sorts the features of several parts by word, then by picture; `numbers` (p,) are those of the pictures."""

    keys: Longs
    starts: Longs
    numbers: npt.NDArray[np.uint32]
    order: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, parts: Sequence[Loose], words: int) -> Self:
        """The order of the features of parts that have no picture in common."""
        keys = np.concatenate([np.empty(0, np.uint64), *(part.keys for part in parts)])
        ascending = np.argsort(keys)
        numbers = np.empty(len(keys), np.uint32)
        numbers[ascending] = np.arange(len(keys), dtype=np.uint32)
        word = np.concatenate([np.empty(0, np.uint16), *(part.words for part in parts)])
        if (np.diff(ascending) < 0).any():
            order = np.lexsort((_owners(parts, numbers), word))
        else:
            order = np.argsort(word, kind="stable")  # a radix sort, and pictures nearly always come by ascending key
        starts = np.concatenate([[0], np.cumsum(np.bincount(word, minlength=words))]).astype(np.uint64)
        return cls(keys[ascending], starts, numbers, order.astype(np.uint32))

    def sorted(self, parts: Sequence[Loose]) -> Postings:
        """The features in that order."""
        signatures = np.empty((SIGNATURE, len(self.order)), np.uint64)
        for long in range(SIGNATURE):
            signatures[long] = _signatures(parts, long)[self.order]
        owners, places = _owners(parts, self.numbers)[self.order], _places(parts)[self.order]
        return Postings(self.keys, self.starts, signatures, owners, places)

    def write(self, parts: Sequence[Loose], file: BinaryIO) -> None:
        """What `Postings.write` writes of the sorted features, without ever holding more than a column of them."""
        _write(file, "keys", self.keys)
        _write(file, "starts", self.starts)
        write_header(file, (SIGNATURE, len(self.order)), "<u8")
        for long in range(SIGNATURE):
            self._write_sorted(file, _signatures(parts, long), "<u8")
        for column in (_owners(parts, self.numbers), _places(parts)):
            write_header(file, column.shape, "<u4")
            self._write_sorted(file, column, "<u4")

    def _write_sorted(self, file: BinaryIO, column: npt.NDArray[Any], kind: str) -> None:
        ranges = range(0, len(self.order), _WRITTEN)
        file.writelines(column[self.order[start : start + _WRITTEN]].astype(kind).tobytes() for start in ranges)


def _signatures(parts: Sequence[Loose], long: int) -> Longs:
    return np.concatenate([np.empty(0, np.uint64), *(part.signatures[long] for part in parts)])


def _owners(parts: Sequence[Loose], numbers: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    bounds = np.cumsum([0, *(len(part.keys) for part in parts)])
    owners = [numbers[before + part.owners] for before, part in zip(bounds, parts, strict=False)]
    return np.concatenate([np.empty(0, np.uint32), *owners])


def _places(parts: Sequence[Loose]) -> npt.NDArray[np.uint32]:
    return np.concatenate([np.empty(0, np.uint32), *(part.places for part in parts)])


def _write(file: BinaryIO, name: str, column: npt.NDArray[Any]) -> None:
    write_header(file, column.shape, _KINDS[name])
    flat = column.reshape(-1)
    ranges = range(0, len(flat), _WRITTEN)
    file.writelines(flat[start : start + _WRITTEN].astype(_KINDS[name]).tobytes() for start in ranges)


def records(rows: Rows) -> npt.NDArray[np.void]:
    """Rows `(n, 38)` as the features they are."""
    found: npt.NDArray[np.void] = np.ascontiguousarray(rows).view(FEATURE_DTYPE)[:, 0]
    return found


def descriptors(features: npt.NDArray[np.void]) -> Longs:
    """The descriptors of features, `(n, 4)` uint64."""
    bits: Longs = np.ascontiguousarray(features["descriptor"]).view(np.uint64)
    return bits


def enlarged(features: npt.NDArray[np.void], starts: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """By how much each picture was enlarged before its features were found, as far as their places tell."""
    furthest = np.maximum.reduceat(np.maximum(features["x"], features["y"]).astype(np.float64), starts) / 64
    return np.maximum(1.0, _LEAST_SIDE / np.maximum(furthest, 1.0))


def packed(features: npt.NDArray[np.void], owners: npt.NDArray[Any], starts: npt.NDArray[np.intp]) -> Any:
    """Places of features as `Postings` keeps them, `(n,)` uint32; those of a picture begin at one of `starts`."""
    sizes = np.diff(np.append(starts, len(features)))
    bytes_of = np.empty((len(features), 4), np.uint8)
    for column, axis in enumerate("xy"):
        pixels = features[axis].astype(np.float64) / 64
        middles = np.add.reduceat(pixels, starts) / sizes
        steps = np.rint((pixels - middles[owners]) / _STEP)
        bytes_of[:, column] = np.clip(steps + 128, 0, 255)
    bytes_of[:, 2] = np.clip(
        np.rint(_SCALES * (scales(features, enlarged(features, starts)[owners]) - _SMALLEST)), 0, 255
    )
    bytes_of[:, 3] = features["angle"]
    return bytes_of.view("<u4")[:, 0]


def scales(features: npt.NDArray[np.void], enlarged: Any) -> npt.NDArray[np.float64]:
    """The logarithm to base two of the size at which each feature was found, in pixels of the picture."""
    return np.asarray(features["octave"] * np.log2(1.2) - np.log2(enlarged))


def unpacked(places: npt.NDArray[np.uint32]) -> tuple[Any, Any, Any, Any]:
    """Pixels from the middle in x and y, scale as a power of two, and angle in 1/256 turn: float32 `(n,)` each."""
    fields = places.astype("<u4").view(np.uint8).reshape(-1, 4).astype(np.float32)
    return (fields[:, 0] - 128) * _STEP, (fields[:, 1] - 128) * _STEP, fields[:, 2] / _SCALES + _SMALLEST, fields[:, 3]
