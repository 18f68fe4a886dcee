"""What was done to a picture: the edits that lie between a query and its match, in words and numbers.

Every threshold in this package was set on the half of the photographs that `benchmarks/changes.py --fitted` edits; the
precision and recall that they have on the other half are in benchmarks/results/changes.json.
"""

from pictrace.changes._coding import coding
from pictrace.changes._outside import WHOLE, boxed, outside
from pictrace.changes._overlays import disturbance, overlaid, overlay
from pictrace.changes._owners import owners
from pictrace.changes._tones import AS_SHARP, detail, details, tones, without
from pictrace.changes._views import between, views
from pictrace.changes._whole import placed
from pictrace.polygons import clipped
from pictrace.results import Change, ChangeKind
from pictrace.types import Alignment, Relation, Trace

__all__ = ["changes"]


def changes(query: Trace, candidate: Trace, alignment: Alignment | None, relation: Relation) -> tuple[Change, ...]:
    """What tells the query from a match that is proved: of copies everything, of scenes which is a part of which.

    Seen from the other picture it is the same, the other way round. Nothing is said of what is exactly the same,
    and nothing that the proxies (JPEGs of at most 512 px) do not show.
    """
    if alignment is None or relation is Relation.EXACT:
        return ()
    if relation is Relation.SCENE:
        return tuple(_part(query, candidate, alignment))
    return tuple(_of_copy(query, candidate, alignment)) if relation is Relation.COPY else ()


def _of_copy(query: Trace, candidate: Trace, found: Alignment) -> list[Change]:
    """The changes of an edited copy, in the order in which people would say them."""
    place = placed(query, candidate, found)
    alignment, pair, tone = place.alignment, place.pair, place.tone
    changed = [*outside(query, candidate, alignment, pair), *views(query, alignment)]
    fine, middle = 0.0, 0.0
    if tone is not None:
        areas = overlaid(pair, tone)
        clear = without(tone, [box for box, _ in areas])
        changed += tones(pair, clear)
        fine, middle = detail(pair, clear)
        changed += details(pair, (fine, middle), 0.0 if areas else disturbance(pair, tone), is_clear=not areas)
        owned = owners(pair, tone, areas)
        changed += [overlay(query, candidate, pair, area, side) for area, side in zip(areas, owned, strict=True)]
    is_as_sharp = abs(fine) < AS_SHARP
    return [*changed, *coding(query, candidate, alignment, changed, is_as_sharp=is_as_sharp)]


def _part(query: Trace, candidate: Trace, alignment: Alignment) -> list[Change]:
    """Of two photographs of one thing: which shows only a part of what the other does."""
    one, other = alignment.query_overlap, alignment.match_overlap
    if max(one, other) < WHOLE or min(one, other) >= WHOLE:
        return []
    if one > other:
        box = boxed(clipped(alignment.quad, candidate.width, candidate.height))
        return [Change(ChangeKind.PART_OF, "query", numbers={"share": other}, match_box=box)]
    back = between(alignment)[1]
    rows = back @ [(0, candidate.width, candidate.width, 0), (0, 0, candidate.height, candidate.height), (1, 1, 1, 1)]
    corners = [(float(x), float(y)) for x, y in (rows[:2] / rows[2]).T]
    box = boxed(clipped(corners, query.width, query.height))
    return [Change(ChangeKind.PART_OF, "match", numbers={"share": one}, query_box=box)]
