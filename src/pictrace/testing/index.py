"""What every index promises, as checks that anyone can run on theirs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pictrace.errors import UsageError
from pictrace.indexes import Index
from pictrace.testing._expect import expect, refuses
from pictrace.testing._files import are_same, check_kept
from pictrace.testing._sets import OF_SETS
from pictrace.types import FEATURE_SPACE, Hits, Key, Metric, Rows, Space

Check = Callable[[type[Index], Space, Path], None]

SPACES = (Space(Metric.COSINE, 32), Space(Metric.HAMMING, 256))
SIZES = (0, 1, 2, 9, 10, 11, 300)
LIMIT = 10
TOLERANCE = 2e-3
"""How far returned cosine distances may lie from the exact ones."""

LEAST_RECALL = 0.95
"""Of the ten nearest of 3,000 clustered rows; less and something is wrong, whatever the machine."""


def check_index(index_class: type[Index], folder: Path) -> None:
    """Nothing, if an index keeps every promise of `pictrace.indexes.Index`; files go into `folder`.

    Raises:
        AssertionError: it breaks one; the message says which.
    """
    for check, space in checks_of(index_class):
        check(index_class, space, folder / f"{space.metric}.index")


def checks_of(index_class: type[Index]) -> list[tuple[Check, Space]]:
    """Every check that an index has to pass, with the space to pass it in."""
    kinds = (*((check, space) for space in SPACES for check in CHECKS), *((check, FEATURE_SPACE) for check in OF_SETS))
    return [(check, space) for check, space in kinds if space.metric in index_class.metrics]


def check_few_rows(index_class: type[Index], space: Space, _path: Path) -> None:
    """Any number of rows is found in full, the nearest first, one query answered as a batch is."""
    for size in SIZES:
        _check_size(index_class, space, size)


def _check_size(index_class: type[Index], space: Space, size: int) -> None:
    keys, rows = _made(space, size)
    index = index_class(space)
    index.add(keys, rows)
    queries = np.concatenate([rows[:2], _made(space, 3, seed=9)[1]])
    expect(len(index) == size, f"an index of {size} rows has that length")
    expect(index.search(queries[:0], LIMIT) == [], "no queries, no answers")
    for limit in (1, LIMIT, size + 5):
        answers = index.search(queries, limit)
        expect(len(answers) == len(queries), "each query has one answer")
        for query, hits in zip(queries, answers, strict=True):
            _check_hits(space, hits, query, rows, min(limit, size))
        for query, hits in zip(queries, answers, strict=True):
            expect(are_same(index.search(query[None], limit)[0], hits), "one query is answered as in a batch")


def _check_hits(space: Space, hits: Hits, query: Rows, rows: Rows, expected: int) -> None:
    exact = space.distance(query[None], rows)[0]
    types = f"{hits.keys.dtype} and {hits.distances.dtype}"
    expect(types == "uint64 and float32", f"hits are uint64 and float32, not {types}")
    expect(len(hits) == expected == len(set(hits.keys.tolist())), f"{len(rows)} rows give {expected} hits")
    expect(bool((np.diff(hits.distances) >= 0).all()), "the nearest come first")
    own = exact[hits.keys.astype(np.int64) - 1]
    expect(np.allclose(hits.distances, own, rtol=0, atol=TOLERANCE), "distances belong to their keys")
    expect(np.allclose(own, np.sort(exact)[:expected], rtol=0, atol=TOLERANCE), "few rows are all compared")


def check_recall(index_class: type[Index], space: Space, _path: Path) -> None:
    """Many rows are found nearly all, and the same ones every time."""
    keys, rows = _made(space, 3000)
    index = index_class(space)
    for start in range(0, len(keys), 700):
        index.add(keys[start : start + 700], rows[start : start + 700])
    queries = _made(space, 50, seed=9)[1]
    bounds = np.sort(space.distance(queries, rows), axis=1)[:, LIMIT - 1]
    answers = index.search(queries, LIMIT)
    near = [hits.distances <= bound + TOLERANCE for hits, bound in zip(answers, bounds, strict=True)]
    expect(bool(np.mean(near) >= LEAST_RECALL), f"recall is at least {LEAST_RECALL}, not {np.mean(near)}")
    repeated = zip(answers, index.search(queries, LIMIT), strict=True)
    expect(all(are_same(left, right) for left, right in repeated), "the same search gives the same answer")


def check_order(index_class: type[Index], space: Space, _path: Path) -> None:
    """Equal distances come in the order of their keys."""
    _, rows = _made(space, 1)
    index = index_class(space)
    keys = np.array([40, 7, 2**40, 19], np.uint64)
    index.add(keys, np.repeat(rows, 4, axis=0))
    found = index.search(rows, 4)[0].keys.tolist()
    expect(found == [7, 19, 40, 2**40], f"equal distances come in the order of their keys, not {found}")


def check_refusals(index_class: type[Index], space: Space, _path: Path) -> None:
    """What makes no sense is refused and changes nothing."""
    keys, rows = _made(space, 3)
    index = index_class(space)
    index.add(keys, rows)
    new = np.array([8, 9], np.uint64)
    calls: dict[str, Callable[[], Any]] = {
        "a key that is there": lambda: index.add(np.array([8, 3], np.uint64), rows[:2]),
        "a key given twice": lambda: index.add(np.array([8, 8], np.uint64), rows[:2]),
        "the key 0": lambda: index.add(np.array([0, 8], np.uint64), rows[:2]),
        "fewer rows than keys": lambda: index.add(new, rows[:1]),
        "rows of another width": lambda: index.add(new, rows[:2, 1:]),
        "rows of another type": lambda: index.add(new, rows[:2].astype(np.float64)),
        "a query of another width": lambda: index.search(rows[:, 1:], LIMIT),
        "the limit 0": lambda: index.search(rows, 0),
    }
    if space.metric is Metric.COSINE:
        calls["NaN"] = lambda: index.add(new, rows[:2] * np.float32(np.nan))
        calls["a row of zeros"] = lambda: index.search(rows * np.float32(0), LIMIT)
    for what, call in calls.items():
        with refuses(UsageError, f"{what} is refused with UsageError"):
            call()
        expect(len(index) == 3, f"after {what} was refused the index is as before")


def check_removal(index_class: type[Index], space: Space, _path: Path) -> None:
    """What was removed is not found, and may come back."""
    keys, rows = _made(space, 30)
    index = index_class(space)
    index.add(keys, rows)
    index.remove([1, 2, 3, 999])
    found: set[Key] = set(index.search(rows[:1], 30)[0].keys.tolist())
    expect(found == set(range(4, 31)) and len(index) == 27, "what was removed is not found, the rest is")
    index.add(keys[:1], rows[:1])
    expect(index.search(rows[:1], 1)[0].keys.tolist() == [1], "a removed key may come back")
    index.remove(keys.tolist())
    expect(len(index) == 0 and len(index.search(rows[:1], 5)[0]) == 0, "an index may become empty")


def check_files(index_class: type[Index], space: Space, path: Path) -> None:
    """A file answers as the index did, changes only where asked for, and is refused once damaged."""
    given = _made(space, 40)
    check_kept(index_class, space, path, given, given[1])


def _made(space: Space, count: int, *, seed: int = 1) -> tuple[np.ndarray[Any, np.dtype[np.uint64]], Rows]:
    """Keys 1 to `count` and rows in eight clusters, the same for the same seed."""
    random = np.random.default_rng(seed)
    middles = np.random.default_rng(0).standard_normal((8, space.width))
    values = middles[random.integers(8, size=count)] + 0.7 * random.standard_normal((count, space.width))
    keys = np.arange(1, count + 1, dtype=np.uint64)
    if space.metric is Metric.HAMMING:
        return keys, np.packbits(values > 0, axis=1)
    return keys, (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


CHECKS: tuple[Check, ...] = (
    check_few_rows,
    check_recall,
    check_order,
    check_refusals,
    check_removal,
    check_files,
)
