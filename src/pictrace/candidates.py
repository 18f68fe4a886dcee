"""Which pictures are worth a closer look: neighbours in any encoder's space, of the whole query and of parts of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pictrace import registry
from pictrace.catalogs import Catalog
from pictrace.corrections import Correction
from pictrace.encoders import Encoder
from pictrace.errors import PictraceError
from pictrace.indexes import Index
from pictrace.lookup import Lookup
from pictrace.signals import Signal
from pictrace.signals.embedding import Meaning
from pictrace.types import Hits, Key, Metric, Rows, Trace

_MOST_NEIGHBOURS = 100_000
"""Where to give up when ever more of the nearest rows belong to deleted pictures; the next fold clears them out."""

_HASH_REACH = 60 / 256
"""Share of its bits in which a hash may differ to be worth a look; those of strangers differ in half of them, 128 +- 8
of PDQ's 256."""

_RANK_OFFSET = 10

_FEW = 0.1
"""Share of the pictures below which those that are allowed are compared one by one."""


@dataclass(frozen=True)
class Engine:
    """What a search works with: one collection's catalog, encoders, lookups and signals, all open.

    `allowed`, if it is not `None`, are the only keys that are looked at, ascending uint64; `correction` is how this
    collection's scores of copies are corrected; `local` looks into the local features of all pictures, unless the
    collection has none yet. `notes` are what every answer says besides;
    `strangers` say what cosines mean where no encoder is calibrated, and then look-alikes are estimated, unless the
    card of a model of the user's own says it. `encoders` are
    those that queries get rows of; what is wrong with others of the collection, whose model is not here, is in `lost`.
    """

    catalog: Catalog
    encoders: Sequence[Encoder]
    lookups: Mapping[str, Lookup]
    signals: Sequence[Signal]
    pictures: int
    threads: int = 1
    allowed: npt.NDArray[np.uint64] | None = None
    correction: Correction | None = None
    local: Lookup | None = None
    notes: tuple[str, ...] = ()
    strangers: Mapping[str, Meaning] = field(default_factory=dict)
    lost: Mapping[str, PictraceError] = field(default_factory=dict)

    def admits(self, key: Key) -> bool:
        """Whether a picture may be among the candidates."""
        if self.allowed is None:
            return True
        place = int(np.searchsorted(self.allowed, key))
        return place < len(self.allowed) and int(self.allowed[place]) == key


def of_whole(engine: Engine, query: Trace, wanted: int) -> list[Key]:
    """Neighbours of the whole query, `wanted` in each space, best first by their places in all spaces together."""
    found = []
    for encoder in engine.encoders:
        space = encoder.space
        reach = _HASH_REACH * space.width if space.metric is Metric.HAMMING else np.inf
        found.append(nearest(engine, encoder.name, query.rows[encoder.name], wanted, reach=reach))
    return fused(found)


def fused(found: Iterable[Mapping[Key, float]]) -> list[Key]:
    """The keys of several lists with their distances, best first by the sum of their reciprocal ranks.

    Cormack et al., Reciprocal rank fusion outperforms Condorcet, SIGIR 2009,
    https://doi.org/10.1145/1571941.1572114
    """
    votes: dict[Key, float] = {}
    for near in found:
        for rank, key in enumerate(sorted(near, key=lambda key: (near[key], key))):
            votes[key] = votes.get(key, 0.0) + 1.0 / (_RANK_OFFSET + rank)
    return sorted(votes, key=lambda key: (-votes[key], key))


def of_parts(engine: Engine, rows: Mapping[str, Rows], wanted: int) -> list[list[Key]]:
    """The nearest `wanted` pictures of every part of a query, a list for each; `rows` holds a row for each part."""
    lists = []
    for encoder, parts in rows.items():
        for part in parts:
            near = nearest(engine, encoder, part[None], wanted)
            lists.append(sorted(near, key=lambda key: (near[key], key)))
    return lists


def of_details(engine: Engine, rows: Rows, wanted: int) -> list[Key]:
    """The `wanted` pictures that share most with local features `(n, 38)` of the query, best first."""
    if engine.local is None or not len(rows):
        return []
    near = _living(engine, engine.local, rows, wanted)
    return sorted(near, key=lambda key: (near[key], key))[:wanted]


def interleaved(lists: Sequence[Sequence[Key]]) -> list[Key]:
    """Each key once, by the best place that it has in any list.

    What is in one part of the query alone leads the list of that part and is in no other, so that adding up ranks
    would bury it: of pictures pasted into others at 0.45 of the width, 0.94 are among the first 5 of this order and
    0.18 the first by sums.
    """
    best: dict[Key, tuple[int, int]] = {}
    for number, keys in enumerate(lists):
        for place, key in enumerate(keys):
            best[key] = min(best.get(key, (place, number)), (place, number))
    return sorted(best, key=lambda key: best[key])


def nearest(engine: Engine, encoder: str, rows: Rows, wanted: int, *, reach: float = np.inf) -> dict[Key, float]:
    """The nearest living pictures within `reach`, with their distances."""
    allowed = engine.allowed
    if allowed is not None and len(allowed) < _FEW * engine.pictures:
        hits = _scanned(engine, encoder, allowed).search(rows, wanted)
        return _collected(hits, reach)
    return _living(engine, engine.lookups[encoder], rows, wanted, reach=reach)


def _living(engine: Engine, lookup: Lookup, rows: Rows, wanted: int, *, reach: float = np.inf) -> dict[Key, float]:
    """Pictures that a lookup finds and that are there and may be found.

    The more are asked for, the more of the nearest are gone: then more are asked for.
    """
    asked = wanted
    while True:
        found = lookup.search(rows, asked)
        near = _collected(found, reach)
        living = {key for key in engine.catalog.present(list(near)) if engine.admits(key)}
        whole = all(len(hits) < asked or hits.distances[-1] > reach for hits in found)
        if len(living) >= wanted or asked >= _MOST_NEIGHBOURS or whole:
            return {key: near[key] for key in living}
        asked *= 4


def _scanned(engine: Engine, encoder: str, allowed: npt.NDArray[np.uint64]) -> Index:
    """The rows of a few pictures, to be compared one by one: the index would lead to all the others first."""
    space = next(one.space for one in engine.encoders if one.name == encoder)
    few: Index = registry.load("indexes", "exact")(space, threads=engine.threads)
    for keys, rows in engine.catalog.rows(encoder):
        chosen = np.isin(keys, allowed, assume_unique=True)
        few.add(keys[chosen], rows[chosen])
    return few


def _collected(found: Sequence[Hits], reach: float) -> dict[Key, float]:
    """Keys within reach of any of the query's rows, with the least distance of each."""
    least: dict[Key, float] = {}
    for hits in found:
        near = hits.distances <= reach
        for key, distance in zip(hits.keys[near].tolist(), hits.distances[near].tolist(), strict=True):
            least[key] = min(distance, least.get(key, np.inf))
    return least
