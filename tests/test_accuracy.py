"""Measures of ranked and rated claims, against what their definitions say."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictrace.accuracy import (
    curve,
    expected_calibration_error,
    micro_average_precision,
    percentiles,
    recall_at_precision,
    reliability,
)

# Few distinct scores, so that ties are the rule.
claims = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), max_size=30)


def apart(found: list[tuple[float, bool]]) -> tuple[list[float], list[bool]]:
    return [score for score, _ in found], [right for _, right in found]


def test_every_claim_right_is_perfect() -> None:
    """Nothing wrong before the last right one, and all found."""
    assert micro_average_precision([0.9, 0.8], [True, True], 2) == 1.0
    assert recall_at_precision([0.9, 0.8], [True, True], 2, least=0.999) == (1.0, 0.8)


def test_what_was_not_claimed_is_missing() -> None:
    """Recall and the area are of everything that could have been found."""
    assert micro_average_precision([0.9], [True], 4) == 0.25
    assert recall_at_precision([0.9], [True], 4, least=0.9) == (0.25, 0.9)


def test_no_claims_are_no_error() -> None:
    """Nothing was said: nothing found, and nothing wrong either."""
    assert micro_average_precision([], [], 3) == 0.0
    assert recall_at_precision([], [], 3, least=0.9) == (0.0, math.inf)
    assert (reliability([], []), expected_calibration_error(()), percentiles([])) == ((), 0.0, {})


def test_equals_count_at_their_worst() -> None:
    """Of two claims with one score the wrong one is ranked first, however they were given."""
    for right in ([True, False], [False, True]):
        assert micro_average_precision([0.5, 0.5], right, 1) == 0.5
        assert recall_at_precision([0.5, 0.5], right, 1, least=0.9)[0] == 0.0


def test_precision_may_recover() -> None:
    """A wrong claim at the top does not end the curve where enough right ones follow it."""
    scores, right = [1.0 - place / 100 for place in range(20)], [False] + [True] * 19

    assert recall_at_precision(scores, right, 19, least=0.95) == (1.0, scores[-1])


@given(claims)
def test_average_precision_is_the_sum_of_its_definition(found) -> None:
    """Walking down the ranking, the precision at each right one, over all that could be found."""
    ranked = sorted(found, key=lambda claim: (-claim[0], claim[1]))
    hits = [place for place, (_, right) in enumerate(ranked, 1) if right]
    expected = sum(number / place for number, place in enumerate(hits, 1)) / max(1, len(hits))

    assert micro_average_precision(*apart(found), len(hits)) == pytest.approx(expected)


@given(claims, st.randoms(use_true_random=False))
def test_order_of_claims_means_nothing(found, chance) -> None:
    """Shuffled, the measures are the same."""
    shuffled = chance.sample(found, len(found))

    assert micro_average_precision(*apart(found), 9) == micro_average_precision(*apart(shuffled), 9)


@given(claims, st.sampled_from([0.5, 0.9, 0.999]))
def test_recall_at_precision_is_reached_by_its_threshold(found, least) -> None:
    """Taking every claim from the threshold on gives that recall with that precision, and none below gives more."""
    recall, threshold = recall_at_precision(*apart(found), 10, least=least)
    taken = [right for score, right in found if score >= threshold]

    assert recall == pytest.approx(sum(taken) / 10)
    assert not taken or sum(taken) / len(taken) >= least
    points = curve(*apart(found), 10)
    assert all(r <= recall for r, p in zip(points.recall, points.precision, strict=True) if p >= least)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40), st.integers(1, 15))
def test_reliability_loses_no_claim(found, bins) -> None:
    """Every claim is in one bin, its mean lies in it, and the error is a share."""
    table = reliability(*apart(found), bins=bins)

    assert sum(one.count for one in table) == len(found)
    assert all(one.low - 1e-9 <= one.said <= one.high + 1e-9 and 0 <= one.held <= 1 for one in table)
    assert 0 <= expected_calibration_error(table) <= 1


def test_calibration_error_is_the_mean_distance() -> None:
    """Said 0.9 held half the time, said 0.1 never: (0.4 + 0.1) / 2 with two claims each."""
    table = reliability([0.9, 0.9, 0.1, 0.1], [True, False, False, False])

    assert expected_calibration_error(table) == pytest.approx(0.25)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_percentiles_occurred(values) -> None:
    """Each is one of the values, and they ascend."""
    found = list(percentiles(values).values())

    assert set(found) <= set(values)
    assert found == sorted(found)
