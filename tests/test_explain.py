"""Matches made visible."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photographs import flat, jpeg, photo
from PIL import Image

from pictrace import explain
from pictrace.comparison import compare
from pictrace.edits import cropped, mirrored
from pictrace.picture import Picture


def drawn(edit):
    """Chelsea after an edit, and the drawing of how the edit matches the original."""
    pictures = [Picture.open(jpeg(image)) for image in (edit(photo("chelsea.png")), photo("chelsea.png"))]
    match = compare(*pictures)
    return match, explain.explain(*(explain.visible(picture) for picture in pictures), match)


def test_a_crop_is_outlined_where_it_was_cut():
    """20 % cut off each side leaves the middle."""
    _, drawing = drawn(cropped(0.2))
    left, right = min(x for x, _ in drawing.outline), max(x for x, _ in drawing.outline)

    assert pytest.approx((0.2 * 451, 0.8 * 451), abs=4) == (left, right)


def test_lines_join_the_same_places():
    """Under a plain crop, each place moves by the width that was cut off."""
    _, drawing = drawn(cropped(0.2))

    assert len(drawing.lines) > 20
    assert all(abs(x2 - x1 - 0.2 * 451) < 6 for x1, _, x2, _ in drawing.lines)


def test_lines_of_a_mirror_image_cross():
    """What is left in the query is right in the match."""
    _, drawing = drawn(mirrored)

    assert len(drawing.lines) > 20
    assert all(abs(x1 + x2 - 451) < 6 for x1, _, x2, _ in drawing.lines)


def test_the_query_is_laid_over_the_match_and_nothing_else():
    """Where the crop was taken from is opaque, the rest transparent."""
    _, drawing = drawn(cropped(0.2))
    laid = Image.open(io.BytesIO(drawing.aligned_webp))

    assert [laid.getpixel(at)[3] for at in ((10, 10), (225, 150))] == [0, 255]


def test_without_an_alignment_there_are_just_the_pictures():
    """Look-alikes have no lines to draw."""
    match, drawing = drawn(cropped(0.2))
    traces = [explain.visible(Picture.open(jpeg(flat(level)))) for level in (10, 200)]
    plain = explain.explain(*traces, replace(match, alignment=None))

    assert drawing.lines
    assert (plain.lines, plain.outline, plain.covered, plain.difference_webp) == ((), (), (), b"")


def test_pictures_without_features_have_no_lines():
    """A flat picture that is the same picture is drawn all the same."""
    picture = Picture.open(jpeg(flat()))
    match = compare(picture, picture)
    trace = explain.visible(picture)

    assert explain.explain(trace, trace, match).lines == ()


def test_a_proxy_stands_for_its_original():
    """Places are in the original's pixels."""
    trace = explain.visible(Picture.open(jpeg(photo("chelsea.png"))), width=4510, height=3000)

    assert (trace.width, trace.height) == (4510, 3000)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=3, max_size=3))
def test_clipped_polygons_lie_in_the_frame(triangle):
    """Whatever sticks out is cut off."""
    assert all(-1e-9 <= x <= 4 + 1e-9 and -1e-9 <= y <= 3 + 1e-9 for x, y in explain.clipped(triangle, 4, 3))


def test_a_polygon_inside_the_frame_stays():
    """Nothing is lost that is to be seen."""
    square = ((1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0))

    assert set(square) == set(explain.clipped(square, 4, 3))
