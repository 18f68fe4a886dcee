"""Why a search finds a picture of a collection, or does not: how it comes to it, and what it sees there."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pictrace.candidates import Engine, of_whole
from pictrace.comparison import Pair, pair
from pictrace.picture import Picture
from pictrace.search import THOROUGH, VERIFIED, Wanted, search, trace_of
from pictrace.types import Key, Relation, Trace

NEIGHBOURS = 100
"""How many of the nearest in each encoder's space a search takes for candidates."""

_COUNTED = 1000
"""Nearest ones among which a place is told."""


@dataclass(frozen=True)
class Near:
    """How near a picture is in one encoder's space: its distance, and its place among the nearest, if that is known."""

    encoder: str
    distance: float
    place: int | None


@dataclass(frozen=True)
class Found:
    """What becomes of one picture in a search.

    `place` is its place among the matches, `candidate` that among those worth a closer look; `None` where it is not
    there. `verified` is whether a search looks closer at it.
    """

    place: int | None
    candidate: int | None
    verified: bool
    nearest: tuple[Near, ...]

    def says(self, relation: Relation) -> str:
        """One sentence, for a picture that is so related once it is looked at closely."""
        if self.place is not None:
            return f"A search finds it as match {self.place}."
        if self.candidate is None and not self.verified:
            return f"A search does not look at it: it is not among the {NEIGHBOURS} nearest in any encoder's space."
        if relation is Relation.DIFFERENT:
            return "A search looks at it, and what the signals say is not enough for any relation."
        return f"A search does not find it: candidates beyond the first {VERIFIED} to {THOROUGH} are not verified."

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON output carries it."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Explained:
    """A query beside one picture of a collection, and what becomes of that in a search."""

    pair: Pair
    found: Found

    def to_dict(self) -> dict[str, Any]:
        """The pair as JSON output carries it, with `found` beside."""
        said = {"says": self.found.says(self.pair.match.relation), **self.found.to_dict()}
        return {**self.pair.to_dict(), "found": said}


def explained(engine: Engine, query: Picture | Key, key: Key) -> Explained:
    """Why a search with the query finds the picture of that key, or does not.

    Raises:
        NotFoundError: there is no picture of that key, or of the query's.
    """
    beside = pair(engine, query, key)
    trace = trace_of(engine, query)
    candidates = of_whole(engine, trace, NEIGHBOURS)
    answer = search(engine, query, Wanted(limit=THOROUGH))
    places = [match.id for match in answer]
    place = _place(places, key)
    candidate = _place(candidates, key)
    aligned = place is not None and answer[place - 1].alignment is not None
    is_verified = aligned or (candidate is not None and candidate <= VERIFIED)
    return Explained(beside, Found(place, candidate, is_verified, _nearest(engine, trace, beside.other, key)))


def _place(keys: Sequence[Key | None], key: Key) -> int | None:
    return keys.index(key) + 1 if key in keys else None


def _nearest(engine: Engine, query: Trace, other: Trace, key: Key) -> tuple[Near, ...]:
    """Its distance in every space that both have rows in, and how many are as near."""
    near = []
    for encoder in engine.encoders:
        rows, stored = query.rows.get(encoder.name), other.rows.get(encoder.name)
        if rows is None or stored is None:
            continue
        distance = float(encoder.space.distance(rows, stored[:1]).min())
        hits = engine.lookups[encoder.name].search(rows, _COUNTED)
        closer = {at for found in hits for at, far in found if far < distance - 1e-6 and at != key}
        is_there = any(at == key for found in hits for at, _ in found)
        near.append(Near(encoder.name, round(distance, 6), len(closer) + 1 if is_there else None))
    return tuple(near)
