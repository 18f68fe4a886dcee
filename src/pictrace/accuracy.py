"""How good ranked and rated claims are: precision and recall, calibration, percentiles; NumPy and nothing else."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_SPREAD = (0.25, 1.0)
"""Standard deviations of slope and intercept before anything is known: one wrong claim among few then moves the others
by about one unit of log-odds, and a hundred decide by themselves."""

_LEAST_SLOPE = 0.05
_STEPS, _LONGEST_STEP = 200, 0.25
"""Newton's steps, shortened so that none overshoots where the sigmoid is flat."""

PERCENTILES = (50, 90, 95, 99)


@dataclass(frozen=True)
class Bin:
    """Claims whose probability is in [`low`, `high`): how many, the mean they said, the share that held."""

    low: float
    high: float
    count: int
    said: float
    held: float

    def to_dict(self) -> dict[str, Any]:
        """The bin as JSON output carries it."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Curve:
    """Precision and recall of all claims at least as sure as each of `thresholds`, which descend; `(k,)` float64."""

    thresholds: Floats
    precision: Floats
    recall: Floats


def curve(scores: Sequence[float], right: Sequence[bool], positives: int) -> Curve:
    """One point for each distinct score, where all claims with it are taken or none; `positives` could be found."""
    ordered, held = _ranked(scores, right)
    ends = np.flatnonzero(np.append(np.diff(ordered) != 0, np.ones(min(1, len(ordered)), bool)))
    found = np.cumsum(held)[ends]
    return Curve(ordered[ends], found / (ends + 1), found / max(1, positives))


def micro_average_precision(scores: Sequence[float], right: Sequence[bool], positives: int) -> float:
    """Area under the precision of all queries' claims ranked together, in [0, 1]; among equals the wrong come first.

    Douze et al., The 2021 Image Similarity Dataset and Challenge, https://arxiv.org/abs/2106.09672
    """
    held = _ranked(scores, right)[1]
    precision = np.cumsum(held) / np.arange(1, len(held) + 1)
    return float(precision[held].sum() / max(1, positives))


def recall_at_precision(
    scores: Sequence[float], right: Sequence[bool], positives: int, *, least: float
) -> tuple[float, float]:
    """The most recall with a precision of `least` or more, and its threshold, which is infinite if there is none.

    A threshold takes all claims of one score, so that equals count at their worst. Recall at precision 0.9 is a
    measure of Douze et al., https://arxiv.org/abs/2106.09672
    """
    found = curve(scores, right, positives)
    good = np.flatnonzero(found.precision >= least)
    if not len(good):
        return 0.0, float("inf")
    return float(found.recall[good[-1]]), float(found.thresholds[good[-1]])


def reliability(said: Sequence[float], held: Sequence[bool], *, bins: int = 10) -> tuple[Bin, ...]:
    """Claims by the probability they were made with, in bins of equal width; empty bins are left out.

    Niculescu-Mizil and Caruana, Predicting Good Probabilities with Supervised Learning, ICML 2005,
    https://doi.org/10.1145/1102351.1102430
    """
    probabilities, outcomes = np.asarray(said, np.float64), np.asarray(held, bool)
    places = np.minimum((probabilities * bins).astype(int), bins - 1)
    return tuple(
        Bin(
            low=place / bins,
            high=(place + 1) / bins,
            count=int((places == place).sum()),
            said=float(probabilities[places == place].mean()),
            held=float(outcomes[places == place].mean()),
        )
        for place in sorted(set(places.tolist()))
    )


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """The mean distance between what was said and what held, over all claims in bins; 0 for none.

    Guo et al., On Calibration of Modern Neural Networks, ICML 2017, https://arxiv.org/abs/1706.04599
    """
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.said - one.held) for one in bins) / max(1, total)


def fitted_line(log_odds: Sequence[float], held: Sequence[bool]) -> tuple[float, float]:
    """Slope and intercept by which log-odds become those that held, kept near 1 and 0 where the data say little.

    Logistic regression as in Platt, Probabilistic Outputs for Support Vector Machines, 1999, the most likely line
    under normal distributions of the slope about 1 and of the intercept about 0, found by Newton's method; see
    Murphy, Probabilistic Machine Learning, section 10.2.7, https://probml.github.io/pml-book/book1.html
    """
    features = np.stack([np.asarray(log_odds, np.float64), np.ones(len(log_odds))], axis=1)
    outcomes, expected = np.asarray(held, np.float64), np.array([1.0, 0.0])
    precision = 1 / np.array(_SPREAD) ** 2
    line = expected.copy()
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-np.clip(features @ line, -700, 700)))
        slope = features.T @ (said - outcomes) + precision * (line - expected)
        bend = (features * (said * (1 - said))[:, None]).T @ features + np.diag(precision)
        step = np.linalg.solve(bend, slope)
        line -= step * min(1.0, _LONGEST_STEP / float(np.abs(step).max() or 1.0))
    return max(_LEAST_SLOPE, float(line[0])), float(line[1])


def percentiles(values: Sequence[float], at: Sequence[int] = PERCENTILES) -> dict[str, float]:
    """`p50` and the like of some values, each one that did occur; nothing for none."""
    if not len(values):
        return {}
    found = np.percentile(np.asarray(values, np.float64), at, method="inverted_cdf")
    return {f"p{share}": float(value) for share, value in zip(at, found, strict=True)}


def _ranked(scores: Sequence[float], right: Sequence[bool]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Scores from the highest, and whether each is right; among equals the wrong come first."""
    numbers, held = np.asarray(scores, np.float64), np.asarray(right, bool)
    order = np.lexsort((held, -numbers))
    return numbers[order], held[order]
