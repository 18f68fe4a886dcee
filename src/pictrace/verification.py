"""What is made of candidates: what the signals say of each, and a closer look at the few that stay open."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from pictrace import tracing
from pictrace.assessment import assess, either_way, is_aligned, look_closer, match_of, with_classic
from pictrace.candidates import Engine
from pictrace.results import Match
from pictrace.signals.closer import promise, ready
from pictrace.signals.embedding import is_featureless
from pictrace.types import Evidence, Key, Relation, Trace, Verdict

GLANCED, GLANCED_AT_LAST = 4, 12
"""Open candidates whose coarser features are looked at before others are looked for, and in all."""

_LOOKED = 6
"""Of those, how many get a closer look at a time at most, where a glance promises something."""

_PROMISING = 4
"""Places that roughly agree at a glance: of 57 small parts, negatives and pictures within pictures 56 have so many, of
strangers that are nearest one in twenty. A closer look at the two likeliest of the others proved none of 166 edits
and visitors' photographs."""

HINTED = 5
"""Features that agree, too few to prove anything, which put a candidate before others."""

RELATIVES = 12
"""Open candidates that are glanced at where others of the same thing are looked for; benchmarks/holidays.py finds a
mean average precision of 0.80 without and 0.83 with 20 of them; in 30 searches none beyond the tenth was proved.
"""

_RELATED = 10
"""Of those, how many get a closer look at most: of twelve checkerboards all promise something."""

_AT_ONCE = 2
"""Closer looks between two questions whether one of them proved a copy; on however many cores, for the same answer."""

_WORTH_A_THREAD = 4
"""Candidates; starting a thread takes a tenth of a millisecond and looking at one of them two."""


Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Judged:
    """A candidate, what was found of it, and what that means; what a glance promised, and whether it was looked at
    closer.
    """

    key: Key
    trace: Trace
    verdict: Verdict
    evidence: Sequence[Evidence]
    promise: int | None = None
    looked: bool = False

    @property
    def glanced(self) -> bool:
        """Whether its coarser features were looked at."""
        return self.promise is not None

    @property
    def relation(self) -> Relation:
        """How it is related to the query."""
        return self.verdict.relation

    def match(self, query: Trace, *, verified: bool) -> Match:
        """The record of it that a search answers with."""
        match = match_of(self.trace, self.verdict, self.evidence, self.key)
        aligned = verified and Relation.SCENE <= self.relation < Relation.EXACT
        return with_classic(match, query, self.trace) if aligned else match


def judged(engine: Engine, query: Trace, keys: Sequence[Key], *, verify: bool) -> list[Judged]:
    """The candidates judged by every signal, or only by those that align nothing."""
    if verify and engine.threads > 1 and len(keys) >= _WORTH_A_THREAD:
        # Every second one in a thread beside: an eighth of the time, and the likeliest are spread over both.
        with ThreadPoolExecutor(1, "pictrace-verify") as beside:
            alone = replace(engine, threads=1)
            others = beside.submit(judged, alone, query, keys[1::2], verify=True)
            both = judged(alone, query, keys[::2], verify=True) + others.result()
        place = {key: number for number, key in enumerate(keys)}
        return sorted(both, key=lambda one: place[one.key])
    signals = [signal for signal in engine.signals if verify or signal.family != "alignment"]
    found = []
    for key, stored in engine.catalog.traces(keys).items():
        trace = tracing.with_features(stored) if verify else stored
        verdict, evidence = assess(query, trace, signals)
        if is_aligned(evidence):
            verdict, evidence = either_way(query, trace, signals, evidence)
        found.append(Judged(key, trace, _corrected(engine, verdict), evidence))
    return found


def matches_of(query: Trace, found: Sequence[Judged], *, verified: bool) -> list[Match]:
    """The records of those that are related at all."""
    return [one.match(query, verified=verified) for one in found if one.relation is not Relation.DIFFERENT]


def is_settled(query: Trace, found: Sequence[Judged], least: Relation) -> bool:
    """Whether looking further has nothing to add: a relative was proved, or nothing about the query can be."""
    return is_featureless(query) or any(one.relation >= least for one in found)


