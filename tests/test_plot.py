"""Diagrams: axes that hold their values, marks that are round."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictrace.report import _plot


@given(st.floats(0, 1e7))
def test_counts_reach_their_most_in_few_round_steps(most) -> None:
    """The axis holds every value, with at most seven marks that ascend from 0."""
    axis = _plot.counts("ms", most)
    values = [value for value, _ in axis.marks]

    assert axis.high >= most
    assert 2 <= len(values) <= 7
    assert values == sorted(set(values))
    assert values[0] == 0


@pytest.mark.parametrize(("low", "words"), [(0.0, ["0", "20", "40", "60", "80", "100"]), (0.9, ["90", "95", "100"])])
def test_shares_are_marked_in_per_cent(low, words) -> None:
    """From where the axis begins up to all."""
    assert [said for _, said in _plot.shares("right", low).marks] == words


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_nothing_is_drawn_outside(x, y) -> None:
    """Values beyond an axis are put at its end."""
    axis = _plot.shares("share")
    found = re.search(r'cx="([\d.]+)" cy="([\d.]+)"', _plot.dots(axis, axis, [(x, y, 3.0, "a & b")]))

    assert 46 <= float(found[1]) <= 348
    assert 12 <= float(found[2]) <= 210


def test_words_are_no_markup() -> None:
    """Titles and descriptions are escaped."""
    axis = _plot.shares("<b>")

    assert "<b>" not in _plot.plot(axis, axis, [], alt='"<i>')
    assert "<i>" not in _plot.dots(axis, axis, [(0.5, 0.5, 3.0, "<i>")])


def test_a_line_of_no_points_is_nothing() -> None:
    """No empty path is drawn."""
    axis = _plot.shares("share")

    assert _plot.line(axis, axis, []) == ""
