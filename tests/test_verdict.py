"""judge: from evidence to a relation and a probability."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictrace.errors import UsageError
from pictrace.types import Evidence, Relation
from pictrace.verdict import Calibration, calibration, judge, operating

CEILINGS = [Relation.SIMILAR, Relation.SCENE, Relation.COPY, Relation.EXACT]
opinions = st.builds(
    Evidence,
    signal=st.just("s"),
    family=st.sampled_from(["a", "b", "c"]),
    ceiling=st.sampled_from(CEILINGS),
    log_odds=st.none() | st.floats(-12, 12),
)


def evidence(ceiling: Relation, log_odds: float | None, family: str = "a") -> Evidence:
    return Evidence("signal", family, ceiling, log_odds, reason="why not")


def test_no_evidence_is_different_as_the_prior_says() -> None:
    """Nothing known means nothing claimed, and no certainty either."""
    verdict = judge([])

    assert verdict.relation is Relation.DIFFERENT
    assert 0.5 < verdict.score < 1.0


def test_identity_is_certain() -> None:
    """Equal hashes give exactly 1.0, not nearly."""
    verdict = judge([evidence(Relation.EXACT, calibration("identity").log_odds({}))])

    assert (verdict.relation, verdict.score) == (Relation.EXACT, 1.0)


def test_silence_gives_its_reasons() -> None:
    """A pair that no signal could judge says why."""
    assert judge([evidence(Relation.COPY, None)]).reasons == ("why not",)


@pytest.mark.parametrize(("log_odds", "said"), [(9.0, "signal speaks for it"), (-9.0, "signal speaks against it")])
def test_opinions_are_reasons(log_odds: float, said: str) -> None:
    """Whatever was found, there is a clause that says why."""
    assert judge([evidence(Relation.COPY, log_odds)]).reasons == (said,)


@given(st.lists(opinions, max_size=6))
def test_no_relation_is_claimed_without_evidence_that_may(found: list[Evidence]) -> None:
    """An embedding alone can never make a copy, however sure it is."""
    verdict = judge(found)
    able = [piece for piece in found if (piece.log_odds or 0) > 0 and piece.ceiling >= verdict.relation]

    assert verdict.relation is Relation.DIFFERENT or able


@given(st.lists(opinions, max_size=6))
def test_scores_are_probabilities_and_order_does_not_matter(found: list[Evidence]) -> None:
    """The verdict is a function of the set of evidence."""
    verdict = judge(found)

    assert 0.0 <= verdict.score <= 1.0
    assert (verdict.relation, pytest.approx(verdict.score)) == (
        judge(found[::-1]).relation,
        judge(found[::-1]).score,
    )


@given(st.lists(opinions, max_size=5), st.sampled_from(CEILINGS), st.floats(0.1, 12))
def test_support_never_weakens_the_relation(found: list[Evidence], ceiling: Relation, odds: float) -> None:
    """One more voice in favour, from a family of its own, cannot lower the verdict."""
    more = [*found, Evidence("t", "new family", ceiling, odds)]

    assert judge(more).relation >= judge(found).relation


def test_what_refutes_takes_its_family_from_every_relation() -> None:
    """Features that agree on a frame make no scene, and what else there is still counts."""
    found = [evidence(Relation.SCENE, 9.0), Evidence("frame", "a", Relation.COPY, -3.0, refutes=True)]
    hashed = [*found, evidence(Relation.COPY, 12.0, "hash")]

    assert [judge(some).relation for some in (found[:1], found, hashed)] == [
        Relation.SCENE,
        Relation.DIFFERENT,
        Relation.COPY,
    ]
    assert {level.relation for level in judge(found).levels if level.speaks_against == "frame"} == {
        Relation.COPY,
        Relation.SCENE,
    }


def test_only_the_strongest_of_a_family_counts() -> None:
    """Two signals that look at the same thing are not two witnesses."""
    one = judge([evidence(Relation.COPY, 5.0)])
    two = judge([evidence(Relation.COPY, 5.0), evidence(Relation.COPY, 4.0)])

    assert one.score == two.score


def test_evidence_against_a_copy_is_none_against_the_scene() -> None:
    """Structure that disagrees leaves what geometry has found."""
    against, scene = evidence(Relation.COPY, -9.0), evidence(Relation.SCENE, 9.0)

    assert Relation.SCENE is judge([against, scene]).relation


def test_calibrations_name_their_origin() -> None:
    """A threshold without provenance is a guess."""
    assert all(operating(relation).origin for relation in CEILINGS)
    assert "benchmarks/calibrate.py" in calibration("geometry").origin


@given(st.floats(-100, 300))
def test_log_odds_stay_within_the_cap(value: float) -> None:
    """No signal alone may overrule all others."""
    record = Calibration(1.0, {"x": ((0.0, -50.0), (100.0, 50.0))}, cap=12.0, origin="here")

    assert -12.0 <= record.log_odds({"x": value}) <= 12.0


def test_unknown_calibration_is_refused() -> None:
    """A signal without a calibration cannot speak of probabilities."""
    with pytest.raises(UsageError, match="no calibration"):
        calibration("astrology")


def test_every_level_is_told() -> None:
    """Whatever is given: how probable each relation is, what it needs, and who speaks loudest."""
    found = judge([evidence(Relation.COPY, -3.0), evidence(Relation.SCENE, 9.0, family="other")])

    levels = {level.relation: level for level in found.levels}
    assert list(levels) == [Relation.EXACT, Relation.COPY, Relation.SCENE, Relation.SIMILAR]
    assert levels[Relation.SCENE].is_met
    assert levels[Relation.SCENE].probability == found.score
    assert not levels[Relation.COPY].is_met
    assert levels[Relation.COPY].speaks_against
    assert levels[Relation.EXACT].to_dict()["for"] is None
