"""What the file of an index promises, whatever its rows are: a part of its checks, see `pictrace.testing.index`."""

from pathlib import Path
from typing import Any

import numpy as np

from pictrace.errors import IndexDamagedError, UsageError
from pictrace.indexes import Index
from pictrace.testing._expect import expect, refuses
from pictrace.types import Hits, Rows, Space

LIMIT = 10

Keys = np.ndarray[Any, np.dtype[np.uint64]]


def check_kept(index_class: type[Index], space: Space, path: Path, given: tuple[Keys, Rows], query: Rows) -> None:
    """A file answers `query` as the index did, changes only where asked for, and is refused once damaged.

    What is given are keys, 1 and 5 among them, and their rows.
    """
    keys, rows = given
    index, fifth = index_class(space), keys == 5
    index.save(path)
    expect(len(index_class.open(path, space)) == 0, "an empty index comes back from its file")
    index.add(keys, rows)
    index.remove([5])
    index.save(path)
    opened, loaded = index_class.open(path, space), index_class.open(path, space, writable=True)
    for other in (opened, loaded):
        pairs = zip(index.search(query, LIMIT), other.search(query, LIMIT), strict=True)
        expect(all(are_same(left, right) for left, right in pairs), "a file answers as the index did")
    with refuses(UsageError, "a mapped index takes no rows"):
        opened.add(keys[fifth], rows[fifth])
    with refuses(UsageError, "a mapped index removes no rows"):
        opened.remove([1])
    loaded.add(keys[fifth], rows[fifth])
    expect(loaded.search(rows[fifth], 1)[0].keys.tolist() == [5], "a writable one takes rows")
    whole = path.read_bytes()
    for damage in (b"", whole[:7], whole[: len(whole) // 2], whole[:-1], whole + b"\0", b"\xff" * len(whole)):
        copy = path.with_suffix(".damaged")
        copy.write_bytes(damage)
        with refuses(IndexDamagedError, f"{len(damage)} instead of {len(whole)} bytes are refused"):
            index_class.open(copy, space)


def are_same(left: Hits, right: Hits) -> bool:
    """Whether two answers name the same keys at the same distances."""
    return bool(np.array_equal(left.keys, right.keys) and np.array_equal(left.distances, right.distances))
