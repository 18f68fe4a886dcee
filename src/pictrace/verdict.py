"""From evidence to a relation with a probability, by thresholds that say where they come from."""

import functools
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from pictrace import words
from pictrace.errors import UsageError
from pictrace.types import Evidence, Level, Relation, Verdict


@dataclass(frozen=True)
class Calibration:
    """How the measures of one signal become log-odds: an intercept and a piecewise linear curve for each.

    `curves` maps a measure to its knots `(value, log-odds)`, flat beyond the outermost; the sum is kept
    within `cap`, so that no signal alone can overrule all others. `origin` says what it was fitted on.
    """

    intercept: float
    curves: Mapping[str, tuple[tuple[float, float], ...]]
    cap: float
    origin: str

    def log_odds(self, measures: Mapping[str, float]) -> float:
        """Log-odds in [-cap, cap]; a measure that is absent adds nothing."""
        total = self.intercept
        for name, knots in self.curves.items():
            if name in measures:
                total += _interpolated(knots, measures[name])
        return max(-self.cap, min(self.cap, total))


@dataclass(frozen=True)
class Operating:
    """When a relation is given: prior log-odds, and the least probability, chosen as `origin` says."""

    prior: float
    threshold: float
    origin: str


def _interpolated(knots: Sequence[tuple[float, float]], value: float) -> float:
    if value <= knots[0][0]:
        return knots[0][1]
    for (left, low), (right, high) in itertools.pairwise(knots):
        if value <= right:
            return low + (high - low) * (value - left) / (right - left)
    return knots[-1][1]


CLAIMED = (Relation.EXACT, Relation.COPY, Relation.SCENE, Relation.SIMILAR)
"""What may be claimed of a pair, the strongest first."""


@functools.cache
def _records() -> tuple[dict[str, Calibration], dict[Relation, Operating]]:
    plain = json.loads(resources.files("pictrace").joinpath("models/calibration.json").read_text("utf-8"))
    signals = {
        name: Calibration(
            intercept=record["intercept"],
            curves={key: tuple((x, y) for x, y in knots) for key, knots in record["curves"].items()},
            cap=record["cap"],
            origin=record["origin"],
        )
        for name, record in plain["signals"].items()
    }
    relations = {Relation(name): Operating(**record) for name, record in plain["relations"].items()}
    return signals, relations


def calibrations() -> Mapping[str, Calibration]:
    """The bundled calibrations of all signals, by name."""
    return _records()[0]


def calibration(signal: str) -> Calibration:
    """The bundled calibration of a signal.

    Raises:
        UsageError: there is none for that name.
    """
    records = _records()[0]
    if signal not in records:
        raise UsageError(f"no calibration is known for the signal {signal!r}", hint="fit one, see docs/concepts.md")
    return records[signal]


def operating(relation: Relation) -> Operating:
    """Prior and threshold of a relation above `different`."""
    return _records()[1][relation]


def judge(evidence: Sequence[Evidence]) -> Verdict:
    """The strongest relation whose threshold is met and which some supporting evidence may claim.

    Per family only the strongest opinion counts, since members of a family look at the same thing.
    """
    levels = tuple(_level(evidence, relation) for relation in CLAIMED)
    met = next((level for level in levels if level.is_met), None)
    if met is None:
        return Verdict(Relation.DIFFERENT, 1.0 - levels[-1].probability, words.why_not(evidence), levels)
    supporters = [piece for piece in _strongest(evidence, met.relation) if (piece.log_odds or 0.0) > 0]
    if met.relation is Relation.SIMILAR:
        supporters += [piece for piece in evidence if piece.refutes]
    return Verdict(met.relation, met.probability, words.why(supporters, evidence), levels)


def _level(evidence: Sequence[Evidence], relation: Relation) -> Level:
    """Who speaks loudest for a relation and against it, and what comes of it."""
    strongest = _strongest(evidence, relation)
    supporters = [piece for piece in strongest if (piece.log_odds or 0.0) > 0]
    doubters = [piece for piece in evidence if _doubts(piece, relation)]
    # Of equal hashes there is no likelihood: they are, or are not.
    is_open = relation is not Relation.EXACT or bool(supporters)
    return Level(
        relation,
        _sigmoid(_total(strongest, relation)) if is_open else 0.0,
        operating(relation).threshold,
        max(supporters, key=lambda piece: piece.log_odds or 0.0).signal if supporters else "",
        min(doubters, key=lambda piece: piece.log_odds or 0.0).signal if doubters else "",
    )


def log_odds(evidence: Sequence[Evidence], relation: Relation) -> float:
    """Log-odds that a pair is at least `relation`: the prior and the strongest opinion of each family."""
    return _total(_strongest(evidence, relation), relation)


def _total(strongest: Sequence[Evidence], relation: Relation) -> float:
    return operating(relation).prior + sum(piece.log_odds or 0.0 for piece in strongest)


def _strongest(evidence: Sequence[Evidence], relation: Relation) -> list[Evidence]:
    """One opinion per family on the pair being at least `relation`.

    Evidence for something stronger supports the weaker, but evidence against the stronger says nothing
    against the weaker: another photograph of the same scene is no copy, and still the same scene. Where one of a family
    refutes it, nothing in it speaks for anything.
    """
    best: dict[str, Evidence] = {}
    refuted = {piece.family for piece in evidence if piece.refutes}
    for piece in evidence:
        if piece.log_odds is None:
            continue
        says = piece.log_odds or 0.0
        relevant = piece.ceiling == relation or (piece.ceiling > relation and says > 0)
        relevant = relevant and not (piece.family in refuted and says > 0)
        if relevant and (piece.family not in best or says > (best[piece.family].log_odds or 0.0)):
            best[piece.family] = piece
    return list(best.values())


def _doubts(piece: Evidence, relation: Relation) -> bool:
    """Whether a piece speaks against a relation."""
    concerned = piece.ceiling is relation or (piece.refutes and piece.ceiling > relation > Relation.SIMILAR)
    return concerned and (piece.log_odds or 0.0) < 0


def _sigmoid(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds)) if log_odds > -700 else 0.0
