"""What people put on a picture: words, stickers, marks."""

import math

from PIL import Image, ImageDraw, ImageFont

from pictrace.edits._kinds import Given, NamedEdit, named, plain

_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


def captioned(image: Image.Image) -> Image.Image:
    """The picture with a bar of white text over its lowest sixth."""
    edited = image.copy()
    draw = ImageDraw.Draw(edited)
    top = image.height - image.height // 6
    draw.rectangle((0, top, image.width, image.height), fill=(0, 0, 0))
    draw.text((8, top + 2), "found again, with text", fill=(255, 255, 255), font_size=image.height // 9)
    return edited


def as_meme(image: Image.Image) -> Image.Image:
    """The picture with white capitals, outlined in black, across its top and its bottom."""
    edited = image.copy()
    for words, share in (("WHEN YOU FIND IT", 0.11), ("ON THE FIRST TRY", 0.89)):
        _outlined(edited, words, share, width=0.86)
    return edited


def with_caption_bars(image: Image.Image) -> Image.Image:
    """The picture between two white bars with black words, each a sixth of its height."""
    bar = max(12, image.height // 6)
    edited = Image.new("RGB", (image.width, image.height + 2 * bar), _WHITE)
    edited.paste(image, (0, bar))
    draw = ImageDraw.Draw(edited)
    for words, middle in (("nobody:", bar / 2), ("me, looking for pictures at night", image.height + 1.5 * bar)):
        draw.text((image.width * 0.04, middle), words, _BLACK, _font(words, image.width * 0.8, bar * 0.5), anchor="lm")
    return edited


def written_across(image: Image.Image) -> Image.Image:
    """The picture with one large outlined word across its middle."""
    edited = image.copy()
    _outlined(edited, "BREAKING", 0.5, width=0.9)
    return edited


def _outlined(image: Image.Image, words: str, share: float, *, width: float) -> None:
    font = _font(words, image.width * width, image.height * 0.3)
    stroke = max(1, round(float(font.size) / 14))
    at = image.width / 2, image.height * share
    ImageDraw.Draw(image).text(at, words, _WHITE, font, anchor="mm", stroke_width=stroke, stroke_fill=_BLACK)


def _font(words: str, width: float, height: float) -> ImageFont.FreeTypeFont:
    """The font that comes with Pillow, in the size in which words fill a box in one direction."""
    probe = ImageFont.load_default(100)
    size = min(100 * width / max(1.0, probe.getlength(words)), height)
    font = ImageFont.load_default(max(4.0, size))
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType")  # pragma: no cover - its wheels have it
    return font


def with_stickers(image: Image.Image, given: Given) -> Image.Image:
    """The picture with three stickers, stars and discs with white edges, each a fifth of its shorter side."""
    edited = image.copy()
    draw = ImageDraw.Draw(edited)
    radius = min(image.size) * 0.11
    for place, colour in enumerate(((238, 64, 92), (52, 152, 219), (250, 190, 40))):
        x = image.width * (0.2 + 0.3 * place + given.draw.uniform(-0.06, 0.06))
        y = image.height * given.draw.uniform(0.2, 0.8)
        if place == 1:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour, _WHITE, max(1, int(radius / 6)))
        else:
            draw.polygon(_star(x, y, radius * 1.25), _WHITE)
            draw.polygon(_star(x, y, radius), colour)
    return edited


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    turns = [(math.pi * (step / 5 - 0.5), radius * (1.0 if step % 2 == 0 else 0.5)) for step in range(10)]
    return [(x + length * math.cos(angle), y + length * math.sin(angle)) for angle, length in turns]


def with_emoji(image: Image.Image) -> Image.Image:
    """The picture with a laughing face, 45 % of its shorter side, over a part of it."""
    edited = image.copy()
    face = _face(max(16, round(min(image.size) * 0.45)))
    edited.paste(face, (round(image.width * 0.5), round(image.height * 0.12)), face)
    return edited


def _face(side: int) -> Image.Image:
    """A yellow face on a transparent square, drawn four times as large for smooth edges."""
    big = 4 * side
    face = Image.new("RGBA", (big, big))
    draw = ImageDraw.Draw(face)
    draw.ellipse((0, 0, big - 1, big - 1), (255, 204, 51), (214, 150, 20), big // 40)
    for left in (0.22, 0.58):
        draw.arc((big * left, big * 0.26, big * (left + 0.2), big * 0.5), 180, 360, (90, 56, 10), big // 22)
    draw.chord((big * 0.2, big * 0.34, big * 0.8, big * 0.86), 0, 180, (110, 40, 20))
    draw.chord((big * 0.32, big * 0.64, big * 0.68, big * 0.92), 200, 340, (230, 80, 90))
    return face.resize((side, side), Image.Resampling.LANCZOS)


def watermarked(image: Image.Image) -> Image.Image:
    """The picture under translucent words, tiled and slanted, as of an agency's preview."""
    side = round(math.hypot(*image.size))
    words = "© STOCK PREVIEW   "
    font = _font(words, max(image.size) * 0.34, min(image.size) * 0.1)
    layer = Image.new("RGBA", (side, side), (255, 255, 255, 0))
    draw = ImageDraw.Draw(layer)
    length, step = font.getlength(words), max(4.0, float(font.size) * 2.6)
    for row in range(int(side / step) + 1):
        start = -length * (row % 2) / 2
        for column in range(int(side / length) + 2):
            draw.text((start + column * length, row * step), words, (255, 255, 255, 110), font)
    layer = layer.rotate(30, Image.Resampling.BICUBIC)
    left, top = (side - image.width) // 2, (side - image.height) // 2
    mark = layer.crop((left, top, left + image.width, top + image.height))
    return Image.alpha_composite(image.convert("RGBA"), mark).convert("RGB")


def with_logo(image: Image.Image) -> Image.Image:
    """The picture with a channel's mark in a corner, a fifth of its shorter side."""
    edited = image.copy()
    side = max(10, round(min(image.size) * 0.2))
    right, bottom = image.width - side // 5, image.height - side // 5
    draw = ImageDraw.Draw(edited)
    draw.rounded_rectangle((right - 2 * side, bottom - side, right, bottom), side // 4, (200, 20, 40))
    font = _font("TV 9", side * 1.6, side * 0.7)
    draw.text((right - side, bottom - side / 2), "TV 9", _WHITE, font, anchor="mm")
    return edited


SUITE: list[NamedEdit] = [
    *named(
        "text",
        ("text-bar", "words on a bar over the bottom", plain(captioned)),
        ("meme", "a meme's words over top and bottom", plain(as_meme)),
        ("caption-bars", "bars with words above and below", plain(with_caption_bars)),
        ("text-across", "a large word across", plain(written_across)),
    ),
    *named(
        "overlay",
        ("stickers", "three stickers", with_stickers),
        ("emoji", "a large emoji over a part", plain(with_emoji)),
        ("watermark", "an agency's watermark all over", plain(watermarked)),
        ("logo", "a channel's logo in a corner", plain(with_logo)),
    ),
]
