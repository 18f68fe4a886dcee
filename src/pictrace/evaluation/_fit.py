"""A correction of scores, fitted on an evaluation's own claims and tried on claims that it was not fitted on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pictrace.accuracy import expected_calibration_error, fitted_line, reliability
from pictrace.corrections import Correction, basis, log_odds_of
from pictrace.errors import UsageError
from pictrace.evaluation._records import Evaluation
from pictrace.types import Relation, Verdict
from pictrace.words import counted

LEAST_CLAIMS = 200
"""Fewer claims of copies can only say how sure to be where one in fifty or more is wrong."""


@dataclass(frozen=True)
class Fit:
    """A correction, and the calibration error of claims of copies before and after it.

    Both errors are of pictures that the correction tried on them was not fitted on: each half of the pictures was
    corrected by the other. `correction` itself is fitted on all.
    """

    correction: Correction
    before: float
    after: float

    @property
    def is_worth_it(self) -> bool:
        """Whether scores keep their word better with it than without."""
        return self.after < self.before


@dataclass(frozen=True)
class _Said:
    picture: int
    score: float
    right: bool


def fitted(evaluation: Evaluation) -> Fit:
    """The correction of an evaluation that was made without one.

    Raises:
        UsageError: too few claims of copies to fit one.
    """
    said = [
        _Said(trial.picture, claim.score, claim.right)
        for trial in evaluation.trials
        for claim in trial.claims
        if claim.relation is Relation.COPY
    ]
    pictures = list(dict.fromkeys(one.picture for one in said))
    # The order in which pictures are drawn is that of a hash, and so is every second one of them.
    even = set(pictures[::2])
    halves = [one for one in said if one.picture in even], [one for one in said if one.picture not in even]
    if len(said) < LEAST_CLAIMS or not all(halves):
        raise UsageError(
            f"{counted(len(said), 'claim')} of copies: too few to correct scores by, {LEAST_CLAIMS} are needed",
            hint="take all edits and more --pictures",
        )
    crossed = [*_corrected(halves[0], _correction(halves[1])), *_corrected(halves[1], _correction(halves[0]))]
    correction = replace(_correction(said), basis=basis(evaluation.active))
    return Fit(correction, _error(said), _error(crossed))


def _correction(said: Sequence[_Said]) -> Correction:
    slope, intercept = fitted_line([log_odds_of(one.score) for one in said], [one.right for one in said])
    wrong = sum(not one.right for one in said)
    return Correction(
        slope=round(slope, 4),
        intercept=round(intercept, 4),
        # The rule of succession: among so many claims that held, the next one may be the first that does not.
        ceiling=round(math.log((len(said) - wrong + 1) / (wrong + 1)), 4),
        pairs=len(said),
        wrong=wrong,
        fitted=datetime.now(UTC).isoformat(timespec="seconds"),
        basis="",
    )


def _corrected(said: Sequence[_Said], correction: Correction) -> list[_Said]:
    return [_Said(one.picture, correction.applied(Verdict(Relation.COPY, one.score)).score, one.right) for one in said]


def _error(said: Sequence[_Said]) -> float:
    return expected_calibration_error(reliability([one.score for one in said], [one.right for one in said]))