@contextmanager
def readying(engine: Engine, query: Trace) -> Iterator[None]:
    """Makes ready for a closer look beside what is done meanwhile, where there is a thread for it."""
    if engine.threads < 2 or not _aligns(engine):
        yield
        return
    with ThreadPoolExecutor(1, "pictrace-ready") as beside:
        made = beside.submit(ready, query)
        yield
        made.result()


def looked_closer(
    engine: Engine, query: Trace, found: Sequence[Judged], order: Sequence[Key], *, last: bool
) -> list[Judged]:
    """The same candidates, the likeliest of the open ones after a closer look; `order` has the likeliest first.

    The `last` look goes on where the first one ended.
    """
    if is_settled(query, found, Relation.COPY) or not _aligns(engine):
        return list(found)
    ready(query)
    known = {one.key: one for one in found}
    chosen = _chosen(engine, query, known, order, last=last)
    for start in range(0, len(chosen), _AT_ONCE):
        fresh = _beside(engine, lambda one: _closer(engine, query, one), chosen[start : start + _AT_ONCE])
        known |= {one.key: one for one in fresh}
        if is_settled(query, fresh, Relation.COPY):
            break
    return list(known.values())


def with_relatives(engine: Engine, query: Trace, found: Sequence[Judged], order: Sequence[Key]) -> list[Judged]:
    """The same candidates, more of them proved: for whom it is not enough that one was."""
    if is_featureless(query) or not _aligns(engine):
        return list(found)
    ready(query)
    known = {one.key: one for one in found}
    ranked = [one for one in _ranked(known, order) if one.relation < Relation.SCENE and not one.looked]
    chosen = _promising(engine, query, known, ranked[:RELATIVES])[:_RELATED]
    known |= {one.key: one for one in _beside(engine, lambda one: _closer(engine, query, one), chosen)}
    return list(known.values())


def _aligns(engine: Engine) -> bool:
    return any(one.family == "alignment" for one in engine.signals)


def _chosen(
    engine: Engine, query: Trace, known: dict[Key, Judged], order: Sequence[Key], *, last: bool
) -> list[Judged]:
    """Whom to look at closer: what is proved to be a scene, for it may be a copy, or else what a glance promises."""
    ranked = _ranked(known, order)
    proved = [one for one in ranked if one.relation is Relation.SCENE and not one.looked]
    if proved:
        return proved[:_LOOKED]
    most = GLANCED_AT_LAST - GLANCED if last else GLANCED
    return _promising(engine, query, known, [one for one in ranked if not one.glanced][:most])[:_LOOKED]


def _ranked(known: dict[Key, Judged], order: Sequence[Key]) -> list[Judged]:
    """Those that could be looked at closer: first those with a hint, then by `order`."""
    ranked = [known[key] for key in order if key in known and not is_featureless(known[key].trace)]
    ranked.sort(key=lambda one: _inliers(one) < HINTED)
    return ranked


def _promising(engine: Engine, query: Trace, known: dict[Key, Judged], glanced: Sequence[Judged]) -> list[Judged]:
    """Those of which a glance promises something, the most promising first; `known` remembers who was glanced at."""
    seen = _beside(engine, lambda one: replace(one, promise=promise(query, one.trace)), glanced)
    known |= {one.key: one for one in seen}
    seen.sort(key=lambda one: -_promised(one))
    return [one for one in seen if _promised(one) >= _PROMISING]


def _promised(one: Judged) -> int:
    return one.promise or 0


def _inliers(one: Judged) -> float:
    return max((piece.measures.get("inliers", 0.0) for piece in one.evidence), default=0.0)


def _closer(engine: Engine, query: Trace, one: Judged) -> Judged:
    verdict, evidence = look_closer(query, one.trace, engine.signals, one.evidence)
    return replace(one, verdict=_corrected(engine, verdict), evidence=evidence, looked=True)


def _corrected(engine: Engine, verdict: Verdict) -> Verdict:
    """The verdict as the collection's own calibration, if it has one, puts it."""
    return verdict if engine.correction is None else engine.correction.applied(verdict)


def _beside(engine: Engine, work: Callable[[Given], Made], given: Sequence[Given]) -> list[Made]:
    """What a function makes of each, in as many threads as the engine may use."""
    if engine.threads < 2 or len(given) < 2:
        return [work(one) for one in given]
    with ThreadPoolExecutor(engine.threads, "pictrace-closer") as beside:
        return list(beside.map(work, given))
