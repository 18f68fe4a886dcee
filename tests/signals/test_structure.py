"""structure: the same photograph, or another one of the same thing."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photographs import flat, photo, trace
from PIL import ImageOps
from skimage.metrics import structural_similarity

from pictrace.edits import EDITS, SUITE, captioned, turned
from pictrace.signals import geometry
from pictrace.signals.structure import Signal, classic, difference, ssim
from pictrace.types import Alignment, Evidence, Relation, Silence
from pictrace.verdict import operating


def looked(query, candidate) -> Evidence:
    before = [geometry.Signal().compare(query, candidate, [])]
    return Signal().compare(query, candidate, before)


@pytest.mark.parametrize("name", sorted(EDITS))
def test_edits_agree_in_structure(name: str) -> None:
    """Once aligned, an edited copy looks like its original nearly everywhere."""
    found = looked(trace(EDITS[name](photo("chelsea.png"))), trace(photo("chelsea.png")))

    assert found.measures["typical_ssim"] > 0.75
    assert (found.log_odds or 0) > 0


@pytest.mark.parametrize("name", ["5 % cut off each side", "border", "mirrored", "text bar"])
def test_half_the_side_sees_copies_as_well(name: str) -> None:
    """A quarter of the pixels is enough to see that nearly everything agrees."""
    query, candidate = trace(EDITS[name](photo("chelsea.png"))), trace(photo("chelsea.png"))
    before = [geometry.Signal().compare(query, candidate, [])]
    whole, half = (Signal(side).compare(query, candidate, before) for side in (256, 128))

    assert (half.log_odds or 0) > 0
    assert half.measures["typical_ssim"] == pytest.approx(whole.measures["typical_ssim"], abs=0.15)


def test_another_photograph_of_the_scene_agrees_less() -> None:
    """The right eye of a stereo pair sees the same motorcycle, and is no copy of the left."""
    other = looked(trace(photo("motorcycle_left.png")), trace(photo("motorcycle_right.png")))
    copy = looked(trace(captioned(photo("motorcycle_left.png"))), trace(photo("motorcycle_left.png")))

    assert (other.log_odds or 0) + operating(Relation.COPY).prior < 0
    assert (copy.log_odds or 0) + operating(Relation.COPY).prior > 0


def test_unaligned_pictures_get_no_opinion() -> None:
    """Without a place to look there is nothing to compare."""
    found = Signal().compare(trace(flat()), trace(photo("coffee.png")), [])

    assert (found.log_odds, found.reason) == (None, Silence.NO_OVERLAP)


def test_classic_ssim_of_a_picture_with_itself_is_one() -> None:
    """The number people know, where they know it best."""
    one = trace(photo("coffee.png"))

    assert classic(one, one) == pytest.approx(1.0)


def test_classic_ssim_is_symmetric() -> None:
    """It does not matter which picture was first."""
    one, other = trace(photo("coffee.png")), trace(photo("chelsea.png"))

    assert classic(one, other) == pytest.approx(classic(other, one))


def test_difference_is_bright_where_the_text_bar_is() -> None:
    """The map shows what was edited and stays dark elsewhere."""
    one, other = trace(captioned(photo("coffee.png"))), trace(photo("coffee.png"))
    shape = geometry.Signal().compare(one, other, []).alignment
    assert shape is not None

    shown = difference(one, other, shape).astype(int).sum(axis=2)

    assert shown[-40:].mean() > 4 * shown[:-120].mean()


def test_the_negative_of_a_picture_does_not_differ_from_it() -> None:
    """Where one is known to be the other's negative, the map is dark."""
    one, other = trace(ImageOps.invert(photo("coffee.png"))), trace(photo("coffee.png"))
    shape = geometry.Signal().compare(other, other, []).alignment
    assert shape is not None

    plain, turned_back = (difference(one, other, shape, negative=is_one).mean() for is_one in (False, True))

    assert turned_back < plain / 4


def test_difference_is_black_outside_the_overlap() -> None:
    """Where the query is not, nothing is claimed."""
    one, other = trace(photo("coffee.png").crop((0, 0, 300, 400))), trace(photo("coffee.png"))
    shape = geometry.Signal().compare(one, other, []).alignment
    assert shape is not None

    assert not np.any(difference(one, other, shape)[:, 300:])


def test_turned_corners_do_not_count() -> None:
    """The black corners of a turned picture are outside the overlap's structure."""
    found = looked(trace(turned(25)(photo("astronaut.png"))), trace(photo("astronaut.png")))

    assert found.measures["aligned_ssim"] > 0.85


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(7, 40), st.integers(7, 40), st.floats(0, 60))
def test_ssim_is_that_of_scikit_image(seed: int, height: int, width: int, noise: float) -> None:
    """Mean and map are those of a library that many trust."""
    draw = np.random.default_rng(seed)
    left = draw.uniform(0, 255, (height, width)).astype(np.float32)
    right = np.clip(left + draw.normal(0, noise, left.shape), 0, 255).astype(np.float32)

    mean, local = ssim(left, right)

    expected = structural_similarity(left, right, win_size=7, data_range=255.0, full=True)
    assert mean == pytest.approx(expected[0], abs=1e-4)
    assert np.abs(local - expected[1]).max() < 2e-3


def test_what_differs_throughout_is_one_area() -> None:
    """A photograph in a shared frame is a large one, words over a copy a small one, and a copy has none."""
    phones = [trace(SUITE["phone"](photo(name), Random())) for name in ("chelsea.png", "coffee.png")]
    whole = trace(photo("chelsea.png"))

    strangers, worded, copy = (
        looked(*pair).measures["apart"]
        for pair in (
            phones,
            (trace(captioned(photo("chelsea.png"))), whole),
            (trace(turned(5)(photo("chelsea.png"))), whole),
        )
    )

    assert copy < 0.02 < worded < 0.25 < strangers


def test_an_overlap_too_plain_to_compare_refutes_a_first_look() -> None:
    """Features that agree where there is nothing to see prove nothing by themselves; those of a closer look may."""
    one = trace(flat())
    there = Alignment(
        ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        1.0,
        1.0,
        ((0, 0), (320, 0), (320, 240), (0, 240)),
        mirrored=False,
    )
    before = [Evidence(name, "alignment", Relation.SCENE, 9.0, alignment=there) for name in ("geometry", "closer")]

    found = [Signal().compare(one, one, [piece]) for piece in before]

    assert [(piece.reason, piece.refutes) for piece in found] == [
        (Silence.PLAIN_OVERLAP, True),
        (Silence.PLAIN_OVERLAP, False),
    ]
