"""encoders._preparation: squares as cards ask for them, and numbers as models do."""

import numpy as np
import pytest
from photographs import jpeg, photo
from PIL import Image

from pictrace.encoders._preparation import numbers, square
from pictrace.picture import Picture
from pictrace.weights import Preparation

FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "area": Image.Resampling.BOX,
}


def small(name: str) -> Image.Image:
    """A photograph with no side above that of a frame."""
    image = photo(name)
    image.thumbnail((500, 500))
    return Image.fromarray(np.asarray(image))  # without its colour profile, which opening it would apply


def apart(left: np.ndarray, right: np.ndarray) -> float:
    """The mean difference, in levels of 255."""
    return float(np.abs(left.astype(float) - np.asarray(right, float)).mean())


@pytest.mark.parametrize("resample", FILTERS)
@pytest.mark.parametrize("name", ["chelsea.png", "astronaut.png", "rocket.jpg"])
@pytest.mark.parametrize(("side", "share"), [(224, 0.875), (224, 0.95), (320, 1.0), (96, 0.9)])
def test_a_crop_is_what_resizing_the_whole_and_cutting_out_gives(resample, name, side, share) -> None:
    """Only what is seen is resized, and comes out the same."""
    image = small(name)
    shorter = int(side / share)
    scaled = [shorter if one == min(image.size) else int(shorter * one / min(image.size)) for one in image.size]
    left, top = (round((one - side) / 2.0) for one in scaled)
    expected = image.resize(scaled, FILTERS[resample]).crop((left, top, left + side, top + side))

    found = square(Picture.open(image), Preparation(side, "crop", resample, share))

    assert (found.shape, found.flags.writeable) == ((side, side, 3), False)
    assert apart(found, expected) < 0.05


@pytest.mark.parametrize("resample", FILTERS)
def test_a_squashed_picture_is_the_whole_resized(resample) -> None:
    """Proportions are not kept."""
    image = small("coffee.png")

    found = square(Picture.open(image), Preparation(224, "squash", resample))

    assert apart(found, image.resize((224, 224), FILTERS[resample])) == 0


def test_a_padded_picture_lies_on_black() -> None:
    """All of it is there, in the middle."""
    image = Image.new("RGB", (400, 100), (200, 0, 0))

    found = square(Picture.open(image), Preparation(64, "pad"))

    assert found[24:40].tolist() == [[[200, 0, 0]] * 64] * 16
    assert found[:24].max() == found[40:].max() == 0


@pytest.mark.parametrize("size", [(16, 16), (1600, 16), (16, 1600), (511, 3)])
@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
def test_odd_shapes_have_a_square_too(size, fit) -> None:
    """However long and thin."""
    image = Image.new("RGB", size, (9, 99, 199))
    picture = Picture.of_proxy(jpeg(image))

    found = square(picture, Preparation(224, fit, "bicubic", 0.875))

    assert (found.shape, found.dtype) == ((224, 224, 3), np.uint8)


def test_pixels_go_in_as_they_are_where_the_model_normalises() -> None:
    """Nothing is copied."""
    pixels = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)

    assert numbers(pixels, Preparation(4, layout="nhwc-uint8")) is pixels


@pytest.mark.parametrize("layout", ["nchw-float32", "nhwc-float32"])
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_numbers_are_normalised_by_colour(layout, order) -> None:
    """`(x / 255 - mean) / std`, each colour by its own, then in the order that is asked for."""
    pixels = np.random.default_rng(1).integers(0, 256, (2, 4, 4, 3), dtype=np.uint8)
    mean, std = (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)

    found = numbers(pixels, Preparation(4, mean=mean, std=std, layout=layout, order=order))

    expected = (pixels / 255 - np.array(mean)) / np.array(std)
    expected = expected[..., ::-1] if order == "bgr" else expected
    expected = expected.transpose(0, 3, 1, 2) if layout == "nchw-float32" else expected
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)
