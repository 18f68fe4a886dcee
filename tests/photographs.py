"""Real photographs for tests: those that ship with scikit-image, and traces of them."""

import functools
import io
from pathlib import Path

import numpy as np
import skimage
from PIL import Image

from pictrace import tracing
from pictrace.picture import Picture
from pictrace.settings import Runtime
from pictrace.types import Trace

FOLDER = Path(skimage.__file__).parent / "data"
PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "camera.png", "motorcycle_left.png")


def photo(name: str) -> Image.Image:
    """One of the photographs, RGB."""
    return Image.open(FOLDER / name).convert("RGB")


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    """The bytes of a picture saved as JPEG."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def flat(level: int = 128) -> Image.Image:
    """A picture of one colour."""
    return Image.new("RGB", (320, 240), (level, level, level))


def noise(seed: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """A small picture like no other: smooth random blobs."""
    values = np.random.default_rng(seed).integers(0, 255, (8, 10, 3), dtype=np.uint8)
    return Image.fromarray(values).resize(size, Image.Resampling.BICUBIC)


@functools.cache
def _encoders() -> tuple:
    return tuple(tracing.load_encoders(("lite0", "pdq"), Runtime(threads=1)))


def trace(image: Image.Image) -> Trace:
    """The trace of a picture as a search makes it."""
    return tracing.of_query(Picture.open(jpeg(image)), _encoders())
