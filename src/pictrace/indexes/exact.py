"""Compares a query with every row: slow, always right, and what the other indexes are measured against.

The file is two arrays in NumPy's own format, version 1.0, one after the other
(https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): keys `<u8 (n,)`, then rows, which
are `<f4 (n, width)` of length one in a cosine space and `<u8 (n, words)` in a Hamming space, bits padded with
zeros to whole words.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from pictrace._atomic import replacing
from pictrace.errors import UsageError
from pictrace.indexes._rows import (
    Floats,
    Keys,
    array_in,
    check_added,
    check_query,
    cosine_distances,
    damaged,
    nearest,
    no_hits,
    opened,
    unit,
    write_header,
)
from pictrace.types import Hits, Key, Metric, Rows, Space

CHUNK_ROWS = 4096
CHUNK_QUERIES = 256
"""A chunk of distances is then 4 MiB, which stays in the cache."""

PRODUCT_ERROR = 1e-5
"""How far a matrix product may lie from `cosine_distances`; ten times what 4,096 float32 terms showed."""


class Index:
    """Every row in memory, or mapped from a file; exhaustive, deterministic, one thread per BLAS call."""

    version: ClassVar[str] = "1"
    exhaustive: ClassVar[bool] = True
    metrics: ClassVar[frozenset[Metric]] = frozenset({Metric.COSINE, Metric.HAMMING})

    def __init__(self, space: Space, *, threads: int = 0) -> None:
        del threads  # NumPy's BLAS keeps its own
        self._space = space
        self._blocks: list[tuple[Keys, Rows]] = []
        self._mapped = False

    @classmethod
    def open(cls, path: Path, space: Space, *, writable: bool = False, threads: int = 0) -> Self:
        """The index that `save` wrote, mapped from disk, or copied into memory if it is to be changed.

        Raises:
            IndexDamagedError: the file is not one that `save` wrote for this space.
        """
        index = cls(space, threads=threads)
        keys, rows = _read(path, index._prepare(np.empty((0, space.columns), space.dtype)))
        index._mapped = not writable
        if len(keys):
            index._blocks = [(keys.copy(), rows.copy()) if writable else (keys, rows)]
        return index

    def __len__(self) -> int:
        return sum(len(keys) for keys, _ in self._blocks)

    def keys(self) -> Keys:
        """All keys `(n,)`, in no order."""
        return np.concatenate([np.empty(0, np.uint64), *(keys for keys, _ in self._blocks)])

    def add(self, keys: Keys, rows: Rows) -> None:
        """Rows `(n, columns)` under their keys `(n,)` uint64; all of them or, after an error, none.

        Raises:
            UsageError: a key that is there already, wrong shapes, or a mapped index.
        """
        self._check_writable()
        check_added(self._space, keys, rows)
        if any(np.isin(keys, held).any() for held, _ in self._blocks):
            raise UsageError("a key is in the index already")
        if not len(keys):
            return
        block, before = (keys.copy(), self._prepare(rows)), self._blocks
        if before and len(before[-1][0]) + len(keys) <= CHUNK_ROWS:
            last = before[-1]
            block = (np.concatenate([last[0], block[0]]), np.concatenate([last[1], block[1]]))
            before = before[:-1]
        self._blocks = [*before, block]  # a new list, so that a search under way keeps the old one

    def remove(self, keys: Sequence[Key]) -> None:
        """Drop these keys; those that are not there are passed over.

        Raises:
            UsageError: a mapped index.
        """
        self._check_writable()
        gone = np.asarray(keys, np.uint64)
        kept = [(held, rows, ~np.isin(held, gone)) for held, rows in self._blocks]
        self._blocks = [(held[stay], rows[stay]) for held, rows, stay in kept if stay.any()]

    def search(self, rows: Rows, limit: int) -> list[Hits]:
        """The nearest `limit` rows of each query `(q, columns)`, equal distances in the order of their keys.

        Raises:
            UsageError: rows that do not fit the space, or a limit below one.
        """
        check_query(self._space, rows, limit)
        queries = self._prepare(rows)
        near = self._near_cosine if self._space.metric is Metric.COSINE else self._near_hamming
        hits = [no_hits() for _ in queries]
        for start in range(0, len(queries), CHUNK_QUERIES):
            part = slice(start, start + CHUNK_QUERIES)
            for keys, block in self._chunks():
                hits[part] = near(queries[part], keys, block, hits[part], limit)
        return hits

    def save(self, path: Path) -> None:
        """Write the file described above, whole or not at all.

        Raises:
            InsufficientStorageError: the disk is full.
        """
        with replacing(path) as temporary, temporary.open("wb") as file:
            shape = self._prepare(np.empty((0, self._space.columns), self._space.dtype)).shape[1:]
            kind = "<f4" if self._space.metric is Metric.COSINE else "<u8"
            write_header(file, (len(self),), "<u8")
            for keys, _ in self._blocks:
                file.write(keys.astype("<u8").tobytes())
            write_header(file, (len(self), *shape), kind)
            for _, rows in self._blocks:
                for start in range(0, len(rows), CHUNK_ROWS):
                    file.write(rows[start : start + CHUNK_ROWS].astype(kind).tobytes())

    def _check_writable(self) -> None:
        if self._mapped:
            raise UsageError("an index mapped from disk cannot be changed", hint="open it with writable=True")

    def _prepare(self, rows: Rows) -> Rows:
        """A copy as it is kept: unit rows, or bits in whole 64-bit words."""
        if self._space.metric is Metric.COSINE:
            return unit(rows)
        padded = np.zeros((len(rows), -(-rows.shape[1] // 8) * 8), np.uint8)
        padded[:, : rows.shape[1]] = rows
        return padded.view(np.uint64)

    def _chunks(self) -> Iterator[tuple[Keys, Rows]]:
        for keys, rows in self._blocks:
            for start in range(0, len(keys), CHUNK_ROWS):
                yield keys[start : start + CHUNK_ROWS], rows[start : start + CHUNK_ROWS]

    def _near_cosine(self, queries: Floats, keys: Keys, rows: Floats, before: list[Hits], limit: int) -> list[Hits]:
        rough = np.float32(1.0) - queries @ rows.T
        found = []
        for query, distances, held in zip(queries, rough, before, strict=True):
            close = np.flatnonzero(distances <= _worst(held, distances, limit) + PRODUCT_ERROR)
            found.append(_merged(held, keys[close], cosine_distances(query, rows[close]), limit))
        return found

    def _near_hamming(self, queries: Rows, keys: Keys, rows: Rows, before: list[Hits], limit: int) -> list[Hits]:
        found = []
        for query, held in zip(queries, before, strict=True):
            differing = np.zeros(len(rows), np.uint32)
            for word in range(rows.shape[1]):
                differing += np.bitwise_count(rows[:, word] ^ query[word])
            distances = differing.astype(np.float32)
            close = np.flatnonzero(distances <= _worst(held, distances, limit))
            found.append(_merged(held, keys[close], distances[close], limit))
        return found


def _worst(held: Hits, distances: Floats, limit: int) -> float:
    """No row beyond this distance can be among the nearest `limit`."""
    if len(held) == limit:
        return float(held.distances[-1])
    if len(distances) <= limit:
        return np.inf
    return float(np.partition(distances, limit - 1)[limit - 1])


def _merged(held: Hits, keys: Keys, distances: Floats, limit: int) -> Hits:
    if not len(keys):
        return held
    return nearest(np.concatenate([held.keys, keys]), np.concatenate([held.distances, distances]), limit)


def _read(path: Path, like: Rows) -> tuple[Keys, Rows]:
    """Keys and rows mapped from the file, once its headers agree with its length."""
    try:
        with opened(path) as file:
            if not file.seek(0, 2):
                raise damaged(path, "it is empty")
            mapped = np.asarray(np.memmap(file, np.uint8, "r"))
            file.seek(0)
            keys = array_in(mapped, file, np.dtype("<u8"))
            rows = array_in(mapped, file, like.dtype.newbyteorder("<"))
            complete = file.tell() == len(mapped)
    except ValueError as error:
        raise damaged(path, str(error)) from error
    if keys.ndim != 1 or rows.shape != (len(keys), *like.shape[1:]) or not complete:
        raise damaged(path, "its parts do not fit together")
    return keys, rows
