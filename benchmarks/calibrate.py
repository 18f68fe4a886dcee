"""Fits models/calibration.json: from the measures of each signal to log-odds, on pairs whose relation is known.

pairs.py draws them. Pictures whose path hashes to the fitting half are fitted on; the other half is only reported on.
What follows a closer look has curves of its own, fitted on closer looks at every pair.
Each signal becomes a sum of monotone piecewise linear curves: a logistic additive model with non-negative steps,
whose prior is then taken out, so that what remains is the weight of evidence of its measures.
"""

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from measured import machine
from pairs import SETS, Pair, drawn
from pairs import framed as framed_pairs
from scipy.optimize import minimize

from pictrace.types import Evidence, Relation, Verdict
from pictrace.verdict import Calibration, judge

TARGET = Path(__file__).parents[1] / "src/pictrace/models/calibration.json"
RESULT = Path(__file__).parent / "results/calibration.json"
CAP = 12.0
CERTAIN = 40.0

STRUCTURE: Mapping[str, Sequence[float]] = {
    "typical_ssim": (0.3, 0.6, 0.75, 0.85, 0.9, 0.95, 0.98),
    "agreeing": (0.3, 0.5, 0.65, 0.8, 0.9, 0.96, 1.0),
    "texture": (0.2, 0.4, 0.6, 0.75, 0.85, 0.93, 1.0),
    "correlation": (0.2, 0.5, 0.7, 0.85, 0.93, 0.97, 1.0),
    "colour": (0.4, 0.6, 0.75, 0.85, 0.93, 1.0),
    "inliers": (4, 8, 12, 16, 24, 40, 80, 140),
    "inlier_ratio": (0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95),
    "residual": (0.2, 0.3, 0.5, 0.7, 0.9, 1.1, 1.4, 2.0),
    "slant": (0.0, 0.01, 0.03, 0.06, 0.12, 0.25, 0.6),
}

FRAME: Mapping[str, Sequence[float]] = {
    "texture": (0.2, 0.3, 0.4, 0.5, 0.6, 0.75),
    "apart": (0.05, 0.15, 0.25, 0.35, 0.5, 0.7, 0.9),
    "colour": (0.3, 0.5, 0.6, 0.7, 0.8, 0.9),
    "cosine": (0.0, 0.2, 0.4, 0.6, 0.8, 0.9),
    "residual": (0.02, 0.1, 0.2, 0.3, 0.5, 0.8, 1.1),
    "slant": (0.0, 0.01, 0.03, 0.06, 0.12, 0.25),
    "inliers": (8, 16, 32, 64, 128, 256),
}
"""What is drawn over pictures or around them agrees to a fraction of a pixel, and under it nothing does."""

CURVES: Mapping[str, Mapping[str, Sequence[float]]] = {
    "geometry": {
        "inliers": (4, 6, 8, 10, 12, 16, 24, 40, 80),
        "inlier_ratio": (0.1, 0.2, 0.35, 0.5, 0.7, 0.9),
        "coverage": (0.0, 0.02, 0.05, 0.1, 0.2, 0.4),
        "spread": (0.0, 0.02, 0.05, 0.1, 0.2, 0.4),
    },
    "closer": {
        "inliers": (4, 5, 6, 8, 10, 14, 20, 40, 80),
        "inlier_ratio": (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9),
        "coverage": (0.0, 0.02, 0.05, 0.1, 0.2, 0.4),
        "spread": (0.0, 0.02, 0.05, 0.1, 0.2, 0.4),
    },
    "structure": STRUCTURE,
    "structure.closer": STRUCTURE,
    "frame": FRAME,
    "frame.closer": FRAME,
    # Flat where a mirrored pair differs by which of the two is turned.
    "pdq": {"pdq_distance": (8, 14, 18, 22, 26, 30, 31)},
    "embedding.lite0": {"cosine": tuple(np.round(np.linspace(-0.1, 1.0, 12), 2).tolist())},
}
CEILINGS = {
    "geometry": Relation.SCENE,
    "closer": Relation.SCENE,
    "structure": Relation.COPY,
    "structure.closer": Relation.COPY,
    "pdq": Relation.COPY,
    "embedding.lite0": Relation.SIMILAR,
}
FALLING = {"pdq_distance", "residual", "slant"}
FRAMES = ("frame", "frame.closer")
"""Records of how likely it is that what agrees is a caption, a mark or a frame; all but one of its measures fall."""

MASS = {Relation.COPY: 1.0, Relation.SCENE: 0.25, Relation.SIMILAR: 2.0, Relation.DIFFERENT: 20.0}
"""What is assumed of the candidates that are verified: of some twenty, one is the copy that was looked for, now and
then another photograph of the same thing, two of the same kind. Pairs weigh so much together, whatever their number."""

FRAME_MASS: Mapping[str, float] = {
    "same words or frame": 2.0,
    "copies": 1.0,
    "two overlays": 1.0,
    "holidays": 0.6,
    "part of both": 0.1,
    "museum": 0.2,
    "form": 0.1,
    "viewpoints": 0.02,
}
"""What the kinds weigh when frames are told from all else: little less than all of that together."""

