"""What an index of sets of features promises: parts of its checks, see `pictrace.testing.index`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pictrace.errors import UsageError
from pictrace.indexes import Index
from pictrace.testing._expect import expect, refuses
from pictrace.testing._files import check_kept
from pictrace.types import FEATURE_DTYPE, Hits, Key, Rows, Space

EACH = 120
"""Features of each picture made here."""

LIMIT = 10
SIZES = (0, 1, 2, 40)


def check_sets_found(index_class: type[Index], space: Space, _path: Path) -> None:
    """A picture's own features find it first, whole or a third of them among others, turned, shrunk and moved."""
    for size in SIZES:
        index = index_class(space)
        index.add(*_made(size))
        expect(len(index) == size == len(index.keys()), f"an index of {size} pictures has that length")
        for key in range(1, min(size, 4) + 1):
            for query in (_rows(_picture(key)), _within(key)):
                hits = index.search(query, LIMIT)
                expect(len(hits) == 1, "all features of a query have one answer together")
                _check_hits(hits[0])
                expect(int(hits[0].keys[0]) == key, f"picture {key} of {size} is found first by its features")


def check_sets_of_nothing(index_class: type[Index], space: Space, _path: Path) -> None:
    """A query without features finds nothing, and no features are no picture."""
    index = index_class(space)
    nothing = np.empty((0, space.columns), np.uint8)
    expect(len(index.search(_rows(_picture(1)), LIMIT)[0]) == 0, "nothing is found in nothing")
    index.add(np.empty(0, np.uint64), nothing)
    expect(len(index) == 0, "no features are no picture")
    index.add(*_made(3))
    expect([len(hits) for hits in index.search(nothing, LIMIT)] == [0], "no features find nothing")


def check_sets_in_order(index_class: type[Index], space: Space, _path: Path) -> None:
    """Pictures of the same features come in the order of their keys, added in one go or in several."""
    features = _rows(_picture(1))
    keys = [40, 7, 2**40, 19]
    apart, together = index_class(space), index_class(space)
    for key in keys:
        apart.add(np.full(EACH, key, np.uint64), features)
    together.add(np.repeat(np.array(keys, np.uint64), EACH), np.tile(features, (4, 1)))
    for index in (apart, together):
        found = index.search(features, 4)[0].keys.tolist()
        expect(found == sorted(keys), f"equal pictures come in the order of their keys, not {found}")


def check_sets_refused(index_class: type[Index], space: Space, _path: Path) -> None:
    """What makes no sense is refused and changes nothing."""
    keys, rows = _made(2)
    index = index_class(space)
    index.add(keys, rows)
    new = np.full(EACH, 9, np.uint64)
    own = rows[:EACH]
    calls: dict[str, Callable[[], Any]] = {
        "a key that is there": lambda: index.add(np.full(EACH, 2, np.uint64), own),
        "a picture in two parts": lambda: index.add(np.where(np.arange(EACH) % 2, new, new + np.uint64(1)), own),
        "the key 0": lambda: index.add(np.zeros(EACH, np.uint64), own),
        "fewer rows than keys": lambda: index.add(new, own[:-1]),
        "rows of another width": lambda: index.add(new, own[:, 1:]),
        "rows of another type": lambda: index.add(new, own.astype(np.float32)),
        "a query of another width": lambda: index.search(own[:, 1:], LIMIT),
        "the limit 0": lambda: index.search(own, 0),
    }
    for what, call in calls.items():
        with refuses(UsageError, f"{what} is refused with UsageError"):
            call()
        expect(len(index) == 2, f"after {what} was refused the index is as before")


def check_sets_removed(index_class: type[Index], space: Space, _path: Path) -> None:
    """What was removed is not found, and may come back."""
    keys, rows = _made(12)
    index = index_class(space)
    index.add(keys, rows)
    index.remove([1, 2, 999])
    found: set[Key] = {key for number in (1, 2) for key in index.search(rows[_of(number)], 12)[0].keys.tolist()}
    expect(not found & {1, 2} and len(index) == 10, "what was removed is not found")
    expect(int(index.search(rows[_of(7)], 1)[0].keys[0]) == 7, "the rest is found")
    index.add(keys[_of(1)], rows[_of(1)])
    expect(int(index.search(rows[_of(1)], 1)[0].keys[0]) == 1, "a removed key may come back")
    index.remove(np.unique(keys).tolist())
    expect(len(index) == 0 and len(index.search(rows[_of(1)], 5)[0]) == 0, "an index may become empty")


def check_sets_in_files(index_class: type[Index], space: Space, path: Path) -> None:
    """A file answers as the index did, changes only where asked for, and is refused once damaged."""
    check_kept(index_class, space, path, _made(12), _within(3))


def _picture(number: int) -> np.ndarray[Any, Any]:
    """Features all over a picture of 500 x 400 px, the same for the same number."""
    random = np.random.default_rng(number)
    features = np.empty(EACH, FEATURE_DTYPE)
    features["x"], features["y"] = random.integers(30 * 64, 470 * 64, EACH), random.integers(30 * 64, 370 * 64, EACH)
    features["octave"], features["angle"] = random.integers(2, 6, EACH), random.integers(0, 256, EACH)
    features["descriptor"] = random.integers(0, 256, (EACH, 32))
    return features


def _made(count: int) -> tuple[np.ndarray[Any, np.dtype[np.uint64]], Rows]:
    """Keys from 1, one for each row, and the features of so many pictures."""
    pictures = [_rows(_picture(number)) for number in range(1, count + 1)]
    keys = np.repeat(np.arange(1, count + 1, dtype=np.uint64), EACH)
    return keys, np.concatenate([_rows(_picture(1))[:0], *pictures])


def _within(number: int) -> Rows:
    """A third of a picture's features, a quarter turn round and smaller, six bits of each changed, among others."""
    random = np.random.default_rng(0)
    own = _picture(number)[: EACH // 3]
    x, y = own["x"].copy(), own["y"].copy()
    own["x"], own["y"] = 400 * 64 - y // 1.44, 200 * 64 + x // 1.44
    own["octave"] -= 2
    own["angle"] += 64
    for feature in own:
        feature["descriptor"][random.choice(32, 6, replace=False)] ^= 16
    return _rows(np.concatenate([_picture(1000), own, _picture(1001)]))


def _rows(features: np.ndarray[Any, Any]) -> Rows:
    return features.view(np.uint8).reshape(len(features), -1)


def _of(number: int) -> slice:
    return slice((number - 1) * EACH, number * EACH)


def _check_hits(hits: Hits) -> None:
    types = f"{hits.keys.dtype} and {hits.distances.dtype}"
    expect(types == "uint64 and float32", f"hits are uint64 and float32, not {types}")
    expect(len(hits) <= LIMIT and len(hits) == len(set(hits.keys.tolist())), "no more hits than asked for, none twice")
    expect(bool((np.diff(hits.distances) >= 0).all()), "the nearest come first")


OF_SETS: tuple[Callable[[type[Index], Space, Path], None], ...] = (
    check_sets_found,
    check_sets_of_nothing,
    check_sets_in_order,
    check_sets_refused,
    check_sets_removed,
    check_sets_in_files,
)
