"""Coordinates of pixels: one plane, and the two points from which libraries count."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from photographs import jpeg, noise, photo
from PIL import Image

from pictrace.changes._laid import laid
from pictrace.explain import explain, visible
from pictrace.frames import between_corners, between_middles, scaling
from pictrace.picture import Picture
from pictrace.results import Match
from pictrace.signals.geometry import Signal
from pictrace.signals.structure import Signal as Structure
from pictrace.signals.structure import difference
from pictrace.types import Alignment, Evidence, Relation, Trace

FACTORS = [0.125, 0.25, 0.5, 2.0]


def pair(factor: float) -> tuple[Trace, Trace, Alignment]:
    """A photograph at a factor of its size, itself, and the true alignment of both."""
    image = photo("coffee.png")
    small = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BOX)
    query, match = (visible(Picture.open(jpeg(one, 97))) for one in (small, image))
    rows = scaling(match.width / query.width, match.height / query.height).tolist()
    size = match.width, match.height
    quad = ((0.0, 0.0), (float(size[0]), 0.0), (float(size[0]), float(size[1])), (0.0, float(size[1])))
    return query, match, Alignment((tuple(rows[0]), tuple(rows[1]), tuple(rows[2])), 1.0, 1.0, quad)


def shifted(alignment: Alignment, x: float, y: float) -> Alignment:
    """The same, so many pixels of the match further."""
    rows = (np.array([[1, 0, x], [0, 1, y], [0, 0, 1]]) @ np.array(alignment.transform)).tolist()
    quad = tuple((a + x, b + y) for a, b in alignment.quad)
    return replace(alignment, transform=(tuple(rows[0]), tuple(rows[1]), tuple(rows[2])), quad=quad)


@given(st.floats(0.1, 10), st.floats(0.1, 10), st.floats(-1e-3, 1e-3), st.floats(-50, 50))
def test_both_ways_to_count_lead_to_each_other(x, y, slant, shift) -> None:
    """Whatever the transform."""
    transform = np.array([[x, 0.1, shift], [0, y, -shift], [slant, 0, 1]])

    assert between_corners(between_middles(transform)) == pytest.approx(transform, abs=1e-9)


@given(st.integers(2, 6), st.integers(0, 99))
def test_a_warp_by_a_factor_is_that_change_of_size(factor, seed) -> None:
    """Edges come to lie exactly where OpenCV's own change of size puts them."""
    pixels = np.array(noise(seed, (24, 18)))
    size = 24 * factor, 18 * factor

    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR).astype(np.int16)
    warped = cv2.warpPerspective(
        pixels, between_middles(scaling(factor, factor)), size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )

    # Warps interpolate in steps of 1/32 of a pixel.
    assert np.abs(resized - warped).max() <= 12


@pytest.mark.parametrize("factor", FACTORS)
def test_a_change_of_size_is_found_without_a_shift(factor) -> None:
    """The corner of one picture is the corner of the other, to a fraction of a pixel of what is smaller."""
    query, match, true = pair(factor)
    found = Signal().compare(query, match, []).alignment
    assert found is not None

    assert np.array(found.quad) == pytest.approx(np.array(true.quad), abs=max(1.5, 0.6 / factor))


def by_structure(query: Trace, match: Trace, alignment: Alignment) -> float:
    """What is missing to the same structure."""
    laid_over = Evidence("geometry", "alignment", Relation.SCENE, 1.0, alignment=alignment)
    return 1 - Structure().compare(query, match, [laid_over]).measures["aligned_ssim"]


def by_changes(query: Trace, match: Trace, alignment: Alignment) -> float:
    """Levels by which pictures differ where `changes` looks at them."""
    shown = laid(query, match, alignment)
    return float(np.abs(shown.seen.astype(np.int16) - shown.warped)[shown.inside].mean())


def by_figure(query: Trace, match: Trace, alignment: Alignment) -> float:
    """Levels by which the query differs from the match that it is drawn over."""
    drawn = explain(query, match, Match(1, "a", Relation.COPY, 1.0, {}, alignment, match.width, match.height, ""))
    over = np.array(Image.open(io.BytesIO(drawn.aligned_webp)).convert("RGB"), np.int16)
    return float(np.abs(over - Picture.of_proxy(match.proxy).pixels)[20:-20, 20:-20].mean())


def by_map(query: Trace, match: Trace, alignment: Alignment) -> float:
    """How bright the map of differences is."""
    return float(difference(query, match, alignment)[20:-20, 20:-20].mean())


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("apart", [by_structure, by_changes, by_figure, by_map])
def test_pictures_agree_most_by_their_true_alignment(apart, factor) -> None:
    """A pixel of the smaller one to the left is worse, and by as much as one to the right."""
    query, match, true = pair(factor)
    step, least = max(1.0, 1 / factor), apart(query, match, true)
    for ways in (((step, 0), (-step, 0)), ((0, step), (0, -step))):
        there, back = (apart(query, match, shifted(true, *way)) - least for way in ways)

        assert min(there, back) > 0
        assert abs(there - back) < 0.3 * min(there, back)


@pytest.mark.parametrize("factor", FACTORS)
def test_a_true_alignment_makes_structure_the_same(factor) -> None:
    """As far as the smaller picture has it, however much smaller it is."""
    assert by_structure(*pair(factor)) < 0.01