RARE = {"same words or frame": 0.05, "form": 0.05}
"""Kinds of pairs that are drawn more often than they are met, and what they weigh together."""

TOLD_APART_LATER = "same words or frame"
"""The kind whose features do agree on one view, of what both show: only the structure tells such pairs apart."""

NEAREST = "nearest stranger"
"""The kind that is drawn by what the embedding says: such pairs do look alike, so they are nothing to fit it on."""

PRECISION = {Relation.COPY: 0.96, Relation.SCENE: 0.95, Relation.SIMILAR: 0.5}
"""What share of the claims of a relation has to hold at its threshold, on the fitting half, weighted by `MASS`."""

EXACT_PRIOR = 0.0
RIDGE = 5e-4


def fitted(signal: str, examples: "Examples") -> dict[str, object]:
    """Intercept and curves whose sum is the log-odds that a signal's measures add to the prior."""
    curves = CURVES[signal]
    falls = set(FRAME) - {"apart"} if signal in FRAMES else FALLING
    design = np.hstack([_steps(knots, _values(name, examples), falls=name in falls) for name, knots in curves.items()])
    sign = np.where(np.array(examples.truth), 1.0, -1.0)
    weight = np.array(examples.weights) / sum(examples.weights)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        odds = sign * (parameters[0] + design @ parameters[1:])
        chance = 1 / (1 + np.exp(np.clip(odds, -500, 500)))
        value = (weight * np.logaddexp(0, -odds)).sum() + RIDGE * (parameters[1:] ** 2).sum()
        slope = -weight * sign * chance
        return float(value), np.r_[slope.sum(), design.T @ slope + 2 * RIDGE * parameters[1:]]

    bounds = [(None, None)] + [(0, None)] * design.shape[1]
    best = minimize(loss, np.zeros(design.shape[1] + 1), jac=True, bounds=bounds, method="L-BFGS-B",
                    options={"maxiter": 5000}).x  # fmt: skip
    result, place = {}, 1
    for name, knots in curves.items():
        heights = np.r_[0, np.cumsum(best[place : place + len(knots) - 1])]
        heights = heights[::-1] if name in falls else heights
        result[name] = [[float(x), round(float(y), 4)] for x, y in zip(knots, heights, strict=True)]
        place += len(knots) - 1
    before = 0.0 if signal in FRAMES else prior(CEILINGS[signal])
    return {"intercept": round(float(best[0]) - before, 4), "curves": result}


def prior(ceiling: Relation) -> float:
    """Log-odds that a candidate is at least `ceiling`, before anything is known of the pair."""
    above = sum(mass for relation, mass in MASS.items() if relation >= ceiling)
    return math.log(above / (sum(MASS.values()) - above))


def _values(name: str, examples: "Examples") -> np.ndarray:
    return np.array([one.get(name, np.nan) for one in examples.measures])


def _steps(knots: Sequence[float], values: np.ndarray, *, falls: bool) -> np.ndarray:
    """How far each value has come through each interval between knots, 0 to 1."""
    edges = np.array(knots, np.float64)
    values = values[:, None]
    through = np.clip((values - edges[:-1]) / np.diff(edges), 0, 1)
    # A measure that is absent adds nothing, in fitting as in judging.
    return np.nan_to_num((1 - through)[:, ::-1] if falls else through)


@dataclass
class Examples:
    """Measures, truth (`at least the signal's ceiling`) and weight of the pairs that a signal has an opinion on."""

    measures: list[Mapping[str, float]] = field(default_factory=list)
    truth: list[bool] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)


def examples(signal: str, pairs: Sequence[Pair]) -> Examples:
    """What a signal is fitted on; a copy's cosine would tell nothing of how alike two pictures are."""
    name, ceiling = signal.partition(".")[0], CEILINGS[signal]
    ignored = Relation.COPY if name == "embedding" else Relation.SIMILAR
    weigh = weights([pair for pair in pairs if seen(signal, pair)])
    found = Examples()
    for pair in pairs:
        evidence = seen(signal, pair)
        piece = next((one for one in evidence if one.signal == name), None)
        if pair.kind == TOLD_APART_LATER and ceiling is Relation.SCENE:
            continue
        if pair.kind == NEAREST and name == "embedding":
            continue
        if piece is not None and piece.log_odds is not None and pair.relation is not ignored:
            found.measures.append({key: value for one in evidence for key, value in one.measures.items()})
            found.truth.append(pair.relation >= ceiling)
            found.weights.append(weigh(pair))
    return found


def framed(signal: str, pairs: Sequence[Pair]) -> Examples:
    """What is aligned and would be claimed, with words or a frame alone in common or more than that."""
    chosen = []
    for pair in pairs:
        evidence = seen(signal, pair)
        piece = next((one for one in evidence if one.signal == "structure"), None)
        unrefuted = [replace(one, refutes=False) for one in evidence]
        if piece is not None and piece.log_odds is not None and judge(unrefuted).relation >= Relation.SCENE:
            kind = pair.kind if pair.kind in FRAME_MASS else "copies"
            if kind != "copies" or pair.relation is Relation.COPY:
                chosen.append((kind, {key: value for one in evidence for key, value in one.measures.items()}))
    counts = Counter(kind for kind, _ in chosen)
    return Examples(
        [measures for _, measures in chosen],
        [kind == TOLD_APART_LATER for kind, _ in chosen],
        [FRAME_MASS[kind] / counts[kind] for kind, _ in chosen],
    )


