"""Thumbnails: small, bare, and kept while they are wanted."""

import io

import pytest
from photographs import jpeg, noise, photo
from PIL import Image

from pictrace.service.thumbnails import Thumbnails, reduced

PROXY = jpeg(photo("astronaut.png"))


@pytest.mark.parametrize("side", [128, 256])
def test_no_side_is_longer_than_asked_for(side):
    """And the picture looks the same."""
    small = Image.open(io.BytesIO(reduced(PROXY, side)))

    assert max(small.size) == side
    assert small.format == "JPEG"


@pytest.mark.parametrize("size", [(16, 512), (512, 16), (512, 1)])
def test_long_pictures_keep_a_pixel(size):
    """However long."""
    assert min(Image.open(io.BytesIO(reduced(jpeg(noise(1, size)), 128))).size) >= 1


def test_a_small_picture_is_not_enlarged():
    """It is the proxy itself."""
    proxy = jpeg(noise(1, (100, 80)))

    assert reduced(proxy, 128) is proxy


def test_the_ones_asked_for_last_are_kept():
    """As many as there is room for."""
    one = len(reduced(PROXY, 128))
    kept = Thumbnails(int(one * 2.5))
    for name in ("a", "b"):
        kept.make(("c", name, 128), PROXY)
    kept.get(("c", "a", 128))
    kept.make(("c", "d", 128), PROXY)

    assert [kept.get(("c", name, 128)) is not None for name in ("a", "b", "d")] == [True, False, True]


def test_one_that_does_not_fit_is_made_all_the_same():
    """And not kept."""
    kept = Thumbnails(10)

    assert kept.make(("c", "a", 128), PROXY)
    assert kept.get(("c", "a", 128)) is None
