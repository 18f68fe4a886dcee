"""embedding: the cosine says how alike two pictures look."""

from dataclasses import replace

from photographs import flat, photo, trace

from pictrace.edits import brightened
from pictrace.signals.embedding import Signal
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


def test_without_a_common_encoder_there_is_no_opinion() -> None:
    """Rows of different spaces are never compared."""
    one = trace(photo("coffee.png"))

    found = Signal().compare(one, replace(one, rows={"pdq": one.rows["pdq"]}), [])

    assert (found.log_odds, found.reason) == (None, Silence.NO_EMBEDDING)
