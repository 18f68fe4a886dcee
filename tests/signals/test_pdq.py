"""pdq: perceptual hashes within reach, as they are, turned or mirrored."""

import numpy as np
import pytest
from photographs import flat, photo, trace
from PIL import Image

from pictrace.edits import recompressed, scaled
from pictrace.signals.pdq import Signal
from pictrace.types import Silence

T = Image.Transpose
TURNS = [
    None,
    T.ROTATE_90,
    T.ROTATE_180,
    T.ROTATE_270,
    T.FLIP_TOP_BOTTOM,
    T.FLIP_LEFT_RIGHT,
    T.TRANSPOSE,
    T.TRANSVERSE,
]


@pytest.mark.parametrize("turn", TURNS)
def test_every_turn_and_mirror_image_is_recognised(turn: T | None) -> None:
    """All eight are one picture to the hash."""
    original = photo("coffee.png")
    edited = original if turn is None else original.transpose(turn)

    found = Signal().compare(trace(edited), trace(original), [])

    assert found.measures["pdq_distance"] <= 16


@pytest.mark.parametrize("turn", TURNS)
def test_the_turn_says_where_each_corner_goes(turn: T | None) -> None:
    """The outline's first corner is where the query's top left corner is in the match."""
    original = photo("coffee.png")
    edited = original if turn is None else original.transpose(turn)
    marked = Image.new("L", edited.size)
    marked.putpixel((0, 0), 255)
    back = (
        marked
        if turn is None
        else marked.transpose({T.ROTATE_90: T.ROTATE_270, T.ROTATE_270: T.ROTATE_90}.get(turn, turn))
    )
    row, column = np.argwhere(np.asarray(back) == 255)[0]

    shape = Signal().compare(trace(edited), trace(original), []).alignment

    assert shape is not None
    assert shape.quad[0] == pytest.approx((column, row), abs=1.01)


@pytest.mark.parametrize("edit", [recompressed(20), scaled(0.3)])
def test_recompression_and_scaling_stay_within_the_limit(edit) -> None:
    """What the hash is made for."""
    found = Signal().compare(trace(edit(photo("chelsea.png"))), trace(photo("chelsea.png")), [])

    assert (found.log_odds or 0) > 0


def test_other_pictures_get_no_opinion() -> None:
    """A crop is as far away as a stranger, so distance is no evidence against."""
    found = Signal().compare(trace(photo("chelsea.png")), trace(photo("coffee.png")), [])

    assert (found.log_odds, found.reason) == (None, Silence.HASHES_DIFFER)


def test_flat_pictures_never_match() -> None:
    """Two pictures without structure have equal hashes and nothing in common."""
    found = Signal().compare(trace(flat(20)), trace(flat(220)), [])

    assert (found.log_odds, found.reason) == (None, Silence.NO_STRUCTURE)
