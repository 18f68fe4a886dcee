"""Visual words: typical descriptors in 256 groups of 256; a descriptor's word is the nearest of the nearest group."""

import functools
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from pictrace import weights

Longs = npt.NDArray[np.uint64]
Distances = npt.NDArray[np.uint8]

LONGS = 4
"""64-bit integers in a descriptor of 256 bits."""

_CHUNK = 1024
"""Descriptors compared with a group at a time: what lies between is 2 MiB, which stays in the cache."""


class Words:
    """The words of a table `(groups, 1 + words of each, 32)` uint8: a group's centre, then its words."""

    def __init__(self, table: npt.NDArray[np.uint8]) -> None:
        bits = np.ascontiguousarray(table).view(np.uint64)
        self._centres = np.ascontiguousarray(bits[:, 0])
        self._words = np.ascontiguousarray(bits[:, 1:])
        self._each = int(bits.shape[1]) - 1

    def __len__(self) -> int:
        return len(self._centres) * self._each

    def nearest(self, bits: Longs, count: int, *, groups: int) -> npt.NDArray[np.int64]:
        """The numbers of the nearest `count` words, nearest first, of descriptors `(n, 4)`: `(n, count)`.

        Only those of the nearest `groups` groups are looked at.
        """
        if not len(bits):
            return np.empty((0, count), np.int64)
        towards = np.concatenate([_smallest(part, groups)[0] for part in self._from_centres(bits)])
        distances = np.empty((len(bits) * groups, self._each), np.uint8)
        order = np.argsort(towards, axis=None, kind="stable")
        bounds = np.searchsorted(towards.ravel()[order], np.arange(len(self._centres) + 1))
        for group in np.flatnonzero(np.diff(bounds)):
            members = order[bounds[group] : bounds[group + 1]]
            distances[members] = hamming(bits[members // groups], self._words[group])
        places, _ = _smallest(distances.reshape(len(bits), groups * self._each), count)
        group_of = np.take_along_axis(towards, places // self._each, 1)
        found: npt.NDArray[np.int64] = group_of * self._each + places % self._each
        return found

    def _from_centres(self, bits: Longs) -> Iterator[Distances]:
        for start in range(0, len(bits), _CHUNK):
            yield hamming(bits[start : start + _CHUNK], self._centres)


def shipped_revision() -> str:
    """The revision of the words that came with PicTrace: what was sorted by others has to be made anew."""
    return weights.words_card().revision


@functools.cache
def shipped() -> Words:
    """The words that came with PicTrace, read and checked once.

    Raises:
        ModelMissingError: their file is not there.
        ModelDamagedError: it is not the one that was shipped.
    """
    return Words(np.load(io.BytesIO(weights.content(weights.words_card())), allow_pickle=False))


def hamming(left: Longs, right: Longs) -> Distances:
    """Differing bits of descriptors `(n, 4)` and `(m, 4)`: `(n, m)`; 256 of them, the very opposite, count as none."""
    distances: Distances = np.bitwise_count(left[:, None, 0] ^ right[None, :, 0])
    for long in range(1, LONGS):
        distances += np.bitwise_count(left[:, None, long] ^ right[None, :, long])
    return distances


def _smallest(values: Distances, count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """Places and values of the `count` smallest of each row, smallest first, equal ones in the order of places."""
    if count == 1:
        places = values.argmin(axis=1)[:, None]
        return places, np.take_along_axis(values, places, 1)
    # One number of both makes the choice among equals the same whatever stands beside them.
    mixed = values.astype(np.uint32) << np.uint32(16) | np.arange(values.shape[1], dtype=np.uint32)
    kept = np.sort(np.partition(mixed, count - 1, axis=1)[:, :count], axis=1)
    return (kept & np.uint32(0xFFFF)).astype(np.int64), kept >> np.uint32(16)
