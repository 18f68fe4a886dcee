"""identity: the same bytes, or the same pixels."""

import io
from dataclasses import replace

import pytest
from photographs import jpeg, photo, trace

from pictrace import tracing
from pictrace.picture import Picture
from pictrace.signals.identity import Signal


def test_same_bytes_are_certain() -> None:
    """A picture is itself."""
    one = trace(photo("coffee.png"))

    found = Signal().compare(one, one, [])

    assert (found.log_odds, found.measures["same_bytes"]) == (40.0, 1.0)


def test_same_pixels_in_other_bytes_are_as_certain() -> None:
    """A PNG of a decoded JPEG shows exactly the same."""
    data = jpeg(photo("coffee.png"))
    stream = io.BytesIO()
    Picture.open(data)
    __import__("PIL.Image").Image.open(io.BytesIO(data)).save(stream, "PNG")

    found = Signal().compare(
        tracing.identity_of(Picture.open(data)), tracing.identity_of(Picture.open(stream.getvalue())), []
    )

    assert (found.measures["same_pixels"], found.measures["same_bytes"]) == (1.0, 0.0)


def test_other_pixels_give_no_opinion() -> None:
    """Being other bytes says nothing against a copy."""
    one = trace(photo("coffee.png"))

    assert Signal().compare(one, replace(one, sha256="0", pixel_hash="0"), []).log_odds is None


@pytest.mark.parametrize("place", [0, 2])
def test_identity_covers_all_of_both(place: int) -> None:
    """The outline of an exact match is the whole picture."""
    one = trace(photo("coffee.png"))

    shape = Signal().compare(one, one, []).alignment

    assert shape is not None
    assert ((0.0, 0.0), (600.0, 400.0))[place // 2] == shape.quad[place]
