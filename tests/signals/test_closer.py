"""closer: small parts, pictures within pictures, and negatives, which the features that are kept are too few for."""

import random

import numpy as np
import pytest
from photographs import FOLDER, flat, photo, trace
from PIL import Image, ImageOps

from pictrace.edits import SUITE
from pictrace.signals import geometry
from pictrace.signals._agreement import likeness, likenesses
from pictrace.signals._detail import detail
from pictrace.signals.closer import Signal, promise
from pictrace.types import Alignment, Silence

ABROAD = Image.open(FOLDER / "motorcycle_left.png").convert("RGB")


def looked(edited: Image.Image, original: Image.Image) -> Alignment:
    found = Signal().compare(trace(edited), trace(original), []).alignment
    assert found is not None
    return found


def pasted(image: Image.Image, share: float) -> Image.Image:
    """The picture in a corner of another one, at a share of its width."""
    ground = ABROAD.resize((900, 640))
    width = round(900 * share)
    ground.paste(image.resize((width, round(width * image.height / image.width))), (40, 50))
    return ground


def test_a_fifth_of_each_side_is_placed_to_the_pixel() -> None:
    """What the kept features say nothing about is cut out of both pictures, enlarged, and laid over each other."""
    original = photo("coffee.png")

    shape = looked(original.crop((240, 160, 360, 240)), original)

    assert np.array(shape.transform) == pytest.approx(np.array([[1, 0, 240], [0, 1, 160], [0, 0, 1]]), abs=1.0)
    assert (shape.query_overlap, shape.match_overlap) == pytest.approx((1.0, 0.04), abs=0.01)


def test_what_lies_in_a_quarter_of_another_picture_is_found() -> None:
    """The outline of the overlap in the query is where it was pasted."""
    shape = looked(pasted(photo("astronaut.png"), 0.25), photo("astronaut.png"))

    corner = np.linalg.inv(np.array(shape.transform)) @ [0, 0, 1]
    assert corner[:2] / corner[2] == pytest.approx([40, 50], abs=2)
    assert shape.match_overlap > 0.97


def test_mirror_image_is_recognised() -> None:
    """SIFT's numbers are exchanged, nothing is extracted twice."""
    original = photo("rocket.jpg")

    shape = looked(ImageOps.mirror(original.crop((200, 100, 420, 300))), original)

    assert shape.mirrored
    assert shape.transform[0][0] == pytest.approx(-1, abs=0.02)


def test_negative_is_recognised() -> None:
    """A negative agrees in every place, and is told to be one."""
    found = Signal().compare(trace(ImageOps.invert(photo("chelsea.png"))), trace(photo("chelsea.png")), [])

    assert found.measures["negative"] == 1.0
    assert found.measures["inliers"] > 100


def test_the_share_that_agrees_is_that_of_the_numbers_beside_it() -> None:
    """Whoever divides what is shown gets what is shown."""
    measures = (
        Signal().compare(trace(photo("coffee.png").crop((60, 40, 360, 260))), trace(photo("coffee.png")), []).measures
    )

    assert measures["inlier_ratio"] == measures["inliers"] / measures["matches"]
    assert measures["inliers"] <= measures["matches"]


def test_same_either_way_round() -> None:
    """The overlaps are exchanged and the transform is the inverse, to a tenth of a pixel."""
    part, whole = photo("coffee.png").crop((60, 40, 360, 260)), photo("coffee.png")

    there, back = looked(part, whole), looked(whole, part)

    assert (there.query_overlap, there.match_overlap) == pytest.approx(
        (back.match_overlap, back.query_overlap), abs=0.01
    )
    assert np.array(there.transform) @ np.array(back.transform) == pytest.approx(np.eye(3), abs=0.5)


def test_strangers_agree_on_nothing() -> None:
    """Other photographs give no alignment that speaks for them."""
    for name in ("astronaut.png", "chelsea.png", "camera.png"):
        found = Signal().compare(trace(photo("coffee.png")), trace(photo(name)), [])

        assert (found.log_odds or -1) < 0


def test_flat_picture_has_no_opinion() -> None:
    """Nothing is found in nothing."""
    found = Signal().compare(trace(flat()), trace(photo("coffee.png")), [])

    assert (found.log_odds, found.reason) == (None, Silence.NO_HOMOGRAPHY)


def test_a_line_of_places_is_no_view() -> None:
    """What agrees along one line only fixes no plane."""
    strip = Image.new("RGB", (500, 300), (90, 90, 90))
    strip.paste(photo("coffee.png").resize((500, 333)).crop((0, 150, 500, 154)), (0, 148))

    found = Signal().compare(trace(strip), trace(photo("coffee.png")), [])

    assert (found.log_odds or -1) < 0


def test_the_likeness_of_four_ways_is_that_of_each_by_itself() -> None:
    """Mirror image, negative and both come from the same products, and say what exchanged descriptors say."""
    query, other = detail(trace(photo("coffee.png"))), detail(trace(photo("rocket.jpg")))
    ways = [query, query.mirrored(512), query.negative(), query.mirrored(512).negative()]

    for way, found in zip(ways, likenesses(query, other), strict=True):
        assert found == pytest.approx(likeness(way, other), abs=1e-5)


def test_a_glance_promises_what_a_closer_look_keeps() -> None:
    """Many places for the picture that is there, hardly any for another one."""
    query = trace(pasted(photo("astronaut.png"), 0.35))

    assert promise(query, trace(photo("astronaut.png"))) >= 10
    assert promise(query, trace(photo("coffee.png"))) < 5


@pytest.mark.parametrize("name", ["crop-30", "clutter", "inverted", "pasted-third", "text-mirror-half", "phone"])
def test_it_finds_what_the_kept_features_miss(name: str) -> None:
    """Edits that leave few of 300 features in place leave many of a thousand."""
    edited = SUITE[name](photo("astronaut.png"), random.Random(1), [ABROAD])
    found = Signal().compare(trace(edited), trace(photo("astronaut.png")), [])
    kept = geometry.Signal().compare(trace(edited), trace(photo("astronaut.png")), [])

    assert found.measures["inliers"] > max(20, kept.measures.get("inliers", 0) if name != "phone" else 0)
