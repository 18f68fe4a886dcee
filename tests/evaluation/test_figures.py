"""Figures: what single trials come to, strangers and ties included."""

from dataclasses import replace

from pictrace.evaluation import Claim, Trial
from pictrace.evaluation._figures import certain_score, counted, peak_memory_bytes
from pictrace.types import Relation


def trial(*claims: Claim, stranger: bool = False) -> Trial:
    return Trial(1, "half", stranger, claims, (), {}, 10.0)


def copy(score: float, *, right: bool = True) -> Claim:
    return Claim(1 if right else 2, Relation.COPY, score, right)


def test_shares_are_of_pictures_that_were_to_be_found() -> None:
    """Strangers count for false alarms and nothing else."""
    likeness = Claim(1, Relation.SIMILAR, 0.9, right=True)
    found = counted([trial(copy(0.9)), trial(copy(0.8, right=False), likeness), trial(stranger=True)], 0.0)

    assert (found.trials, found.first, found.in_first_20, found.copy) == (2, 0.5, 1.0, 0.5)
    assert (found.wrong_copies, found.strangers, found.false_alarms) == (1, 1, 0)


def test_a_false_alarm_raises_what_is_certain() -> None:
    """Right copies that are no surer than a wrong one are found, and yet not certain."""
    trials = [trial(copy(0.99)), trial(copy(0.7)), trial(copy(0.8, right=False), stranger=True)]
    least = certain_score(trials)

    assert counted(trials, least).copy == 1.0
    assert counted(trials, least).certain == 0.5
    assert counted(trials, least).false_alarms == 1


def test_an_equal_score_is_not_certain() -> None:
    """Where a wrong claim is as sure as the right ones, none of them is."""
    trials = [trial(copy(0.99)), trial(copy(0.99, right=False), stranger=True)]

    assert counted(trials, certain_score(trials)).certain == 0.0


def test_exact_is_surer_than_any_copy() -> None:
    """Relations come before scores, as in an answer."""
    exact = replace(copy(0.9), relation=Relation.EXACT)

    assert exact.confidence > copy(1.0).confidence
    assert exact.is_copy


def test_memory_is_told_where_the_system_knows() -> None:
    """More than nothing, and less than any machine has."""
    most = peak_memory_bytes()

    assert most is None or 1e6 < most < 1e13
