"""What puts a picture among other things: screenshots, collages, walls and screens."""

import math
import random
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from pictrace.edits._geometry import Points, laid
from pictrace.edits._kinds import Given, Make, NamedEdit, plain

_WHITE, _INK, _PALE, _LINE = (255, 255, 255), (30, 32, 36), (140, 146, 152), (226, 228, 232)
_BLUE, _RED = (45, 125, 245), (235, 70, 90)
_LONGEST = 1600


def on_a_phone(image: Image.Image) -> Image.Image:
    """The picture in the screenshot of a dark gallery on a phone, 540 × 1170, with bars above and below."""
    width, height = 540, 1170
    screen = Image.new("RGB", (width, height), (18, 18, 20))
    draw = ImageDraw.Draw(screen)
    _status_bar(draw, width, _WHITE)
    draw.text((24, 74), "<", _WHITE, ImageFont.load_default(34), anchor="lm")
    draw.text((width / 2, 66), "Holidays", _WHITE, ImageFont.load_default(24), anchor="mm")
    draw.text((width / 2, 94), "12 May  18:04", _PALE, ImageFont.load_default(16), anchor="mm")
    shown = ImageOps.contain(image, (width, 760), Image.Resampling.LANCZOS)
    screen.paste(shown, ((width - shown.width) // 2, 130 + (760 - shown.height) // 2))
    for place in range(9):
        shade = 50 + 17 * place
        draw.rectangle((24 + place * 55, 940, 72 + place * 55, 988), (shade, 90, 220 - shade))
    for place, words in enumerate(("Share", "Like", "Edit", "Delete")):
        x = 68 + place * 135
        draw.ellipse((x - 17, 1030, x + 17, 1064), outline=_WHITE, width=3)
        draw.text((x, 1086), words, _PALE, ImageFont.load_default(17), anchor="mm")
    draw.rounded_rectangle((190, 1148, 350, 1153), 3, _WHITE)
    return screen


def _status_bar(draw: ImageDraw.ImageDraw, width: int, ink: tuple[int, int, int]) -> None:
    draw.text((30, 22), "9:41", ink, ImageFont.load_default(20), anchor="lm")
    for place in range(4):
        draw.rectangle((width - 120 + 8 * place, 28 - 4 * place, width - 115 + 8 * place, 30), ink)
    draw.rounded_rectangle((width - 66, 14, width - 30, 31), 4, outline=ink, width=2)
    draw.rectangle((width - 63, 17, width - 42, 28), ink)


def in_a_post(image: Image.Image) -> Image.Image:
    """The picture in a post of a social network, 640 px wide: a face, a name and words above it, buttons below."""
    width = 640
    shown = ImageOps.contain(image, (width - 40, 620), Image.Resampling.LANCZOS)
    page = Image.new("RGB", (width, 168 + shown.height + 190), _WHITE)
    draw = ImageDraw.Draw(page)
    draw.ellipse((20, 20, 72, 72), (120, 170, 200))
    draw.ellipse((37, 30, 55, 48), (240, 214, 190))
    draw.text((88, 34), "Anna Example", _INK, ImageFont.load_default(21), anchor="lm")
    draw.text((88, 60), "@anna · 2 h", _PALE, ImageFont.load_default(17), anchor="lm")
    draw.text((20, 100), "Look what I found in the attic today, does", _INK, ImageFont.load_default(21), anchor="lm")
    draw.text((20, 130), "anybody know where this is? #help", _INK, ImageFont.load_default(21), anchor="lm")
    page.paste(shown, ((width - shown.width) // 2, 156))
    below = 156 + shown.height + 30
    for place, (words, ink) in enumerate((("214", _PALE), ("57", _PALE), ("1,302", _RED), ("Share", _PALE))):
        draw.ellipse((30 + place * 150, below - 11, 52 + place * 150, below + 11), outline=ink, width=3)
        draw.text((62 + place * 150, below), words, ink, ImageFont.load_default(18), anchor="lm")
    draw.line((20, below + 30, width - 20, below + 30), _LINE, 2)
    draw.ellipse((20, below + 46, 58, below + 84), (220, 150, 110))
    draw.rounded_rectangle((70, below + 44, width - 20, below + 104), 16, (240, 242, 245))
    draw.text((86, below + 62), "Ben", _INK, ImageFont.load_default(17), anchor="lm")
    draw.text((86, below + 86), "That is the old harbour, surely!", _INK, ImageFont.load_default(17), anchor="lm")
    draw.text((86, below + 122), "Like   Reply", _BLUE, ImageFont.load_default(15), anchor="lm")
    return page


def in_a_collage(image: Image.Image, given: Given) -> Image.Image:
    """The picture as one of 2 × 2 in a collage, all cut to 4:3, with thin white lines between them."""
    tiles: list[Image.Image] = given.others(3)
    tiles.insert(given.draw.randrange(4), image)
    wide, high, gap = 480, 360, 8
    page = Image.new("RGB", (2 * wide + 3 * gap, 2 * high + 3 * gap), _WHITE)
    for place, tile in enumerate(tiles):
        at = gap + (place % 2) * (wide + gap), gap + (place // 2) * (high + gap)
        page.paste(ImageOps.fit(tile, (wide, high), Image.Resampling.LANCZOS), at)
    return page


def pasted(share: float) -> Make:
    """The picture pasted somewhere into another one, `share` of its width and never higher than 0.9 of it."""

    def make(image: Image.Image, given: Given) -> Image.Image:
        ground = _ground(given, round(image.width / share))
        shown = ImageOps.contain(image, (round(ground.width * share), round(ground.height * 0.9)))
        left = given.draw.randint(0, ground.width - shown.width)
        top = given.draw.randint(0, ground.height - shown.height)
        ground.paste(shown, (left, top))
        return ground

    return make


def _ground(given: Given, width: int) -> Image.Image:
    """Another picture as a ground, about so wide."""
    other = given.others(1)[0]
    scale = min(width / other.width, _LONGEST / max(other.size))
    size = max(64, round(other.width * scale)), max(64, round(other.height * scale))
    return other.resize(size, Image.Resampling.BICUBIC)


def in_clutter(image: Image.Image, given: Given) -> Image.Image:
    """The picture as a print that lies askew in another one and covers a tenth of it, in that one's light."""
    ground = _ground(given, 1200)
    area = 0.1 * ground.width * ground.height
    scale = math.sqrt(area / (image.width * image.height))
    corners = _askew(image.width * scale, image.height * scale, given.draw)
    wide, high = (max(point[axis] for point in corners) for axis in (0, 1))
    left = given.draw.uniform(0, max(0.0, ground.width - wide))
    top = given.draw.uniform(0, max(0.0, ground.height - high))
    placed = [(x + left, y + top) for x, y in corners]
    small = image.resize((max(8, round(image.width * scale * 1.2)), max(8, round(image.height * scale * 1.2))))
    moved, mask = laid(ImageEnhance.Brightness(small).enhance(0.88), placed, ground.size)
    ground.paste(moved, mask=mask)
    return ground.filter(ImageFilter.GaussianBlur(0.6))


def _askew(width: float, height: float, draw: random.Random) -> Points:
    """A rectangle turned by up to 20° and seen a little from the side, moved to where no coordinate is negative."""
    angle = math.radians(draw.uniform(-20, 20))
    found = []
    for x, y in ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)):
        u, v = x + draw.uniform(-0.05, 0.05) * width, y + draw.uniform(-0.05, 0.05) * height
        found.append((u * math.cos(angle) - v * math.sin(angle), u * math.sin(angle) + v * math.cos(angle)))
    left, top = min(x for x, _ in found), min(y for _, y in found)
    return [(x - left, y - top) for x, y in found]


def off_a_screen(image: Image.Image, given: Given) -> Image.Image:
    """The picture on a monitor, photographed from one side: its frame, stripes of interference, a cast and grain."""
    width, height = (900, round(900 * image.height / image.width))
    shown = image.resize((width, height), Image.Resampling.LANCZOS)
    canvas = round(width * 1.25), round(height * 1.25)
    room = Image.new("RGB", canvas, (58, 54, 50))
    inner = [(0.11 + x * 0.78, 0.1 + y * 0.8) for x, y in ((0.0, 0.0), (1.0, 0.04), (0.98, 0.97), (0.03, 1.0))]
    corners = [(x * canvas[0], y * canvas[1]) for x, y in inner]
    frame = ImageOps.expand(shown, border=round(width * 0.03), fill=(12, 12, 14))
    edge = _grown(corners, 1.06)
    moved, mask = laid(frame, edge, canvas)
    room.paste(moved, mask=mask)
    pixels = np.asarray(room, np.float32)
    draw = np.random.default_rng(given.draw.getrandbits(32))
    stripes = _stripes(canvas, draw) * (np.asarray(mask, np.float32)[..., None] / 255)
    lit = pixels * (1 + stripes) * np.array([0.94, 0.98, 1.06], np.float32) + draw.normal(0, 5, pixels.shape)
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))


def _grown(corners: Points, factor: float) -> Points:
    middle = [sum(point[axis] for point in corners) / 4 for axis in (0, 1)]
    return [(middle[0] + (x - middle[0]) * factor, middle[1] + (y - middle[1]) * factor) for x, y in corners]


def _stripes(size: tuple[int, int], draw: np.random.Generator) -> "np.typing.NDArray[np.float32]":
    """Waves `(h, w, 3)` of a few per cent, as where a sensor's grid meets that of a screen, a phase for each colour."""
    y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
    angle, length = draw.uniform(0.2, 1.2), draw.uniform(7, 12)
    along = (x * np.cos(angle) + y * np.sin(angle)) / length + 0.4 * np.sin(y / 90)
    waves: np.typing.NDArray[np.float32] = np.stack([np.sin(2 * np.pi * along + phase) for phase in (0, 0.9, 1.8)], -1)
    return 0.07 * waves


def _edit(name: str, says: str, make: Make, *, needs_others: bool = False, family: str = "inside") -> NamedEdit:
    return NamedEdit(name, family, says, make, needs_others)


SUITE: Sequence[NamedEdit] = [
    _edit("phone", "a phone's screenshot of it", plain(on_a_phone), family="screenshot"),
    _edit("post", "in a social network's post", plain(in_a_post), family="screenshot"),
    _edit("screen", "photographed off a screen", off_a_screen, family="screenshot"),
    _edit("collage", "one of four in a collage", in_a_collage, needs_others=True),
    _edit("pasted-half", "inside another, half of its width", pasted(1 / 2), needs_others=True),
    _edit("pasted-third", "inside another, a third of its width", pasted(1 / 3), needs_others=True),
    _edit("clutter", "askew, a tenth of another picture", in_clutter, needs_others=True),
]
