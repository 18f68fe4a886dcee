"""Finds a thing inside a picture by its local features: an inverted file of visual words, a signature for each posting.

A global row tells what a whole picture looks like; a poster in a street, or a picture pasted small into another, is
found only by the features that the two have in common. `benchmarks/local.py` measures how often.

The file is five arrays in NumPy's own format, version 1.0, one after the other: keys `<u8 (pictures,)`, where each
word begins `<u8 (words + 1,)`, the first 192 bits of descriptors `<u8 (3, n)`, numbers of pictures `<u4 (n,)`, and
places `<u4 (n,)`, each four bytes: x, y, scale, angle.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from pictrace._atomic import replacing
from pictrace.errors import UsageError
from pictrace.indexes import _words
from pictrace.indexes._postings import SIGNATURE, Loose, Order, Postings, descriptors, packed, records
from pictrace.indexes._rows import LARGEST_KEY, Keys, nearest
from pictrace.indexes._votes import votes
from pictrace.types import FEATURE_SPACE, Hits, Key, Metric, Rows, Space

STORED_GROUPS = 1
"""Groups in which the word of a stored feature is looked for; two find no more and take half as long again, since the
query looks into several."""


class Index:
    """The features of many pictures in memory, or mapped from a file; safe to search from several threads.

    Distances are 1 / (1 + votes): two pictures of one scene have tens of votes, strangers one or two.
    """

    version: ClassVar[str] = f"1-{_words.shipped_revision()}"
    exhaustive: ClassVar[bool] = False
    metrics: ClassVar[frozenset[Metric]] = frozenset({Metric.FEATURES})

    def __init__(self, space: Space, *, threads: int = 0) -> None:
        """An empty index.

        Raises:
            UsageError: a space of other rows.
        """
        del threads  # NumPy is done before a thread would have started
        if space != FEATURE_SPACE:
            raise UsageError(f"a {space.metric} space of {space.width} bits is not that of local features")
        self._words = _words.shipped()
        self._loose: list[Loose] = []
        self._postings: Postings | None = None
        self._mapped = False
        self._changing = threading.Lock()

    @classmethod
    def open(cls, path: Path, space: Space, *, writable: bool = False, threads: int = 0) -> Self:
        """The index that `save` wrote, mapped from disk, or ready to be added to.

        Raises:
            IndexDamagedError: the file is not one that `save` wrote.
        """
        index = cls(space, threads=threads)
        index._postings = Postings.read(path, len(index._words))
        index._mapped = not writable
        return index

    def __len__(self) -> int:
        return len(self.keys())

    def keys(self) -> Keys:
        """The keys of all pictures that have features (n,), in no order."""
        sorted_ones = [] if self._postings is None else [self._postings.keys]
        return np.concatenate([np.empty(0, np.uint64), *sorted_ones, *(part.keys for part in self._loose)])

    def add(self, keys: Keys, rows: Rows) -> None:
        """Features `(n, 38)` uint8 under the keys of their pictures `(n,)` uint64, those of one picture together.

        All of them or, after an error, none.

        Raises:
            UsageError: a picture that is there already or comes twice, wrong shapes, or a mapped index.
        """
        self._check_writable()
        if keys.ndim != 1 or keys.dtype != np.uint64 or len(keys) != len(rows):
            raise UsageError(f"keys of shape {keys.shape} and type {keys.dtype} do not fit {len(rows)} rows")
        FEATURE_SPACE.check(rows)
        if not len(keys):
            return
        if keys.min() < 1 or keys.max() > LARGEST_KEY:
            raise UsageError(f"keys must lie between 1 and {LARGEST_KEY}")
        starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
        own = keys[starts]
        if len(np.unique(own)) != len(own):
            raise UsageError("the features of a picture are not together")
        part = self._loose_of(own, starts, rows)
        with self._changing:
            if np.isin(own, self.keys()).any():
                raise UsageError("a key is in the index already")
            self._loose = [*self._loose, part]

    def remove(self, keys: Sequence[Key]) -> None:
        """Drop these pictures; those that are not there are passed over.

        Raises:
            UsageError: a mapped index.
        """
        self._check_writable()
        gone = np.asarray(keys, np.uint64)
        with self._changing:
            self._loose, self._postings = [part.without(gone) for part in self._parts()], None

    def search(self, rows: Rows, limit: int) -> list[Hits]:
        """The `limit` pictures with most votes of all the query's features `(n, 38)` together, as the only hits.

        Equal votes come in the order of keys. Where more is stored than one search may compare, words that many
        features share are passed over.

        Raises:
            UsageError: rows that are no features, or a limit below one.
        """
        FEATURE_SPACE.check(rows)
        if limit < 1:
            raise UsageError(f"limit must be at least 1, not {limit}")
        postings = self._sorted()
        numbers, found = votes(postings, records(rows), self._words)
        return [nearest(postings.keys[numbers], (1.0 / (1.0 + found)).astype(np.float32), limit)]

    def save(self, path: Path) -> None:
        """Write the file described above, whole or not at all.

        Raises:
            InsufficientStorageError: the disk is full.
        """
        with self._changing, replacing(path) as temporary, temporary.open("wb") as file:
            if self._postings is not None and not self._loose:
                self._postings.write(file)
            else:
                # What was only just made is not sorted in memory as well: it may be a million pictures'.
                parts = self._parts()
                Order.of(parts, len(self._words)).write(parts, file)

    def _check_writable(self) -> None:
        if self._mapped:
            raise UsageError("an index mapped from disk cannot be changed", hint="open it with writable=True")

    def _parts(self) -> list[Loose]:
        return [*([] if self._postings is None else [Loose.of(self._postings)]), *self._loose]

    def _sorted(self) -> Postings:
        """Everything in the order of words; kept, since pictures come one by one and are searched by all."""
        with self._changing:
            if self._postings is None or self._loose:
                parts = self._parts()
                self._postings, self._loose = Order.of(parts, len(self._words)).sorted(parts), []
            return self._postings

    def _loose_of(self, keys: Keys, starts: np.ndarray[tuple[int], np.dtype[np.intp]], rows: Rows) -> Loose:
        features = records(rows)
        owners = np.repeat(np.arange(len(keys), dtype=np.uint32), np.diff(np.append(starts, len(rows))))
        bits = descriptors(features)
        words = self._words.nearest(bits, 1, groups=STORED_GROUPS)[:, 0].astype(np.uint16)
        signatures = np.ascontiguousarray(bits[:, :SIGNATURE].T)
        return Loose(keys.copy(), words, signatures, owners, packed(features, owners, starts))
