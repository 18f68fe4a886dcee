"""encoders._rows: rows of length 1 of whatever a model gives, one odd picture among many included."""

import dataclasses

import numpy as np
import pytest

from pictrace import weights
from pictrace.encoders import _rows, check_reference, load
from pictrace.encoders._rows import SEVERAL, check_directions, in_passes, of_each, rows_of
from pictrace.errors import ModelDamagedError
from pictrace.settings import Runtime

CARD = dataclasses.replace(weights.card("lite0"), width=4, pooling="none")
ODD = [np.nan, np.inf, 0.0]


@pytest.fixture(autouse=True)
def _nothing_told():
    _rows._tell.cache_clear()


@pytest.mark.parametrize("value", ODD)
def test_a_picture_without_numbers_has_the_row_of_those_that_excite_nothing(value) -> None:
    """The others keep theirs, and no batch ends for one of its pictures."""
    output = np.eye(4, dtype=np.float32)
    output[2] = value

    rows = rows_of(output, CARD)

    np.testing.assert_allclose(rows[2], 0.5)
    np.testing.assert_allclose(rows[[0, 1, 3]], np.eye(4)[[0, 1, 3]])


def test_pictures_without_numbers_are_told_of_once(caplog) -> None:
    """Not for each of them."""
    for _ in range(3):
        rows_of(np.array([[np.nan] * 4, [1, 0, 0, 0]], np.float32), CARD)

    assert [one.getMessage() for one in caplog.records] == [
        f"the model lite0 ({CARD.sha256[:12]}) gives no numbers for some pictures; their rows say nothing"
    ]


def test_a_model_that_gives_no_numbers_at_all_is_refused() -> None:
    """Several pictures tell; of one, the picture may be what is odd."""
    assert len(rows_of(np.full((SEVERAL - 1, 4), np.nan, np.float32), CARD)) == SEVERAL - 1

    with pytest.raises(ModelDamagedError, match="gives what is no number"):
        rows_of(np.full((SEVERAL, 4), np.nan, np.float32), CARD)


@pytest.mark.parametrize("value", ODD)
def test_a_model_has_to_give_something_for_each_reference_picture(value) -> None:
    """They are drawn so that every model sees something."""
    output = np.eye(3, 4, dtype=np.float32)
    check_directions(rows_of(output, CARD), CARD)
    output[1] = value

    with pytest.raises(ModelDamagedError, match="drawn to try models"):
        check_directions(rows_of(output, CARD), CARD)


def test_an_encoder_is_tried_on_the_reference_pictures(monkeypatch) -> None:
    """Before weights that somebody adds stay."""
    encoder = load("lite0", Runtime(threads=1, provider="cpu"))
    check_reference(encoder, encoder.card)
    output = np.eye(3, 4, dtype=np.float32)
    output[2] = np.nan
    monkeypatch.setattr(type(encoder), "encode_prepared", lambda self, prepared: rows_of(output, CARD))

    with pytest.raises(ModelDamagedError, match="drawn to try models"):
        check_reference(encoder, encoder.card)


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ([np.zeros((2, 3))], "no array of numbers"),
        (np.float32(1), "no array of numbers"),
        (np.array(1.0), "no array of numbers"),
        (np.array([["1"], ["2"]], object), "no array of numbers"),
        (np.zeros((1, 3)), "gives 1 rows where 2 are wanted"),
        (np.zeros((4, 3)), "gives 4 rows where 2 are wanted"),
    ],
    ids=range(6),
)
def test_what_is_no_row_for_each_is_refused(output, said) -> None:
    """Lists, single values, texts, averages of a batch, and each row twice."""
    with pytest.raises(ModelDamagedError, match=said):
        of_each(output, 2, CARD)


def test_a_row_for_each_is_taken_as_it_is() -> None:
    """Unchanged."""
    rows = np.zeros((2, 3), np.float16)

    assert of_each(rows, 2, CARD) is rows


@pytest.mark.parametrize(("count", "passes"), [(0, []), (2, [2]), (5, [2, 2, 1])])
def test_any_number_of_pictures_goes_through_in_passes(count, passes) -> None:
    """Rows come in the order of their pictures; of none there are none, as wide as others."""
    seen = []

    def run(pictures):
        seen.append(len(pictures))
        return np.repeat(pictures[:, 0, 0, :1], CARD.width, axis=1).astype(np.float32)

    rows = in_passes(np.arange(count * 3, dtype=np.uint8).reshape(count, 1, 1, 3), CARD, 2, run)

    assert (seen, rows.shape, rows.dtype) == (passes, (count, CARD.width), np.float32)
    assert rows[:, 0].tolist() == [3 * place for place in range(count)]
