"""Approximate nearest rows by a graph of small worlds (https://arxiv.org/abs/1603.09320), made by usearch.

Rows are kept as float16 (cosine) or single bits (Hamming). usearch's own cosines lie within 2e-3 of the exact
ones; those returned here are computed again from the stored float16 rows, so that rows which a catalog keeps
in float16 get the very distances that `exact` gives them.

The file is usearch's format 2 (https://github.com/unum-cloud/usearch/blob/main/docs/format.md): the rows as
one matrix, a header of 64 bytes, a graph header, the nodes' levels, and the nodes. usearch follows what it
reads without looking, so `open` checks the headers, and that the length is exactly what headers and levels
ask for; a changed byte inside a node shows only in the file's SHA-256.

Built by one thread, the same rows in the same order make the same graph; built by several, graphs differ from
run to run in which of the far neighbours they miss. One file always gives the same answers.
"""

import struct
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import cv2  # noqa: F401 - see below
import numpy as np

# usearch 2.26 before OpenCV makes the later import of onnxruntime 1.32 end the process; after it, it does not.
from usearch.index import Index as Graph
from usearch.index import MetricKind, ScalarKind

from pictrace._atomic import replacing
from pictrace.errors import InsufficientStorageError, UsageError
from pictrace.indexes._rows import (
    Keys,
    check_added,
    check_query,
    cosine_distances,
    damaged,
    nearest,
    no_hits,
    opened,
    unit,
)
from pictrace.settings import Settings
from pictrace.types import Hits, Key, Metric, Rows, Space

CONNECTIVITY = 16
EXPANSION_ADD = 128
EXPANSION_SEARCH = 256
"""Neighbours per node, and candidates kept while adding and while searching. On 100,000 rows of 256 in 2,000
clusters, 64, 128, 192 and 256 candidates found 0.978, 0.988, 0.993 and 0.995 of the ten nearest in 0.2, 0.4,
0.6 and 0.8 ms; benchmarks/ann.py measures the last of them again."""

SMALL = 1024
"""Up to here every row is compared, which is as fast and misses nothing."""

SPARE = 16
"""So many more than asked for are looked at again: usearch's order is rough, and equal rows have none."""

ADD_ROWS = 256
"""usearch holds the interpreter while it adds; this many rows take about a tenth of a second."""

QUERIES_PER_THREAD = 4
"""Starting a thread costs as much as a few searches: the eight turns of a hash take 2.9 ms on two and 5.2 on one."""

_HEAD = struct.Struct("<7s3H4B3Q?")
_GRAPH = struct.Struct("<5Q")
_HEAD_BYTES = 64


