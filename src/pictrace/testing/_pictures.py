"""Pictures made of nothing but a seed, for checks that look at pixels."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from pictrace.picture import Picture


def photo(seed: int, *, size: tuple[int, int] = (480, 360)) -> Picture:
    """A picture with soft regions, hard corners and texture, unlike that of any other seed."""
    return Picture.open(_png(_drawn(seed, size)))


def recompressed(seed: int) -> Picture:
    """The photo of the same seed after JPEG at quality 60."""
    target = io.BytesIO()
    _drawn(seed, (480, 360)).save(target, "JPEG", quality=60)
    return Picture.open(target.getvalue())


def flat(level: int) -> Picture:
    """A picture of one grey."""
    return Picture.open(_png(Image.new("RGB", (320, 240), (level, level, level))))


def _drawn(seed: int, size: tuple[int, int]) -> Image.Image:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (6, 8, 3)).astype(np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        left, top = (int(random.integers(0, side)) for side in size)
        right, bottom = left + int(random.integers(8, 90)), top + int(random.integers(8, 90))
        shape = draw.rectangle if random.random() < 0.5 else draw.ellipse
        shape((left, top, right, bottom), fill=tuple(random.integers(0, 256, 3).tolist()))
    return image.filter(ImageFilter.GaussianBlur(0.7))


def _png(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.save(target, "PNG", compress_level=1)
    return target.getvalue()
