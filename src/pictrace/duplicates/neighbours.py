"""Which pictures are near to which, from the indexes: never each with each, and never more of them at once than fit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pictrace.candidates import Engine
from pictrace.types import Key, Metric, Rows

NEAREST = 10
"""Neighbours that are asked for at first: of six versions of a picture among 4,500, 0.998 are among the ten nearest of
one of the two."""

LEAST_COSINE = 0.6
"""Of versions of a picture, 1 in 2,000 is less alike; of the ten nearest strangers every second."""

HASH_REACH = 31
"""Bits of 256 within which the hashes of two pictures are the same to PDQ's authors."""

_AT_ONCE = 1024

Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """The pictures near to each picture: `keys` (n,) ascending; `near` (n, k) places in it, -1 for none, and `alike`
    (n, k) float32 from 0 to 1, how much, nearest first.
    """

    keys: Keys
    near: npt.NDArray[np.int64]
    alike: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def centrality(self) -> npt.NDArray[np.float32]:
        """How much each picture `(n,)` is in the middle of others: the likeness of all that it is near to, summed."""
        total = self.alike.sum(axis=1)
        there = self.near >= 0
        np.add.at(total, self.near[there], self.alike[there])
        return np.asarray(total, np.float32)


def neighbourhood(
    engine: Engine, keys: Keys, *, nearest: int = NEAREST, seen: Callable[[int], None] = lambda _: None
) -> Neighbourhood:
    """What every encoder's index finds near to each of these pictures, the others of them only.

    A hash within reach counts as full likeness, since that may prove a copy by itself.
    """
    likeness: dict[int, dict[int, float]] = {}
    done = 0
    for stamp in engine.catalog.recipe.active:
        for asked, rows in _batches(engine, stamp.name, keys):
            for row, near in zip(asked, _found(engine, stamp.name, stamp.space.metric, rows, nearest), strict=True):
                mine = likeness.setdefault(int(row), {})
                for key, alike in near.items():
                    mine[key] = max(mine.get(key, 0.0), alike)
            done += len(asked)
            seen(done // len(engine.catalog.recipe.active))
    return _table(keys, likeness, 2 * nearest)


def wider(engine: Engine, keys: Sequence[Key], nearest: int) -> dict[Key, list[Key]]:
    """For a few pictures more neighbours than the table has, nearest first: there are groups of hundreds."""
    found: dict[Key, list[Key]] = {key: [] for key in keys}
    traces = engine.catalog.traces(list(keys))
    for stamp in engine.catalog.recipe.active:
        for key, trace in traces.items():
            rows = trace.rows[stamp.name][:1]
            (near,) = _found(engine, stamp.name, stamp.space.metric, rows, nearest)
            found[key] += [other for other in near if other != key]
    return {key: list(dict.fromkeys(near)) for key, near in found.items()}


def nearest_in(
    engine: Engine, other: Engine, keys: Keys, nearest: int, *, seen: Callable[[int], None] = lambda _: None
) -> dict[Key, list[Key]]:
    """For pictures of one collection the nearest ones of another, which was made with the same encoders."""
    found: dict[Key, list[Key]] = {}
    done = 0
    for stamp in engine.catalog.recipe.active:
        for asked, rows in _batches(engine, stamp.name, keys):
            answers = _found(other, stamp.name, stamp.space.metric, rows, nearest)
            for key, near in zip(asked.tolist(), answers, strict=True):
                found[key] = list(dict.fromkeys([*found.get(key, []), *near]))
            done += len(asked)
            seen(done // len(engine.catalog.recipe.active))
    return found


def _batches(engine: Engine, encoder: str, keys: Keys) -> Iterator[tuple[Keys, Rows]]:
    for found, rows in engine.catalog.rows(encoder):
        chosen = np.isin(found, keys, assume_unique=True)
        mine, wanted = found[chosen], rows[chosen]
        for start in range(0, len(mine), _AT_ONCE):
            yield mine[start : start + _AT_ONCE], wanted[start : start + _AT_ONCE]


def _found(engine: Engine, encoder: str, metric: Metric, rows: Rows, nearest: int) -> list[Mapping[Key, float]]:
    """For each row the keys within reach, nearest first, with how much they are alike; the row's own among them."""
    answers: list[Mapping[Key, float]] = []
    for hits in engine.lookups[encoder].search(rows, nearest + 1):
        if metric is Metric.COSINE:
            alike = {key: 1.0 - away for key, away in hits if 1.0 - away >= LEAST_COSINE}
        else:
            alike = {key: 1.0 for key, away in hits if away <= HASH_REACH}
        answers.append(alike)
    return answers


def _table(keys: Keys, likeness: Mapping[int, Mapping[int, float]], most: int) -> Neighbourhood:
    near = np.full((len(keys), most), -1, np.int64)
    alike = np.zeros((len(keys), most), np.float32)
    for place, key in enumerate(keys.tolist()):
        mine = sorted(((-value, other) for other, value in likeness.get(key, {}).items() if other != key))
        others = np.array([other for _, other in mine], np.uint64)
        found = np.searchsorted(keys, others)
        known = found < len(keys)
        known[known] = keys[found[known]] == others[known]
        count = min(most, int(known.sum()))
        near[place, :count] = found[known][:count]
        alike[place, :count] = np.array([-value for value, _ in mine], np.float32)[known][:count]
    return Neighbourhood(keys, near, alike)
