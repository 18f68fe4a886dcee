"""How far something stands out: little among few differences, far where it is beyond all strangers."""

import numpy as np
import pytest

from pictrace.backgrounds import ALIKE, MIDDLE, Background, Strangers

STRANGERS = np.random.default_rng(7).normal(0.2, 0.02, 2000).astype(np.float32)


def test_what_is_as_near_as_the_nearest_stranger_stands_out_little():
    """Among so many one is always nearest, and says nothing."""
    background = Background.of(STRANGERS, len(STRANGERS))

    assert 0.1 < background.standing(float(STRANGERS.max())) < 0.95
    assert background.standing(0.2) < 1e-6


def test_what_is_beyond_all_strangers_stands_out():
    """Eight deviations away there is nobody by chance."""
    assert Background.of(STRANGERS, 1_000_000).standing(0.36) > 0.999


def test_the_more_are_searched_the_less_one_stands_out():
    """The same cosine means less among a million than among a hundred."""
    few, many = (Background.of(STRANGERS, pictures).standing(0.28) for pictures in (100, 1_000_000))

    assert few > 0.95
    assert many < 0.1


def test_what_is_asked_for_does_not_hide_itself():
    """A third of the collection shows it: strangers are measured below the middle, where it is not."""
    shown = np.random.default_rng(8).normal(0.34, 0.02, 900).astype(np.float32)
    background = Background.of(np.concatenate([STRANGERS, shown]), 2900)

    assert background.standing(0.36) > 0.5


@pytest.mark.parametrize("cosines", [[], [0.5], [0.5] * 9])
def test_nothing_stands_out_of_what_is_all_the_same(cosines):
    """Nor of nothing."""
    assert Background.of(np.array(cosines, np.float32), len(cosines)).standing(0.5) <= 0.5


def test_a_percentile_counts_those_that_are_less_near():
    """The nearest of four is nearer than three quarters."""
    assert Background.of(np.array([0.4, 0.1, 0.3, 0.2], np.float32), 4).percentile(0.4) == 0.75


def rows_of(count: int, *, common: float) -> np.ndarray:
    """Strangers that have so much in common with each other, as rows of networks do whose values are all positive."""
    random = np.random.default_rng(3)
    own = random.normal(size=(count, 64)).astype(np.float32) / 8
    return own * np.float32(1 - common) ** 0.5 + np.float32(common / 64) ** 0.5


@pytest.mark.parametrize("common", [0.1, 0.5, 0.9])
def test_strangers_and_the_same_picture_mean_what_they_mean_to_the_measured_encoder(common):
    """However near its strangers lie to each other."""
    found = Strangers.of(rows_of(200, common=common))

    assert found is not None
    assert found.middle == pytest.approx(common, abs=0.05)
    assert [found.likened(one) for one in (found.middle, found.alike, 1.0)] == pytest.approx([MIDDLE, ALIKE, 1.0])


def test_what_is_near_by_chance_is_not_alike():
    """Hardly a pair of strangers is, whatever the encoder is worth."""
    rows = rows_of(200, common=0.1)
    rows[:, :6] += np.random.default_rng(4).normal(size=(200, 6)).astype(np.float32) / 4
    found = Strangers.of(rows)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)

    assert found is not None
    assert ((unit @ unit.T)[np.triu_indices(200, 1)] > found.alike).mean() < 0.03


def test_a_collection_of_the_same_has_a_place_for_likeness_all_the_same():
    """Nobody divides by nothing."""
    found = Strangers.of(np.ones((40, 8), np.float32))

    assert found is not None
    assert found.likened(1.0) == 1.0


def test_a_few_pictures_tell_nothing():
    """Of thirty there are enough pairs."""
    assert Strangers.of(rows_of(29, common=0.1)) is None
