"""What moves a picture's pixels: crops, turns, mirrors, perspective, and borders round it."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from pictrace.edits._kinds import Edit, NamedEdit, named, plain

Points = Sequence[tuple[float, float]]
Colour = tuple[int, int, int]
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def cropped(share: float) -> Edit:
    """The picture with `share` of each side's length cut off at all four sides."""

    def edit(image: Image.Image) -> Image.Image:
        dx, dy = round(image.width * share), round(image.height * share)
        return image.crop((dx, dy, image.width - dx, image.height - dy))

    return edit


def kept(share: float, *, x: float = 0.5, y: float = 0.5) -> Edit:
    """The part of the picture that has `share` of each side; `x` and `y` in [0, 1] say where, 0.5 is the middle."""

    def edit(image: Image.Image) -> Image.Image:
        width, height = max(1, round(image.width * share)), max(1, round(image.height * share))
        left, top = round((image.width - width) * x), round((image.height - height) * y)
        return image.crop((left, top, left + width, top + height))

    return edit


def turned(degrees: float) -> Edit:
    """The picture turned counter-clockwise, the canvas grown, the corners filled with black."""

    def edit(image: Image.Image) -> Image.Image:
        return image.rotate(degrees, Image.Resampling.BICUBIC, expand=True)

    return edit


def mirrored(image: Image.Image) -> Image.Image:
    """The picture with left and right exchanged."""
    return ImageOps.mirror(image)


def flipped(image: Image.Image) -> Image.Image:
    """The picture upside down, as in water."""
    return ImageOps.flip(image)


def framed(share: float, colour: Colour) -> Edit:
    """The picture inside a frame of `share` of its shorter side."""
    return lambda image: ImageOps.expand(image, border=round(min(image.size) * share), fill=colour)


def bordered(image: Image.Image) -> Image.Image:
    """The picture inside a white frame of a tenth of its shorter side."""
    return framed(0.1, WHITE)(image)


def with_blurred_sides(image: Image.Image) -> Image.Image:
    """The picture before a blurred and enlarged one of itself that is 16:9, or 9:16 if the picture is wide."""
    width, height = image.size
    wide, high = (width, max(height, width * 16 // 9)) if width >= height else (max(width, height * 16 // 9), height)
    ground = ImageOps.fit(image, (wide, high), Image.Resampling.BILINEAR)
    ground = ground.filter(ImageFilter.GaussianBlur(max(wide, high) / 40))
    ground.paste(image, ((wide - width) // 2, (high - height) // 2))
    return ground


def solved(start: Points, end: Points) -> list[float]:
    """The eight numbers of the perspective that sends four points to four points."""
    rows, sides = [], []
    for (x, y), (u, v) in zip(start, end, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        sides += [u, v]
    numbers: list[float] = np.linalg.solve(np.array(rows), np.array(sides)).tolist()
    return numbers


def outline(image: Image.Image) -> Points:
    """The corners of a picture, clockwise from the top left."""
    return [
        (0.0, 0.0),
        (float(image.width), 0.0),
        (float(image.width), float(image.height)),
        (0.0, float(image.height)),
    ]


def laid(image: Image.Image, corners: Points, size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """The picture with its corners, clockwise from the top left, at points of a canvas, and the mask of where it is."""
    numbers = solved(corners, outline(image))
    moved = image.transform(size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BICUBIC)
    whole = Image.new("L", image.size, 255)
    return moved, whole.transform(size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BILINEAR)


def in_perspective(corners: Points) -> Edit:
    """The picture with its corners at these shares of the canvas, the rest black."""

    def edit(image: Image.Image) -> Image.Image:
        return laid(image, [(x * image.width, y * image.height) for x, y in corners], image.size)[0]

    return edit


MILD = ((0.05, 0.03), (0.98, 0.0), (0.94, 0.97), (0.0, 1.0))
STRONG = ((0.16, 0.08), (1.0, 0.0), (0.82, 1.0), (0.0, 0.84))

SUITE: list[NamedEdit] = [
    *named(
        "crop",
        ("crop-80", "80 % of each side", plain(kept(0.8))),
        ("crop-50", "the middle half of each side", plain(kept(0.5))),
        ("crop-50-corner", "half of each side, towards a corner", plain(kept(0.5, x=0.85, y=0.2))),
        ("crop-30", "the middle 30 % of each side", plain(kept(0.3))),
        ("crop-30-side", "30 % of each side, off the middle", plain(kept(0.3, x=0.25, y=0.7))),
        ("crop-20", "the middle 20 % of each side", plain(kept(0.2))),
    ),
    *named(
        "turn", *((f"turn-{angle}", f"turned by {angle}°", plain(turned(angle))) for angle in (5, 25, 45, 90, 180, 270))
    ),
    *named(
        "reflection", ("mirror", "left and right exchanged", plain(mirrored)), ("flip", "upside down", plain(flipped))
    ),
    *named(
        "perspective",
        ("perspective-mild", "seen a little from the side", plain(in_perspective(MILD))),
        ("perspective-strong", "seen from the side", plain(in_perspective(STRONG))),
    ),
    *named(
        "border",
        ("border-white", "a white frame", plain(framed(0.1, WHITE))),
        ("border-black", "black bars all round", plain(framed(0.15, BLACK))),
        ("blurred-sides", "before a blurred one of itself", plain(with_blurred_sides)),
    ),
]
