"""Named edits that pictures meet in the wild, for demonstrations and for measuring what is found again."""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Edit = Callable[[Image.Image], Image.Image]


def recompressed(quality: int) -> Edit:
    """The picture after JPEG at `quality`."""

    def edit(image: Image.Image) -> Image.Image:
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=quality)
        return Image.open(stream).convert("RGB")

    return edit


def scaled(factor: float) -> Edit:
    """The picture with both sides multiplied by `factor`."""

    def edit(image: Image.Image) -> Image.Image:
        size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
        return image.resize(size, Image.Resampling.LANCZOS)

    return edit


def cropped(share: float) -> Edit:
    """The picture with `share` of each side's length cut off at all four sides."""

    def edit(image: Image.Image) -> Image.Image:
        dx, dy = round(image.width * share), round(image.height * share)
        return image.crop((dx, dy, image.width - dx, image.height - dy))

    return edit


def turned(degrees: float) -> Edit:
    """The picture turned counter-clockwise, the canvas grown, the corners filled with black."""

    def edit(image: Image.Image) -> Image.Image:
        return image.rotate(degrees, Image.Resampling.BICUBIC, expand=True)

    return edit


def mirrored(image: Image.Image) -> Image.Image:
    """The picture with left and right exchanged."""
    return ImageOps.mirror(image)


def captioned(image: Image.Image) -> Image.Image:
    """The picture with a bar of white text over its lowest sixth."""
    edited = image.copy()
    draw = ImageDraw.Draw(edited)
    top = image.height - image.height // 6
    draw.rectangle((0, top, image.width, image.height), fill=(0, 0, 0))
    draw.text((8, top + 2), "found again, with text", fill=(255, 255, 255), font_size=image.height // 9)
    return edited


def bordered(image: Image.Image) -> Image.Image:
    """The picture inside a white frame of a tenth of its shorter side."""
    return ImageOps.expand(image, border=min(image.size) // 10, fill=(255, 255, 255))


def brightened(image: Image.Image) -> Image.Image:
    """The picture with brightness and contrast raised by a third and a tenth."""
    return ImageEnhance.Contrast(ImageEnhance.Brightness(image).enhance(1.35)).enhance(1.1)


def grey(image: Image.Image) -> Image.Image:
    """The picture without its colours."""
    return image.convert("L").convert("RGB")


def blurred(image: Image.Image) -> Image.Image:
    """The picture under a Gaussian blur of 0.5 % of its longer side."""
    return image.filter(ImageFilter.GaussianBlur(max(image.size) * 0.005))


EDITS: dict[str, Edit] = {
    "JPEG quality 30": recompressed(30),
    "half size": scaled(0.5),
    "5 % cut off each side": cropped(0.05),
    "15 % cut off each side": cropped(0.15),
    "turned 5°": turned(5),
    "turned -5°": turned(-5),
    "turned 25°": turned(25),
    "turned 90°": turned(90),
    "turned 180°": turned(180),
    "turned 270°": turned(270),
    "mirrored": mirrored,
    "text bar": captioned,
    "border": bordered,
    "brighter": brightened,
    "grey": grey,
    "blurred": blurred,
}
"""Every edit by the name that reports show; each takes and gives an RGB picture."""
