"""From a query to verified matches: candidates, evidence, verdicts."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np

from pictrace import tracing
from pictrace.assessment import with_changes
from pictrace.backgrounds import Strangers
from pictrace.candidates import Engine, interleaved, of_details, of_parts, of_whole
from pictrace.catalogs import Catalog
from pictrace.errors import NotFoundError, UsageError
from pictrace.filters import Filter
from pictrace.lookup import Lookup
from pictrace.picture import Picture
from pictrace.results import Answer, Match
from pictrace.signals.embedding import is_featureless
from pictrace.types import Key, Relation, Trace
from pictrace.verification import (
    GLANCED,
    Judged,
    is_settled,
    judged,
    looked_closer,
    matches_of,
    readying,
    with_relatives,
)
from pictrace.words import ESTIMATED, FEATURELESS_QUERY

Mode = Literal["auto", "exact", "copy", "similar"]
MODES: tuple[Mode, ...] = get_args(Mode)

VERIFIED = 20
"""Candidates whose geometry is checked; benchmarks/copies.py measures how often the right one is found with them."""

THOROUGH = 80
"""Candidates whose geometry is checked before it is said that nothing better than a likeness is there, those that
are near to one part of the query among them, where no index of local features tells what lies inside of what."""

FEWER = 40
"""The same where there is one: of 156 edits and visitors' photographs that were proved among 7,409 pictures, none was
by verifying more candidates after those that share local features."""

INSIDE = 10
"""Candidates that share most local features with the query, whose geometry is checked before that of the `THOROUGH`;
benchmarks/local.py measures how often the right one is among them."""

TOLD = 8
"""Matches of which a search says what was done to them: each takes as long as to verify a candidate."""

_NEIGHBOURS = 100
_ENOUGH: dict[Mode, Relation] = {"auto": Relation.SCENE, "copy": Relation.COPY}
"""What has to be proved before no more candidates are looked for, where candidates are verified at all."""

Heard = Callable[[str, Sequence[Match]], None]
"""Who is told the name of a stage and the matches known after it."""


@dataclass(frozen=True)
class Wanted:
    """What is asked of a search.

    `mode` is how far to look: `exact` for the same bytes or pixels only, `copy` for copies and better,
    `similar` for look-alikes without verification, `auto` for everything. Only pictures that meet `where`, which
    may take `filter_seconds` to find, are looked at.

    Raises:
        UsageError: a limit, score or mode that makes no sense.
    """

    limit: int = 10
    min_score: float = 0.0
    mode: Mode = "auto"
    where: Filter | None = None
    filter_seconds: float = np.inf

    def __post_init__(self) -> None:
        if self.limit < 1 or not 0.0 <= self.min_score <= 1.0 or self.mode not in MODES:
            raise UsageError(
                f"limit {self.limit}, min_score {self.min_score} and mode {self.mode!r} cannot be searched with",
                hint=f"limit is 1 or more, min_score 0 to 1, mode one of {', '.join(MODES)}",
            )

    def chosen(self, matches: Sequence[Match]) -> tuple[Match, ...]:
        """Those that were asked for, strongest relation first, then the highest score, then the oldest."""
        least = {"exact": Relation.EXACT, "copy": Relation.COPY}.get(self.mode, Relation.SIMILAR)
        asked = [match for match in matches if match.relation >= least and match.score >= self.min_score]
        asked.sort(key=lambda match: (-match.relation.rank, -match.score, match.id or 0))
        return tuple(asked[: self.limit])


@dataclass
class Stages:
    """Milliseconds per stage, by a clock that never jumps."""

    timings_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.timings_ms[name] = round((time.perf_counter() - started) * 1000, 3)


def search(engine: Engine, query: Picture | Key, wanted: Wanted | None = None, heard: Heard | None = None) -> Answer:
    """The matches of a picture, or of one in the collection by its key; strongest relation first, then score.

    `heard` is told what is found while the search goes on: what is exactly the same, then candidates that are not
    verified yet.
    """
    asked, stages = wanted or Wanted(), Stages()
    if asked.where is not None:
        with stages("filter"):
            engine = replace(engine, allowed=engine.catalog.keys(where=asked.where, seconds=asked.filter_seconds))
    with stages("encode"):
        trace = trace_of(engine, query, asked.mode)
    with stages("exact"):
        same = _same(engine, trace)[: max(VERIFIED, asked.limit)]
        _tell(heard, "exact", engine, asked, _unverified(engine, trace, same) if heard else [])
    with stages("candidates"):
        found = [] if asked.mode == "exact" else of_whole(engine, trace, max(_NEIGHBOURS, 2 * asked.limit))
        keys, first = list(dict.fromkeys(same + found)), max(VERIFIED, len(same))
        likely = keys[: max(first, asked.limit)] if heard and found else []
        _tell(heard, "candidates", engine, asked, _unverified(engine, trace, likely))
    verified = asked.mode != "similar"
    with stages("verify"):
        known = judged(engine, trace, keys[:first], verify=verified)
    if asked.mode in {"auto", "copy"}:
        known, keys = _looked_further(_Looking(engine, query, trace, _ENOUGH[asked.mode], stages), known, keys)
    matches = matches_of(trace, known, verified=verified)
    seen = {one.key for one in known}
    matches += _unverified(engine, trace, [key for key in keys if key not in seen][: 2 * asked.limit])
    chosen = _changed(trace, asked.chosen(matches), {one.key: one.trace for one in known}, stages)
    return _answer(engine, asked, trace, chosen, stages)


def _answer(engine: Engine, asked: Wanted, query: Trace, matches: Sequence[Match], stages: Stages) -> Answer:
    lookups = [] if asked.mode == "exact" else [engine.lookups[one.name] for one in engine.encoders]
    local = [] if engine.local is None or asked.mode in {"exact", "similar"} else [engine.local]
    return Answer(
        matches=_named(engine.catalog, matches),
        searched=engine.pictures if engine.allowed is None else len(engine.allowed),
        exhaustive=all(lookup.exhaustive for lookup in lookups),
        recall=min((lookup.recall for lookup in lookups if lookup.recall is not None), default=None),
        signals=tuple(signal.name for signal in engine.signals),
        index_version=engine.catalog.watermark,
        timings_ms=stages.timings_ms,
        warnings=(*_warnings(query, [*lookups, *local], asked.mode), *engine.notes, *_estimated(engine, matches)),
        calibrated=engine.correction is not None,
        searched_with={} if asked.mode == "exact" else {one.name: one.version for one in engine.encoders},
    )


def _tell(heard: Heard | None, stage: str, engine: Engine, asked: Wanted, matches: Sequence[Match]) -> None:
    if heard is not None and matches:
        heard(stage, _named(engine.catalog, asked.chosen(matches)))


def trace_of(engine: Engine, query: Picture | Key, mode: Mode = "auto") -> Trace:
    """The query's trace: for `exact` without anything that takes long.

    Raises:
        NotFoundError: there is no picture of that key.
    """
    if isinstance(query, Picture):
        if mode == "exact":
            return tracing.identity_of(query)
        return tracing.of_query(query, engine.encoders)
    traces = engine.catalog.traces([query])
    if query not in traces:
        raise NotFoundError(f"no picture has the id {query}", hint="`pictrace list` shows those there are")
    if mode == "exact":
        return traces[query]
    return tracing.with_variants(tracing.with_features(traces[query]))


def _same(engine: Engine, query: Trace) -> list[Key]:
    """Pictures of the same bytes, then those of the same pixels."""
    by_bytes = engine.catalog.by_sha(query.sha256)
    first = [] if by_bytes is None else [by_bytes]
    found = first + [key for key in engine.catalog.by_pixel_hash(query.pixel_hash) if key != by_bytes]
    return [key for key in found if engine.admits(key)]


@dataclass(frozen=True)
class _Looking:
    """What is looked for, and what has to be proved before nothing more is looked for."""

    engine: Engine
    query: Picture | Key
    trace: Trace
    least: Relation
    stages: Stages


def _looked_further(look: _Looking, known: Sequence[Judged], keys: Sequence[Key]) -> tuple[list[Judged], list[Key]]:
    """Those that are known and what else is found while nothing is proved, and the order of all candidates.

    First what shares most local features with the query, for a small part of a picture has hardly anything else; then
    the likeliest of all are looked at closer; then what is near to a part of the query.
    """
    engine, query, trace, stages = look.engine, look.query, look.trace, look.stages
    found, order = list(known), list(keys)
    # Where a scene was proved there may be a copy too, which is no neighbour of the whole: the next frame is nearer.
    if not is_settled(trace, found, Relation.COPY):
        with stages("inside"), readying(engine, trace):
            inside = of_details(engine, tracing.details_of(query if isinstance(query, Picture) else trace), INSIDE)
            order = interleaved([inside, order])
            done = {one.key for one in found}
            found += judged(engine, trace, [key for key in inside if key not in done], verify=True)
    if not is_settled(trace, found, Relation.COPY):
        with stages("closer"):
            found = looked_closer(engine, trace, found, order, last=False)
    if not is_settled(trace, found, look.least):
        with stages("thorough"):
            done = {one.key for one in found}
            rest = [key for key in _with_parts(engine, query, trace, order) if key not in done]
            most = THOROUGH if engine.local is None or engine.local.left_out else FEWER
            found += judged(engine, trace, rest[: max(0, most - len(found))], verify=True)
            likely = [*order[:GLANCED], *interleaved([order[GLANCED:], rest])]
            found = looked_closer(engine, trace, found, likely, last=True)
            order = list(dict.fromkeys([*order, *rest]))
    # Who asks by a picture of the collection has it already; and where there are two of a thing there may be more.
    best = max((one.relation for one in found), default=Relation.DIFFERENT)
    seen_closer = any(one.looked and one.relation is Relation.COPY for one in found)
    if isinstance(query, int) or best is Relation.SCENE or seen_closer:
        with stages("relatives"):
            found = with_relatives(engine, trace, found, order)
    return found, order


def _with_parts(engine: Engine, query: Picture | Key, trace: Trace, keys: Sequence[Key]) -> list[Key]:
    """The keys mixed with the pictures that are near to one part of the query only."""
    picture = query if isinstance(query, Picture) else Picture.of_proxy(trace.proxy)
    near = of_parts(engine, tracing.parts_of(picture, engine.encoders), THOROUGH)
    return interleaved([keys, *near])


def _unverified(engine: Engine, query: Trace, keys: Sequence[Key]) -> list[Match]:
    """Matches of candidates by the signals that align nothing."""
    return matches_of(query, judged(engine, query, keys, verify=False), verified=False)


def _changed(query: Trace, matches: Sequence[Match], traces: Mapping[Key, Trace], stages: Stages) -> Sequence[Match]:
    """The matches, the first of those that are proved with what was done to them."""
    aligned = [match for match in matches if match.alignment is not None and match.relation < Relation.EXACT]
    proved = {match.id for match in aligned[:TOLD]} & set(traces)
    if not proved:
        return matches
    with stages("changes"):
        return [
            with_changes(match, query, traces[match.id]) if match.id in proved and match.id is not None else match
            for match in matches
        ]


def _named(catalog: Catalog, matches: Sequence[Match]) -> tuple[Match, ...]:
    """The matches with their places; those that were deleted in the meantime are left out."""
    records = catalog.records_of([match.id for match in matches if match.id is not None])
    return tuple(
        replace(match, path=records[match.id].path, locations=records[match.id].locations)
        for match in matches
        if match.id in records
    )


def _estimated(engine: Engine, matches: Sequence[Match]) -> Iterator[str]:
    """What is said where look-alikes are among the matches that nobody has measured."""
    estimated = [name for name, one in engine.strangers.items() if isinstance(one, Strangers)]
    if estimated and any(match.relation is Relation.SIMILAR for match in matches):
        yield ESTIMATED.format(", ".join(estimated))


def _warnings(query: Trace, lookups: Sequence[Lookup], mode: Mode) -> tuple[str, ...]:
    told = [warning for lookup in lookups for warning in lookup.warnings]
    if mode != "exact" and is_featureless(query):
        told.append(FEATURELESS_QUERY)
    return tuple(told)
