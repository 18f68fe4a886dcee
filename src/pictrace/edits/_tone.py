"""What changes colours and detail, and leaves every pixel where it is."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from pictrace.edits._kinds import Edit, Given, NamedEdit, named, plain


def brightened(image: Image.Image) -> Image.Image:
    """The picture with brightness and contrast raised by a third and a tenth."""
    return ImageEnhance.Contrast(ImageEnhance.Brightness(image).enhance(1.35)).enhance(1.1)


def darkened(image: Image.Image) -> Image.Image:
    """The picture at 55 % of its brightness."""
    return ImageEnhance.Brightness(image).enhance(0.55)


def contrasted(image: Image.Image) -> Image.Image:
    """The picture with 1.6 times its contrast."""
    return ImageEnhance.Contrast(image).enhance(1.6)


def saturated(image: Image.Image) -> Image.Image:
    """The picture with twice its saturation."""
    return ImageEnhance.Color(image).enhance(2.0)


def hue_shifted(degrees: float) -> Edit:
    """The picture with every hue moved round the colour wheel."""

    def edit(image: Image.Image) -> Image.Image:
        hue, saturation, value = image.convert("HSV").split()
        moved = hue.point([round(level + degrees * 256 / 360) % 256 for level in range(256)])
        return Image.merge("HSV", (moved, saturation, value)).convert("RGB")

    return edit


def tinted(image: Image.Image) -> Image.Image:
    """The picture under the warm filter of a phone: reds up, blues down, blacks lifted."""
    red, green, blue = image.split()
    lifted = [red.point(_line(0.88, 40)), green.point(_line(0.85, 26)), blue.point(_line(0.66, 30))]
    return Image.merge("RGB", lifted)


def _line(slope: float, start: float) -> Sequence[int]:
    return [min(255, round(slope * level + start)) for level in range(256)]


def grey(image: Image.Image) -> Image.Image:
    """The picture without its colours."""
    return image.convert("L").convert("RGB")


def in_sepia(image: Image.Image) -> Image.Image:
    """The picture in the browns of an old print."""
    return ImageOps.colorize(image.convert("L"), (28, 18, 8), (255, 240, 205), (150, 112, 74))


def inverted(image: Image.Image) -> Image.Image:
    """The negative of the picture."""
    return ImageOps.invert(image)


def with_gamma(power: float) -> Edit:
    """The picture with every channel, as a share of 1, raised to a power."""
    table = [round(255 * (level / 255) ** power) for level in range(256)] * 3
    return lambda image: image.point(table)


def blurred(image: Image.Image) -> Image.Image:
    """The picture under a Gaussian blur of 0.5 % of its longer side."""
    return image.filter(ImageFilter.GaussianBlur(max(image.size) * 0.005))


def noisy(image: Image.Image, given: Given) -> Image.Image:
    """The picture under Gaussian noise of 18 levels in each channel, as of a small sensor at night."""
    pixels = np.asarray(image, np.float32)
    grain = np.random.default_rng(given.draw.getrandbits(32)).normal(0, 18, pixels.shape)
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


def sharpened(image: Image.Image) -> Image.Image:
    """The picture after a strong unsharp mask."""
    return image.filter(ImageFilter.UnsharpMask(radius=2, percent=220, threshold=0))


def with_mosaic(image: Image.Image) -> Image.Image:
    """The picture with a pixelated patch over its middle, 45 % of each side, as over a face."""
    edited = image.copy()
    width, height = max(1, round(0.45 * image.width)), max(1, round(0.45 * image.height))
    left, top = round(0.28 * image.width), round(0.2 * image.height)
    patch = image.crop((left, top, left + width, top + height))
    coarse = patch.resize((9, max(1, round(9 * height / width))), Image.Resampling.BOX)
    edited.paste(coarse.resize(patch.size, Image.Resampling.NEAREST), (left, top))
    return edited


SUITE: list[NamedEdit] = [
    *named(
        "tone",
        ("brighter", "brighter, more contrast", plain(brightened)),
        ("darker", "about half as bright", plain(darkened)),
        ("contrast", "much more contrast", plain(contrasted)),
        ("saturated", "twice the saturation", plain(saturated)),
        ("hue", "hues moved by 50°", plain(hue_shifted(50))),
        ("tinted", "a warm filter", plain(tinted)),
        ("grey", "without colours", plain(grey)),
        ("sepia", "in sepia", plain(in_sepia)),
        ("inverted", "the negative", plain(inverted)),
        ("gamma", "gamma 0.5", plain(with_gamma(0.5))),
    ),
    *named(
        "detail",
        ("blur", "a little blurred", plain(blurred)),
        ("noise", "noise of a dark room", noisy),
        ("sharpened", "much sharpened", plain(sharpened)),
        ("mosaic", "a part pixelated", plain(with_mosaic)),
    ),
]
