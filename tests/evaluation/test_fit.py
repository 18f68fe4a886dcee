"""Corrections fitted on claims: careful with few, tried on others, in force once stored."""

import random
from dataclasses import replace

import pytest

from pictrace import corrections
from pictrace.accuracy import fitted_line
from pictrace.collection import Collection
from pictrace.corrections import Correction, basis
from pictrace.edits import mirrored
from pictrace.errors import IndexDamagedError, UsageError
from pictrace.evaluation import Claim, Evaluation, Trial, evaluate, fitted
from pictrace.evaluation import Plan as Asked
from pictrace.settings import Settings
from pictrace.types import Relation

NEAR_HALF = Correction(0.05, 0.0, 1.0, 400, 0, "2026-11-01T12:00:00+00:00", "")


def said(evaluated, *claims: tuple[int, float, bool]) -> Evaluation:
    trials = tuple(
        Trial(picture, "half", right is None, (Claim(picture, Relation.COPY, score, right),), (), {}, 1.0)
        for picture, score, right in claims
    )
    return Evaluation(evaluated.figures, trials, {}, evaluated.active)


def test_few_claims_change_little() -> None:
    """Ten right ones at 0.9 stay close to 0.9."""
    slope, intercept = fitted_line([2.2] * 10, [True] * 10)

    assert 0.9 <= slope <= 1.1
    assert 0 <= intercept <= 0.6


def test_one_wrong_claim_does_not_turn_everything() -> None:
    """It lowers, by about a unit."""
    slope, intercept = fitted_line([8.0] * 50, [False] + [True] * 49)

    assert 3.0 < slope * 8.0 + intercept < 7.5


def test_many_claims_decide() -> None:
    """A thousand claims of 0.88 that hold half the time are told as that."""
    slope, intercept = fitted_line([2.0] * 1000, [True, False] * 500)

    assert abs(slope * 2.0 + intercept) < 0.1


def test_too_few_claims_are_refused(evaluated) -> None:
    """A handful says nothing of scores above 0.9."""
    with pytest.raises(UsageError, match="too few to correct"):
        fitted(evaluated)


def test_overconfident_scores_are_lowered(evaluated) -> None:
    """Claims of 0.99 of which a fifth are wrong come to about 0.8, also in the half that was not fitted on."""
    draw = random.Random(1)
    fit = fitted(said(evaluated, *((place % 40, 0.99, draw.random() < 0.8) for place in range(800))))

    assert fit.is_worth_it
    assert fit.before > 0.15
    assert fit.after < 0.05


def test_what_cannot_be_better_is_not_worth_it(evaluated) -> None:
    """Scores that hold are left alone."""
    fit = fitted(said(evaluated, *((place % 40, 1 - 1e-12, True) for place in range(400))))

    assert not fit.is_worth_it
    assert fit.correction.ceiling == pytest.approx(5.994, abs=1e-3)


@pytest.fixture
def own(photographs, tmp_path):
    """A collection that a test may calibrate."""
    with Collection(tmp_path / "own.pictrace", settings=Settings(workers=1, threads=1)) as fresh:
        fresh.add(photographs / "chelsea.jpg", photographs / "coffee.jpg")
        yield fresh


def calibrate(own):
    """With what is easily told from no calibration."""
    corrections.write(own.path, replace(NEAR_HALF, basis=basis(own.recipe.active)))


def test_it_goes_with_the_encoders_that_it_was_fitted_on(own, photographs) -> None:
    """Of the scores of others it knows nothing."""
    calibrate(own)
    before = own.search(photographs / "coffee.jpg").calibrated
    own.drop_encoder("pdq")

    assert (before, own.search(photographs / "coffee.jpg").calibrated) == (True, False)


def test_a_fit_is_of_the_encoders_that_were_searched_by(evaluated, collection) -> None:
    """Whatever the collection is searched by when it is stored."""
    fit = fitted(said(evaluated, *((place % 40, 0.9, place % 9 > 0) for place in range(400))))

    assert fit.correction.basis == basis(collection.recipe.active)


def test_searches_apply_it_once_it_is_there(own, photographs) -> None:
    """Without opening anew, in the answer's scores and its own word, and no longer once it is gone."""
    from PIL import Image

    query = mirrored(Image.open(photographs / "chelsea.jpg"))
    before = own.search(query)
    calibrate(own)
    during = own.search(query)
    (own.path / corrections.FILE).unlink()
    after = own.search(query)

    assert [answer.calibrated for answer in (before, during, after)] == [False, True, False]
    assert before[0].relation is during[0].relation is Relation.COPY
    assert before[0].score == after[0].score > 0.9 > during[0].score


def test_the_same_picture_stays_certain(own, photographs) -> None:
    """Exact is no matter of calibration."""
    calibrate(own)

    assert own.search(photographs / "coffee.jpg")[0].score == 1.0


def test_a_damaged_one_is_refused_by_searches(own, photographs) -> None:
    """Rather than scores that are not what they should be."""
    (own.path / corrections.FILE).write_text("{")

    with pytest.raises(IndexDamagedError, match="calibration"):
        own.search(photographs / "coffee.jpg")


def test_an_evaluation_may_leave_it_out(collection, tmp_path) -> None:
    """To fit one anew, scores are taken as they come."""
    calibrate(collection)
    try:
        runs = [evaluate(collection, Asked(1, 4, ["mirror"], corrected=one)) for one in (True, False)]
    finally:
        (collection.path / corrections.FILE).unlink()

    scores = [next(trial.found.score for trial in run.trials if trial.found) for run in runs]
    assert scores[0] < 0.9 < scores[1]
