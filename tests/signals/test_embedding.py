"""embedding: the cosine says how alike two pictures look."""

from dataclasses import replace

import pytest
from photographs import flat, photo, trace

from pictrace import weights
from pictrace.backgrounds import ALIKE, MIDDLE, Strangers
from pictrace.edits import brightened
from pictrace.signals.embedding import Signal, calibration_by, calibration_of
from pictrace.types import Silence


def test_an_edit_is_nearer_than_a_stranger() -> None:
    """The cosine orders pictures by likeness."""
    cup, brighter, cat = (
        trace(one) for one in (photo("coffee.png"), brightened(photo("coffee.png")), photo("chelsea.png"))
    )

    near, far = (Signal().compare(cup, other, []).measures["cosine"] for other in (brighter, cat))

    assert near > 0.8
    assert far < 0.5


def test_a_picture_has_cosine_one_with_itself() -> None:
    """Rows are unit vectors."""
    one = trace(photo("coffee.png"))

    assert abs(Signal().compare(one, one, []).measures["cosine"] - 1.0) < 1e-5


def test_flat_pictures_have_no_opinion() -> None:
    """Flat pictures are all alike, which says nothing."""
    found = Signal().compare(trace(flat(10)), trace(flat(240)), [])

    assert (found.log_odds, found.reason) == (None, Silence.FEATURELESS)


def test_an_encoder_that_nobody_measured_has_a_cosine_and_no_opinion() -> None:
    """What 0.9 means to another model is not known: no look-alikes are made of it."""
    one, other = (trace(photo(name)) for name in ("coffee.png", "chelsea.png"))
    left, right = (replace(each, rows={"onnx:mine": each.rows["lite0"]}) for each in (one, other))

    found = Signal().compare(left, right, [])

    assert (found.log_odds, found.reason) == (None, Silence.NOT_CALIBRATED)
    assert found.measures["cosine"] < 0.5


def test_the_strangers_of_a_collection_tell_what_a_cosine_means() -> None:
    """As the measured encoder would say it of the same way from strangers to the same picture, but not as sure."""
    one, other = (trace(photo(name)) for name in ("coffee.png", "chelsea.png"))
    left, right = (replace(each, rows={"onnx:mine": each.rows["lite0"]}) for each in (one, other))
    signal = Signal({"onnx:mine": Strangers(MIDDLE, ALIKE)})

    same, far = signal.compare(left, left, []).log_odds, signal.compare(left, right, [])

    assert far.reason == ""
    assert far.log_odds == pytest.approx(Signal().compare(one, other, []).log_odds)
    assert 0 < same < Signal().compare(one, one, []).log_odds


def test_the_measured_encoder_speaks_where_there_are_several() -> None:
    """Whatever the others say."""
    one = trace(photo("coffee.png"))
    both = replace(one, rows={"onnx:mine": one.rows["lite0"][:, ::-1], **one.rows})

    assert Signal().compare(both, both, []) == Signal().compare(one, one, [])


def test_the_bundled_card_of_a_model_calibrates_its_encoder(monkeypatch) -> None:
    """Points between a cosine and log-odds, straight lines between them."""
    card = replace(weights.card("dinov2"), calibration=((0.0, -4.0), (1.0, 2.0)))
    monkeypatch.setattr(weights, "card", lambda name: card)
    calibration_of.cache_clear()

    found = calibration_of("dinov2")

    calibration_of.cache_clear()
    assert [found.log_odds({"cosine": value}) for value in (0.0, 0.5, 1.0)] == [-4.0, -1.0, 2.0]


def test_what_a_card_of_ones_own_says_is_no_surer_than_what_was_measured() -> None:
    """However sure it says it is; of an encoder that was measured it says nothing."""
    one = trace(photo("coffee.png"))
    mine = replace(one, rows={"onnx:mine": one.rows["lite0"]})
    sure = calibration_by([(-1.0, -700.0), (1.0, 700.0)], "its card")

    assert Signal({"onnx:mine": sure}).compare(mine, mine, []).log_odds == calibration_of("lite0").cap == 12.0
    assert Signal({"lite0": sure}).compare(one, one, []) == Signal().compare(one, one, [])
    assert calibration_by([], "its card") is None


def test_without_a_common_encoder_there_is_no_opinion() -> None:
    """Rows of different spaces are never compared."""
    one = trace(photo("coffee.png"))

    found = Signal().compare(one, replace(one, rows={"pdq": one.rows["pdq"]}), [])

    assert (found.log_odds, found.reason) == (None, Silence.NO_EMBEDDING)