class Index:
    """A graph in memory, or mapped from a file; safe to search from several threads."""

    version: ClassVar[str] = f"2-{CONNECTIVITY}-{EXPANSION_ADD}"
    exhaustive: ClassVar[bool] = False
    metrics: ClassVar[frozenset[Metric]] = frozenset({Metric.COSINE, Metric.HAMMING})

    def __init__(self, space: Space, *, threads: int = 0) -> None:
        self._space = space
        self._threads = threads or Settings().cores
        self._graph = _graph(space)
        self._mapped = False
        self._lock = threading.Lock()  # usearch's searches share scratch space by the number of their thread

    @classmethod
    def open(cls, path: Path, space: Space, *, writable: bool = False, threads: int = 0) -> Self:
        """The index that `save` wrote, mapped from disk, or copied into memory if it is to be changed.

        Raises:
            IndexDamagedError: the file is not one that `save` wrote for this space.
        """
        _check(path, space)
        index = cls(space, threads=threads)
        index._mapped = not writable
        try:
            (index._graph.load if writable else index._graph.view)(str(path))
        except (
            RuntimeError,
            ValueError,
        ) as error:  # pragma: no cover - what usearch finds after all our checks
            raise damaged(path, str(error)) from error
        return index

    def __len__(self) -> int:
        return len(self._graph)

    def keys(self) -> Keys:
        """All keys `(n,)`, in no order."""
        return np.asarray(self._graph.keys[:], np.uint64) if len(self) else np.empty(0, np.uint64)

    def add(self, keys: Keys, rows: Rows) -> None:
        """Rows `(n, columns)` under their keys `(n,)` uint64; those refused leave the index as it was.

        Raises:
            UsageError: a key that is there already, wrong shapes, or a mapped index.
        """
        self._check_writable()
        check_added(self._space, keys, rows)
        if len(keys) and self._graph.contains(keys).any():
            raise UsageError("a key is in the index already")
        for start in range(0, len(keys), ADD_ROWS):
            part = slice(start, start + ADD_ROWS)
            with self._lock:
                self._graph.add(keys[part], self._storable(rows[part]), threads=self._threads)

    def remove(self, keys: Sequence[Key]) -> None:
        """Drop these keys; those that are not there are passed over, and the space is used again by `add`.

        Raises:
            UsageError: a mapped index.
        """
        self._check_writable()
        with self._lock:
            self._graph.remove(np.asarray(keys, np.uint64))

    def search(self, rows: Rows, limit: int) -> list[Hits]:
        """About the nearest `limit` rows of each query `(q, columns)`, never fewer than there are.

        Equal distances come in the order of their keys. Which of many equally far rows make the last places
        is left to the graph, unless the index is small.

        Raises:
            UsageError: rows that do not fit the space, or a limit below one.
        """
        check_query(self._space, rows, limit)
        wanted, small = min(limit, len(self)), len(self) <= SMALL
        if not wanted or not len(rows):
            return [no_hits() for _ in rows]
        asked = len(self) if small else min(limit + SPARE, len(self))
        queries = self._storable(rows)
        with self._lock:
            found = self._find(queries, asked, exact=small)
            for place, (keys, _) in enumerate(found):
                if len(keys) < wanted:  # removed rows and crowds of equal rows can hide the rest of the graph
                    found[place] = self._find(queries[place : place + 1], asked, exact=True)[0]
            return [self._hits(row, *pair, wanted) for row, pair in zip(rows, found, strict=True)]

    def save(self, path: Path) -> None:
        """Write usearch's file, whole or not at all.

        Raises:
            InsufficientStorageError: the disk is full.
        """
        with self._lock, replacing(path) as temporary:
            expected = self._graph.serialized_length
            try:
                self._graph.save(str(temporary))
            except RuntimeError as error:
                raise _unsaved(path) from error
            if temporary.stat().st_size != expected:  # usearch does not see a failing last flush
                raise _unsaved(path)

    def _check_writable(self) -> None:
        # usearch itself crashes the process when something is added to a mapped index with removed rows.
        if self._mapped:
            raise UsageError("an index mapped from disk cannot be changed", hint="open it with writable=True")

    def _storable(self, rows: Rows) -> Rows:
        """Rows of about length one, which float16 holds best; powers of two scale without a rounding."""
        if self._space.metric is Metric.HAMMING:
            return np.ascontiguousarray(rows)
        doublings = np.rint(np.log2(np.linalg.norm(rows, axis=1, keepdims=True))).astype(np.int32)
        scaled: Rows = np.ldexp(rows, -doublings)
        return scaled

    def _find(self, queries: Rows, wanted: int, *, exact: bool) -> list[tuple[Keys, Rows]]:
        """Keys and usearch's distances of each query; usearch answers a single query in another shape."""
        threads = min(self._threads, -(-len(queries) // QUERIES_PER_THREAD))
        found: Any = self._graph.search(queries, wanted, threads=threads, exact=exact)
        each = [found] if len(queries) == 1 else [found[place] for place in range(len(queries))]
        return [(matches.keys, matches.distances) for matches in each]

    def _hits(self, row: Rows, keys: Keys, distances: Rows, limit: int) -> Hits:
        if self._space.metric is Metric.HAMMING:
            return nearest(keys, distances.astype(np.float32), limit)
        stored = np.stack(self._graph.get(keys))
        return nearest(keys, cosine_distances(unit(row[None])[0], unit(stored)), limit)


def _graph(space: Space) -> Graph:
    cosine = space.metric is Metric.COSINE
    return Graph(
        ndim=space.width,
        metric=MetricKind.Cos if cosine else MetricKind.Hamming,
        dtype=ScalarKind.F16 if cosine else ScalarKind.B1,
        connectivity=CONNECTIVITY,
        expansion_add=EXPANSION_ADD,
        expansion_search=EXPANSION_SEARCH,
    )


def _unsaved(path: Path) -> InsufficientStorageError:
    return InsufficientStorageError(f"{path.name} could not be written", hint="is the disk full?")


def _check(path: Path, space: Space) -> None:
    """Nothing, once headers, levels and length of the file agree with each other and with the space.

    Raises:
        IndexDamagedError: they do not.
    """
    like = _HEAD.unpack_from(bytes(_graph(space).save()), 8)
    with opened(path) as file:
        size = file.seek(0, 2)
        file.seek(0)
        try:
            count, columns = struct.unpack("<II", file.read(8))
            if columns != _row_bytes(space) or count * (columns + 2) > size:
                raise damaged(path, "it is too short, or made for rows of another width")
            file.seek(count * columns, 1)
            head = _HEAD.unpack_from(file.read(_HEAD_BYTES))
            nodes, connectivity, base, top, entry = _GRAPH.unpack(file.read(_GRAPH.size))
            levels = np.array(struct.unpack(f"<{count}h", file.read(2 * count)), np.int64)
        except struct.error as error:
            raise damaged(path, "it ends too early") from error
    # Magic, major version, kinds, dimensions, and one row a key; then present and removed rows.
    if (head[0], head[1], head[4:8], head[10:]) != (like[0], like[1], like[4:8], like[10:]):
        raise damaged(path, "it was made for other rows or by another version of usearch")
    if count != nodes or count != head[8] + head[9] or (connectivity, base) != (CONNECTIVITY, 2 * CONNECTIVITY):
        raise damaged(path, "its counts differ")
    if count and (entry >= count or levels.min() < 0 or levels.max() != top):
        raise damaged(path, "its graph is impossible")
    # A node: key, level, then at each level a counter and room for all neighbours, four bytes each.
    nodes_bytes = int((10 + 4 * (1 + base) + levels * 4 * (1 + connectivity)).sum())
    if size != 8 + count * columns + _HEAD_BYTES + _GRAPH.size + 2 * count + nodes_bytes:
        raise damaged(path, "its length is wrong")


def _row_bytes(space: Space) -> int:
    return space.columns * space.stored_dtype.itemsize
