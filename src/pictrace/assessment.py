"""What the signals say of two pictures, and the match that comes of it: the same in a search and in a comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pictrace import registry
from pictrace.changes import changes
from pictrace.results import Match
from pictrace.signals import Signal
from pictrace.signals.closer import Signal as Closer
from pictrace.signals.embedding import Meaning, is_featureless
from pictrace.signals.embedding import Signal as Embedding
from pictrace.signals.structure import classic
from pictrace.types import Alignment, Evidence, Key, Relation, Trace, Verdict
from pictrace.verdict import judge

_ALIGNMENT = "alignment"


def load_signals(names: Sequence[str]) -> list[Signal]:
    """One signal per name, in that order."""
    return [registry.load("signals", name)() for name in names]


def load_measured(names: Sequence[str], meanings: Mapping[str, Meaning]) -> list[Signal]:
    """The same for one collection; `meanings` tell of the cosines of encoders without a calibration."""
    signals = load_signals(names)
    return [Embedding(meanings) if isinstance(signal, Embedding) else signal for signal in signals]


def assess(query: Trace, candidate: Trace, signals: Sequence[Signal]) -> tuple[Verdict, list[Evidence]]:
    """What every signal says of a pair, and the verdict on all of it; the pictures themselves are not needed.

    Once the pictures are known to be exactly the same, the signals that would align them have nothing to add.
    """
    evidence: list[Evidence] = []
    for signal in signals:
        settled = any(piece.ceiling is Relation.EXACT and piece.log_odds is not None for piece in evidence)
        if not (settled and signal.family == _ALIGNMENT):
            evidence.append(signal.compare(query, candidate, evidence))
    return judge(evidence), evidence


def is_aligned(evidence: Sequence[Evidence]) -> bool:
    """Whether local features agree on a way to lay the pictures over each other, however little that proves."""
    return any(piece.family == _ALIGNMENT and piece.alignment is not None for piece in evidence)


def either_way(
    query: Trace, candidate: Trace, signals: Sequence[Signal], there: Sequence[Evidence]
) -> tuple[Verdict, list[Evidence]]:
    """Verdict and evidence of the way round in which more places agree, seen from the query.

    Which features of one picture have no rival in the other depends on where one begins: `there` is the evidence that
    begins at the query, and only what aligns begins at the candidate too. So a pair is judged the same by whichever
    of its pictures it was found.
    """
    given = [piece for piece in there if piece.family != _ALIGNMENT]
    before = [_seen_from(candidate, piece) for piece in given]
    for signal in signals:
        if signal.family == _ALIGNMENT:
            before.append(signal.compare(candidate, query, before))
    back = given + [_seen_from(query, piece) for piece in before[len(given) :]]
    ways = [(_agreement(there), query.sha256, list(there)), (_agreement(back), candidate.sha256, back)]
    evidence = max(ways, key=lambda way: way[:2])[2]
    return judge(evidence), evidence


def look_closer(
    query: Trace, candidate: Trace, signals: Sequence[Signal], known: Sequence[Evidence]
) -> tuple[Verdict, list[Evidence]]:
    """Verdict and evidence after a closer look, if that proves more than what is known, or refutes it."""
    evidence = closer_evidence(query, candidate, signals, known)
    before, after = judge(known), judge(evidence)
    is_refuted = before.relation is Relation.SCENE and any(piece.refutes for piece in evidence)
    if is_refuted or (after.relation.rank, after.score) > (before.relation.rank, before.score):
        return after, evidence
    return before, list(known)


def closer_evidence(
    query: Trace, candidate: Trace, signals: Sequence[Signal], known: Sequence[Evidence]
) -> list[Evidence]:
    """What is known with a closer look in place of `geometry`, and what builds on that.

    It begins at the picture of the lesser hash, so that it says the same both ways round.
    """
    given = [piece for piece in known if piece.family != _ALIGNMENT]
    swapped = query.sha256 > candidate.sha256
    one, two = (candidate, query) if swapped else (query, candidate)
    pieces = [_seen_from(candidate, piece) for piece in given] if swapped else list(given)
    builders = [signal for signal in signals if signal.family == _ALIGNMENT and signal.ceiling > Relation.SCENE]
    for signal in (Closer(), *builders):
        pieces.append(signal.compare(one, two, pieces))
    return given + [_seen_from(query, piece) for piece in pieces[len(given) :]] if swapped else pieces


def _agreement(evidence: Sequence[Evidence]) -> tuple[bool, bool, float]:
    """How well features agree: whether that proves something, whether the pictures are aligned, at how many places."""
    pieces = [piece for piece in evidence if piece.family == _ALIGNMENT]
    aligned = [piece for piece in pieces if piece.alignment is not None]
    is_proved = any((piece.log_odds or 0.0) > 0 for piece in aligned)
    return is_proved, bool(aligned), max((piece.measures.get("inliers", 0.0) for piece in pieces), default=0.0)


def compare(query: Trace, other: Trace, signals: Sequence[Signal]) -> tuple[Match, list[Evidence]]:
    """How two pictures are related, as a match of the second, and all evidence; the same either way round.

    Both traces are such as are searched with.
    """
    verdict, evidence = assess(query, other, signals)
    if any(piece.family == _ALIGNMENT for piece in evidence):
        verdict, evidence = either_way(query, other, signals, evidence)
        if verdict.relation < Relation.COPY and not (is_featureless(query) or is_featureless(other)):
            verdict, evidence = look_closer(query, other, signals, evidence)
    match = with_classic(match_of(other, verdict, evidence), query, other)
    return with_changes(match, query, other), evidence


def match_of(trace: Trace, verdict: Verdict, evidence: Sequence[Evidence], key: Key | None = None) -> Match:
    """The record that people and programs see of a judged pair; its path is not known yet."""
    measures: dict[str, float] = {}
    for piece in evidence:
        measures |= piece.measures
    return Match(
        id=key,
        path=None,
        relation=verdict.relation,
        score=verdict.score,
        signals=measures,
        alignment=_proof(verdict, evidence),
        width=trace.width,
        height=trace.height,
        sha256=trace.sha256,
        reasons=verdict.reasons,
        metadata=trace.metadata,
    )


def _proof(verdict: Verdict, evidence: Sequence[Evidence]) -> Alignment | None:
    """Where the pictures overlap, if the verdict rests on it: geometry before what was only assumed."""
    if verdict.relation < Relation.SCENE:
        return None
    refuted = {piece.family for piece in evidence if piece.refutes}
    found = [piece for piece in evidence if piece.alignment is not None and (piece.log_odds or 0.0) > 0]
    found = [piece for piece in found if piece.family not in refuted]
    found.sort(key=lambda piece: piece.family != _ALIGNMENT)
    return found[0].alignment if found else None


def with_classic(match: Match, query: Trace, candidate: Trace) -> Match:
    """The match with the number that people know beside its own measures: SSIM of both pictures, not aligned."""
    return replace(match, signals={**match.signals, "ssim": classic(query, candidate)})


def with_changes(match: Match, query: Trace, candidate: Trace) -> Match:
    """The match with what was done to it, where that is proved."""
    return replace(match, changes=changes(query, candidate, match.alignment, match.relation))


def _seen_from(query: Trace, piece: Evidence) -> Evidence:
    """Evidence on a pair the other way round."""
    others = {"query_overlap": "match_overlap", "match_overlap": "query_overlap"}
    measures = {others.get(name, name): value for name, value in piece.measures.items()}
    return replace(piece, measures=measures, alignment=_inverse(piece.alignment, query))


def _inverse(alignment: Alignment | None, query: Trace) -> Alignment | None:
    """The alignment seen from the other picture; `query` is the one that the result maps from."""
    if alignment is None:
        return None
    matrix = np.linalg.inv(np.array(alignment.transform))
    matrix /= matrix[2, 2]
    width, height = query.width, query.height
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]]) @ matrix.T
    rows = matrix.tolist()
    return Alignment(
        transform=(tuple(rows[0]), tuple(rows[1]), tuple(rows[2])),
        query_overlap=alignment.match_overlap,
        match_overlap=alignment.query_overlap,
        quad=tuple((round(x / w, 2), round(y / w, 2)) for x, y, w in corners.tolist()),
        mirrored=alignment.mirrored,
    )
