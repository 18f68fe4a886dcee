"""geometry: where two pictures overlap, and when they do not."""

from dataclasses import replace

import numpy as np
import pytest
from photographs import flat, photo, trace
from PIL import Image

from pictrace.edits import EDITS, cropped, mirrored, scaled
from pictrace.signals.geometry import Signal, inlier_pairs
from pictrace.types import FEATURE_DTYPE, Alignment, Silence


def aligned(edited: Image.Image, original: Image.Image) -> Alignment:
    found = Signal().compare(trace(edited), trace(original), []).alignment
    assert found is not None
    return found


def test_crop_is_placed_to_the_pixel() -> None:
    """The transform of a crop is the shift it was cut at."""
    original = photo("chelsea.png")

    shape = aligned(original.crop((60, 30, 360, 270)), original)

    assert np.array(shape.transform) == pytest.approx(np.array([[1, 0, 60], [0, 1, 30], [0, 0, 1]]), abs=1.5)


def test_overlap_is_told_both_ways() -> None:
    """All of a crop is in the original, and less than all of the original in the crop."""
    shape = aligned(cropped(0.15)(photo("coffee.png")), photo("coffee.png"))

    assert pytest.approx((shape.query_overlap, shape.match_overlap), abs=0.02) == (1.0, 0.49)


def test_scale_is_in_original_pixels() -> None:
    """A picture of half the size maps to the original's pixels."""
    shape = aligned(scaled(0.5)(photo("astronaut.png")), photo("astronaut.png"))

    assert np.array(shape.transform)[:2, :2] == pytest.approx(np.eye(2) * 2, abs=0.03)


def test_mirror_image_is_recognised_and_mapped_back() -> None:
    """The transform of a mirrored picture turns it around."""
    shape = aligned(mirrored(photo("rocket.jpg")), photo("rocket.jpg"))

    assert shape.mirrored
    assert shape.transform[0][0] == pytest.approx(-1, abs=0.02)


@pytest.mark.parametrize("name", sorted(EDITS))
def test_every_edit_is_aligned(name: str) -> None:
    """What people do to pictures leaves enough features in place."""
    found = Signal().compare(trace(EDITS[name](photo("coffee.png"))), trace(photo("coffee.png")), [])

    assert found.measures["inliers"] >= 20
    assert (found.log_odds or 0) > 0


def test_unrelated_pictures_are_not_aligned() -> None:
    """Two photographs of different things hold no homography together."""
    found = Signal().compare(trace(photo("coffee.png")), trace(photo("rocket.jpg")), [])

    assert found.log_odds is None or found.log_odds < 0


def test_flat_picture_has_no_opinion_and_says_why() -> None:
    """Nothing to hold on to is a reason, not a mismatch."""
    found = Signal().compare(trace(flat()), trace(photo("coffee.png")), [])

    assert (found.log_odds, found.reason) == (None, Silence.FEW_FEATURES)


def test_inlier_pairs_lie_on_the_transform() -> None:
    """The lines a report draws connect the same places."""
    one, other = trace(mirrored(photo("coffee.png"))), trace(photo("coffee.png"))
    shape = aligned(mirrored(photo("coffee.png")), photo("coffee.png"))

    pairs = np.array(inlier_pairs(one, other, shape))

    assert len(pairs) > 50
    assert pairs[:, 0] + pairs[:, 2] == pytest.approx(np.full(len(pairs), one.width - 1), abs=8)


@pytest.mark.parametrize("places", [5, 6])
def test_five_agreeing_places_are_no_proof(places: int) -> None:
    """Four fix a homography, whatever they are."""
    draw = np.random.default_rng(4)
    one = np.zeros(40, FEATURE_DTYPE)
    one["descriptor"] = draw.integers(0, 256, (40, 32))
    one["x"], one["y"] = draw.integers(0, 400 * 64, (2, 40))
    other = one.copy()
    other["x"][places:], other["y"][places:] = draw.integers(0, 400 * 64, (2, 40 - places))
    pair = [replace(trace(photo("coffee.png")), features=features, mirrored=one[:0]) for features in (one, other)]

    found = Signal().compare(*pair, []).alignment

    assert (places > 5) == (found is not None)


@pytest.mark.parametrize("edit", [mirrored, lambda image: image.crop((40, 30, 420, 300))], ids=["mirrored", "part"])
def test_as_many_pairs_are_drawn_as_are_told(edit) -> None:
    """Corners that several scales found are one place."""
    one, other = trace(edit(photo("coffee.png"))), trace(photo("coffee.png"))
    found = Signal().compare(one, other, [])
    told = int(found.measures["inliers"])

    pairs = inlier_pairs(one, other, found.alignment, most=told)

    assert (len(pairs), len(set(pairs))) == (told, told)