def weights(pairs: Sequence[Pair]) -> Callable[[Pair], float]:
    """What each of these pairs weighs: an equal share of its relation's mass, or of its kind's."""
    kinds = Counter(pair.kind for pair in pairs)
    counts = Counter(pair.relation for pair in pairs if pair.kind not in RARE)

    def weight(pair: Pair) -> float:
        if pair.kind in RARE:
            return RARE[pair.kind] / kinds[pair.kind]
        return MASS[pair.relation] / counts[pair.relation]

    return weight


def seen(signal: str, pair: Pair) -> Sequence[Evidence]:
    """The evidence that a signal is a part of; none where a pair was not looked at closer."""
    return (pair.closer or ()) if signal.endswith("closer") else pair.evidence


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help=f"folder with {SETS}")
    parser.add_argument("--only-frames", action="store_true", help=f"fit {' and '.join(FRAMES)} alone, keep all else")
    parser.add_argument("--only-report", action="store_true", help="leave the bundled calibration as it is")
    options = parser.parse_args()
    if not (options.data / "museum/pairs.csv").is_file():
        sys.exit(f"{options.data} does not hold the picture sets this needs: {SETS}")
    if options.only_frames:
        refit_frames(framed_pairs(options.data))
    else:
        write(drawn(options.data), bundle=not options.only_report)


def refit_frames(pairs: Sequence[Pair]) -> None:
    """The records of frames in the bundled calibration, and what they do to these pairs."""
    record = json.loads(TARGET.read_text())
    for signal in FRAMES:
        found = framed(signal, pairs)
        counts = {"for": sum(found.truth), "against": len(found.truth) - sum(found.truth)}
        origin = f"benchmarks/calibrate.py --only-frames, {datetime.now(UTC).date()}, pairs of {SETS}; {counts}"
        record["signals"][signal] = {**fitted(signal, found), "cap": CAP, "origin": origin}
    TARGET.write_text(json.dumps(record, indent=1) + "\n")
    fits: dict[str, Fit] = {name: calibration_of(record["signals"][name]).log_odds for name in CURVES}
    table: dict[str, Counter[str]] = {}
    for pair in pairs:
        kind = pair.kind if pair.kind in FRAME_MASS else "copies"
        table.setdefault(kind, Counter())[str(verdict_of(pair, fits).relation)] += 1
    print(json.dumps(table, indent=1))


def write(pairs: Sequence[Pair], *, bundle: bool) -> None:
    """The calibration, and what it does on the half it has not seen."""
    import pictrace.verdict as verdicts

    fit_half = [pair for pair in pairs if pair.fitted]
    origin = f"benchmarks/calibrate.py, {datetime.now(UTC).date()}, {len(fit_half)} pairs of {SETS}"
    signals: dict[str, Any] = {
        "identity": {
            "intercept": CERTAIN,
            "curves": {},
            "cap": CERTAIN,
            "origin": "equal hashes are no matter of degree",
        }
    }
    counts = {}
    for signal in CURVES:
        found = framed(signal, fit_half) if signal in FRAMES else examples(signal, fit_half)
        counts[signal] = {"for": sum(found.truth), "against": len(found.truth) - sum(found.truth)}
        signals[signal] = {**fitted(signal, found), "cap": CAP, "origin": f"{origin}; {counts[signal]}"}
    relations: dict[str, Any] = {
        "exact": {"prior": EXACT_PRIOR, "threshold": 0.5, "origin": "equal hashes need no prior"}
    }
    masses = ", ".join(f"{name} {mass}" for name, mass in MASS.items())
    for relation in (Relation.COPY, Relation.SCENE, Relation.SIMILAR):
        why = f"holds with precision {PRECISION[relation]} on the fitting half; masses {masses}"
        relations[str(relation)] = {"prior": round(prior(relation), 4), "threshold": 0.5, "origin": why}
    record = {"signals": signals, "relations": relations}
    fits: dict[str, Fit] = {name: calibration_of(signals[name]).log_odds for name in CURVES}
    for relation in (Relation.COPY, Relation.SCENE):
        relations[str(relation)]["threshold"] = threshold(relation, fit_half, fits)
    if bundle:
        TARGET.write_text(json.dumps(record, indent=1) + "\n")
        verdicts._records.cache_clear()  # noqa: SLF001 - the records were just written anew
    halves = {
        half: reported([p for p in pairs if p.fitted == flag], fits)
        for half, flag in (("fitted", True), ("held_out", False))
    }
    result = {"machine": machine(), "counts": counts, **halves}
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    json.dump(halves["held_out"], sys.stdout, indent=1)


if __name__ == "__main__":
    main()
