"""What the indexes of this package share: checks of what they are given, cosines, and the order of hits."""

import math
import re
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from pictrace._regular import NotRegularError, open_regular
from pictrace.errors import IndexDamagedError, UsageError
from pictrace.types import Hits, Rows, Space

Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]

LARGEST_KEY = 2**63 - 1
"""What a signed 64-bit integer holds, which is what catalogs count in."""

_COUNT = r"(0|[1-9]\d{0,17})"
_HEAD = re.compile(
    rf"\{{'descr': '([<>|]\w{{1,4}})', 'fortran_order': (False|True), 'shape': \({_COUNT},(?: {_COUNT})?\), \}} *\n",
    re.ASCII,
)
"""The only form in which `write_header` writes; NumPy's own reader parses heads as Python, of whatever they are."""


def check_added(space: Space, keys: Keys, rows: Rows) -> None:
    """Nothing, once keys `(n,)` and rows `(n, columns)` fit each other and the space.

    Raises:
        UsageError: other shapes or types, a key twice or outside 1 to `LARGEST_KEY`, rows the space refuses.
    """
    if keys.ndim != 1 or keys.dtype != np.uint64 or len(keys) != len(rows):
        raise UsageError(f"keys of shape {keys.shape} and type {keys.dtype} do not fit {len(rows)} rows")
    space.check(rows)
    if len(keys) and (keys.min() < 1 or keys.max() > LARGEST_KEY):
        raise UsageError(f"keys must lie between 1 and {LARGEST_KEY}")
    if len(np.unique(keys)) != len(keys):
        raise UsageError("the same key is given twice")


def check_query(space: Space, rows: Rows, limit: int) -> None:
    """Nothing, once the rows fit the space and the limit is at least one.

    Raises:
        UsageError: rows that the space refuses, or a limit below one.
    """
    space.check(rows)
    if limit < 1:
        raise UsageError(f"limit must be at least 1, not {limit}")


def unit(rows: Rows) -> Floats:
    """The rows at length one, float32 `(n, width)`."""
    single = np.asarray(rows, np.float32)
    scaled: Floats = single / np.linalg.norm(single, axis=1, keepdims=True)
    return scaled


def cosine_distances(query: Floats, rows: Floats) -> Floats:
    """1 - cosine of one unit row `(width,)` to unit rows `(n, width)`, float32, never below zero.

    Each row is summed by itself, so equal rows get equal distances wherever they lie; matrix products differ
    in the last bit from place to place, which would leave ties to chance.
    """
    distances: Floats = np.float32(1.0) - np.einsum("ij,j->i", rows, query, dtype=np.float32)
    return np.maximum(distances, np.float32(0.0))


def nearest(keys: Keys, distances: Floats, limit: int) -> Hits:
    """The `limit` nearest of these, equal distances in the order of their keys; the arrays are read-only."""
    order = np.lexsort((keys, distances))[:limit]
    kept = Hits(keys[order], distances[order])
    kept.keys.setflags(write=False)
    kept.distances.setflags(write=False)
    return kept


def no_hits() -> Hits:
    """Hits of length zero."""
    return nearest(np.empty(0, np.uint64), np.empty(0, np.float32), 0)


def opened(path: Path) -> BufferedReader:
    """An index file, open for reading.

    Raises:
        IndexDamagedError: it is no regular file.
    """
    try:
        return open_regular(path)
    except NotRegularError as error:
        raise damaged(path, str(error.strerror)) from error


def damaged(path: Path, reason: str) -> IndexDamagedError:
    """The error to raise about an index file."""
    return IndexDamagedError(
        f"{path.name} is damaged: {reason}",
        hint="run `pictrace rebuild`: indexes are made anew from the catalog, nothing is lost",
    )


def write_header(file: BinaryIO, shape: tuple[int, ...], kind: str) -> None:
    """The head of an array in NumPy's format 1.0, in the order of C; its bytes are to follow."""
    np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})


def array_in(mapped: npt.NDArray[np.uint8], file: BinaryIO, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """The array whose head `file` stands at, of all of its bytes `mapped`; `file` then stands behind it.

    Raises:
        ValueError: there is none of this type, or less than the head says.
    """
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("it has another version")
    head = _HEAD.fullmatch(file.read(int.from_bytes(file.read(2), "little")).decode("latin-1"))
    if head is None:
        raise ValueError("it has a head that PicTrace does not write")
    found, fortran, *sides = head.groups()
    if fortran == "True" or found != dtype.str:
        raise ValueError(f"it holds {found}{' by columns' * (fortran == 'True')}, not {dtype.str}")
    shape = tuple(int(side) for side in sides if side is not None)
    start = file.tell()
    end = start + math.prod(shape) * dtype.itemsize
    if end > len(mapped):
        raise ValueError("it ends too early")
    file.seek(end)
    return mapped[start:end].view(dtype).reshape(shape)
