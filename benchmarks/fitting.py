"""From the measures of a signal on pairs whose relation is known to the log-odds that they add.

Each signal becomes a sum of monotone piecewise linear curves: a logistic additive model with non-negative steps,
whose prior is then taken out, so that what remains is the weight of evidence of its measures.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from pairs import Pair
from scipy.optimize import minimize

from pictrace.types import Evidence, Relation
from pictrace.verdict import judge

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
