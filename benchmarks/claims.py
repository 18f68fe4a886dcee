"""What would be said of pairs by curves that were fitted: which claims hold, and from which probability on."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from fitting import TOLD_APART_LATER, prior, weights
from pairs import Pair

from pictrace.types import Evidence, Relation, Verdict
from pictrace.verdict import Calibration, judge

PRECISION = {Relation.COPY: 0.96, Relation.SCENE: 0.95, Relation.SIMILAR: 0.5}
"""What share of the claims of a relation has to hold at its threshold, on the fitting half, weighted by `MASS`."""

Fit = Callable[[Mapping[str, float]], float]


@dataclass(frozen=True)
class Claim:
    """What is said of a pair, whether it holds, and what the pair weighs."""

    relation: Relation
    score: float
    holds: bool
    weight: float


def verdict_of(pair: Pair, signals: Mapping[str, Fit]) -> Verdict:
    """The verdict of a search that looks closer wherever the first look proves no copy."""
    first = judge(_recalibrated(pair.evidence, signals))
    if first.relation >= Relation.COPY or pair.closer is None:
        return first
    again = _recalibrated(pair.closer, signals)
    closer = judge(again)
    if first.relation is Relation.SCENE and any(piece.refutes for piece in again):
        return closer
    return max(first, closer, key=lambda one: (one.relation.rank, one.score))


def reported(pairs: Sequence[Pair], signals: Mapping[str, Fit]) -> dict[str, object]:
    """On one half: how often each kind of pair was given each relation, and how true the claims and scores are."""
    table: dict[str, dict[str, int]] = {}
    weigh, claims = weights(pairs), list[Claim]()
    for pair in pairs:
        if pair.kind == "same class":
            continue
        verdict = verdict_of(pair, signals)
        table.setdefault(pair.kind, Counter())[str(verdict.relation)] += 1
        if verdict.relation > Relation.SIMILAR and pair.kind != TOLD_APART_LATER:
            claims.append(Claim(verdict.relation, verdict.score, pair.relation >= verdict.relation, weigh(pair)))
    scenes = [one for one in claims if one.relation is Relation.SCENE]
    copied = [one for one in claims if one.relation >= Relation.COPY]
    return {
        "relations": {kind: dict(sorted(row.items())) for kind, row in sorted(table.items())},
        "copy": trusted(copied),
        "scene": trusted(scenes),
        "copies_called_copy": share_of(table, Relation.COPY, pairs),
        "ece": trusted(claims)["ece"],
    }


def share_of(table: Mapping[str, Mapping[str, int]], relation: Relation, pairs: Sequence[Pair]) -> float:
    """Of all pairs of a relation, the share that was called it or better."""
    kinds = {pair.kind for pair in pairs if pair.relation is relation}
    rows = [table[kind] for kind in kinds]
    good = sum(count for row in rows for name, count in row.items() if Relation(name) >= relation)
    return round(good / max(1, sum(sum(row.values()) for row in rows)), 5)


def trusted(claims: Sequence[Claim]) -> dict[str, float]:
    """How many claims, the share that holds, the mean score, and the expected calibration error, by weight."""
    if not claims:
        return {"claims": 0, "precision": 1.0, "mean_score": 1.0, "ece": 0.0}
    weight, score, holds = (
        np.array([getattr(one, name) for one in claims], np.float64) for name in ("weight", "score", "holds")
    )
    bins = np.minimum((score * 10).astype(int), 9)
    errors = [abs((weight * (score - holds))[bins == place].sum()) for place in set(bins.tolist())]
    return {
        "claims": len(claims),
        "precision": round(float((weight * holds).sum() / weight.sum()), 5),
        "mean_score": round(float((weight * score).sum() / weight.sum()), 5),
        "ece": round(float(sum(errors) / weight.sum()), 5),
    }


def threshold(relation: Relation, pairs: Sequence[Pair], signals: Mapping[str, Fit]) -> float:
    """The least probability, half or more, from which the claims of a relation hold as often as they have to."""
    weigh, rows = weights(pairs), []
    for pair in pairs:
        if pair.kind in {"same class", TOLD_APART_LATER} or (pair.closer is None and pair.kind != "unrelated"):
            continue
        chance = max(
            probability(_recalibrated(evidence, signals), relation) for evidence in (pair.evidence, pair.closer or ())
        )
        rows.append((chance, pair.relation >= relation, weigh(pair)))
    rows.sort(key=lambda row: -row[0])
    chances, holds, weight = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    precision = np.cumsum(weight * holds) / np.cumsum(weight)
    enough = chances[(precision >= PRECISION[relation]) & (chances >= 0.5)]
    return round(max(0.5, float(enough.min())), 3) if len(enough) else 0.99


def probability(evidence: Sequence[Evidence], relation: Relation) -> float:
    """What `judge` would say of one relation, whatever its threshold."""
    families: dict[str, float] = {}
    refuted = {piece.family for piece in evidence if piece.refutes}
    for piece in evidence:
        says = piece.log_odds
        if says is None or (piece.family in refuted and says > 0):
            continue
        if piece.ceiling is relation or (piece.ceiling > relation and says > 0):
            families[piece.family] = max(says, families.get(piece.family, -math.inf))
    if not any(says > 0 for says in families.values()):
        return 0.0
    return 1 / (1 + math.exp(-(prior(relation) + sum(families.values()))))


def _recalibrated(evidence: Sequence[Evidence], signals: Mapping[str, Fit]) -> list[Evidence]:
    known: dict[str, float] = {}
    for piece in evidence:
        known |= piece.measures
    closer = any(piece.signal == "closer" for piece in evidence)
    again = []
    for piece in evidence:
        names = (f"{piece.signal}.closer" if closer else "", piece.signal, f"{piece.signal}.lite0")
        name = next((name for name in names if name in signals), None)
        odds = piece.log_odds if name is None or piece.log_odds is None else signals[name](known)
        is_framed = 0.0
        if piece.signal == "structure" and odds is not None:
            is_framed = max(0.0, signals["frame.closer" if closer else "frame"](known))
            odds = min(odds, -is_framed) if is_framed else odds
        again.append(
            replace(piece, log_odds=odds, alignment=None, refutes=is_framed > 0 or (piece.refutes and odds is None))
        )
    return again


def calibration_of(record: Mapping[str, Any]) -> Calibration:
    """A record as it is bundled, ready to use."""
    curves = {name: tuple((x, y) for x, y in knots) for name, knots in record["curves"].items()}
    return Calibration(record["intercept"], curves, record["cap"], record["origin"])
