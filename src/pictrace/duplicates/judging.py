"""Pictures of collections judged against one of them, in worker processes: what a search would say of each pair."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from pictrace import assessment, keypoints, registry, tracing
from pictrace.catalogs import Catalog
from pictrace.corrections import Correction
from pictrace.errors import PictureError
from pictrace.recipe import EncoderStamp, SpacesChangedError
from pictrace.settings import Limits
from pictrace.signals import Signal, structure
from pictrace.signals.embedding import Meaning, is_featureless
from pictrace.types import Evidence, Key, Relation, Trace, Verdict
from pictrace.verdict import judge
from pictrace.workers import Workers

_ALIGNMENT = "alignment"

_GLANCE = structure.Signal(side=128)
_SURE_SCORE, _SURE_INLIERS = 0.9, 24.0
"""How sure half the side has to be, and among how many places that agree, to be believed: so it says of 692 of 805
aligned pairs of copies, wrongly of none, and of none of 400 pairs of other photographs of a scene that the whole side
does not call copies as well. It takes two fifths of the time."""

_HOPE = 0.25
"""How likely a copy has to be for a closer look, which takes 0.2 s: of 43 copies among 4,500 files that took one, none
was less likely than 0.38; of other photographs of a scene two in five are less likely than this."""

_ALIKE_ENOUGH = 0.84
"""Median SSIM of the overlap without which no closer look is taken: of 162 copies that one showed two have less, of 524
other photographs of a scene that it took 165. An overlay changes a part of a copy, another moment all of a scene."""

_SECONDS = 300.0
"""Time for one job; a pair takes a hundredth of a second, and a tenth where it is looked at closer."""

_NICENESS = 10
"""Of workers beside a service, as those that look at new pictures have."""

AT_MOST = 32
"""Pairs in a job: more of one picture are several jobs."""


@dataclass(frozen=True)
class Judgement:
    """How one picture is related to another, by its id, and how sure that is; `reasons` only where it matters."""

    other: Key
    relation: Relation
    score: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """What a worker is given: one picture by its id, and those to hold against it."""

    one: Key
    others: tuple[Key, ...]


@dataclass(frozen=True)
class Measure:
    """What pairs of a collection are judged by, as its engine has it: the same in every worker of a run.

    `active` are the encoders that the neighbours were found by, and `strangers` say what cosines mean where no encoder
    is calibrated.
    """

    active: Sequence[EncoderStamp]
    correction: Correction | None = None
    strangers: Mapping[str, Meaning] = field(default_factory=dict)


class _Bench:
    """What one worker process keeps between jobs; made in it by `start`."""

    catalog: Catalog
    others: Catalog
    signals: Sequence[Signal]
    correction: Correction | None = None
    least = Relation.COPY
    is_outdated = False


@dataclass(frozen=True)
class Manner:
    """How pairs are judged: in how many processes, whether these let others compute first, and what is of interest."""

    workers: int
    least: Relation
    polite: bool = False


class Judges:
    """Worker processes that judge pairs of a collection in the folder `path` by a measure; `against` is where the first
    picture of each pair is, if in another collection.
    """

    def __init__(self, path: Path, measure: Measure, manner: Manner, *, against: Path | None = None) -> None:
        limits = Limits(decode_seconds=_SECONDS)
        given = (str(path), str(against or path), measure, str(manner.least), _NICENESS if manner.polite else 0)
        self._workers: Workers[Job, Any] = Workers(
            judged, workers=manner.workers, limits=limits, initializer=start, initargs=given
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._workers.close()

    def run(self, wanted: Mapping[Key, Sequence[Key]]) -> Iterator[tuple[Key, list[Judgement]]]:
        """What is found of each picture's candidates, as it is known; one picture may come several times.

        Raises:
            PictureError: what is kept of a picture cannot be read.
            SpacesChangedError: a collection is searched by other encoders by now.
        """
        for job, found in self._workers.run(_jobs(wanted), chunk=1):
            if isinstance(found, PictureError):
                raise found
            if found is None:
                raise SpacesChangedError
            yield (
                job.one,
                [Judgement(other, Relation(name), score, tuple(reasons)) for other, name, score, reasons in found],
            )


def _jobs(wanted: Mapping[Key, Sequence[Key]]) -> Iterator[Job]:
    for one, others in wanted.items():
        for start_ in range(0, len(others), AT_MOST):
            yield Job(one, tuple(others[start_ : start_ + AT_MOST]))


def start(path: str, against: str, measure: Measure, least: str, niceness: int = 0) -> None:
    """Prepares a worker process for `judged`."""
    if niceness and hasattr(os, "nice"):
        os.nice(niceness)
    keypoints.use_one_thread()
    kind = registry.load("catalogs", "sqlite")
    _Bench.catalog = kind.open(path).steady()
    _Bench.others = _Bench.catalog if against == path else kind.open(against).steady()
    # Workers start at any time during a run, and a new one must not go on with what the others did not begin with.
    known = set(measure.active)
    _Bench.is_outdated = any(set(one.recipe.active) != known for one in (_Bench.catalog, _Bench.others))
    _Bench.signals = assessment.load_measured(_Bench.catalog.recipe.signals, measure.strangers)
    _Bench.correction = measure.correction
    _Bench.least = Relation(least)


def judged(job: Job) -> list[list[Any]] | None:
    """Id, relation, score and reasons of each candidate that is there, plain; `None` once other encoders took over."""
    if _Bench.is_outdated:
        return None
    try:
        return _judged(job)
    except SpacesChangedError:
        return None


def _judged(job: Job) -> list[list[Any]]:
    one = _query(job.one)
    if one is None:
        return []
    found = []
    for key, stored in _Bench.catalog.traces(job.others).items():
        verdict = _verdict(one, stored)
        if _Bench.correction is not None:
            verdict = _Bench.correction.applied(verdict)
        reasons = list(verdict.reasons) if verdict.relation >= _Bench.least else []
        found.append([key, str(verdict.relation), float(verdict.score), reasons])
    return found


@lru_cache(maxsize=4)
def _query(key: Key) -> Trace | None:
    stored = _Bench.others.traces([key])
    if key not in stored:
        return None
    return tracing.with_variants(tracing.with_features(stored[key]))


def _verdict(one: Trace, stored: Trace) -> Verdict:
    """What a comparison would say, with no more work than it takes to say that it is enough."""
    verdict, evidence = assessment.assess(one, stored, [each for each in _Bench.signals if not _aligns(each)])
    if verdict.relation >= _Bench.least and verdict.relation >= Relation.COPY:
        return verdict
    other = tracing.with_features(stored)
    for signal in (each for each in _Bench.signals if _aligns(each)):
        if signal.name == structure.Signal.name and (quick := _at_a_glance(one, other, evidence)) is not None:
            return quick
        evidence.append(signal.compare(one, other, evidence))
    verdict = judge(evidence)
    if verdict.relation >= _Bench.least or not assessment.is_aligned(evidence):
        return verdict
    verdict, evidence = assessment.either_way(one, other, _Bench.signals, evidence)
    if _Bench.least is Relation.COPY and _may_be_copy(verdict, evidence) and not _is_plain(one, other):
        verdict, evidence = assessment.look_closer(one, other, _Bench.signals, evidence)
    return verdict


def _at_a_glance(one: Trace, other: Trace, evidence: Sequence[Evidence]) -> Verdict | None:
    """That a pair is a copy, if half the side leaves no doubt of it."""
    if max((piece.measures.get("inliers", 0.0) for piece in evidence), default=0.0) < _SURE_INLIERS:
        return None
    verdict = judge([*evidence, _GLANCE.compare(one, other, evidence)])
    return verdict if verdict.relation is Relation.COPY and verdict.score >= _SURE_SCORE else None


def _may_be_copy(verdict: Verdict, evidence: Sequence[Evidence]) -> bool:
    """Whether a scene is so near to being a copy that a closer look may show that it is one."""
    likely = next((level.probability for level in verdict.levels if level.relation is Relation.COPY), 0.0)
    alike = max((piece.measures.get("typical_ssim", 0.0) for piece in evidence), default=0.0)
    return verdict.relation is Relation.SCENE and likely >= _HOPE and alike >= _ALIKE_ENOUGH


def _aligns(signal: Signal) -> bool:
    """Whether a signal aligns the pictures, which takes time."""
    return signal.family == _ALIGNMENT


def _is_plain(one: Trace, other: Trace) -> bool:
    return is_featureless(one) or is_featureless(other)
