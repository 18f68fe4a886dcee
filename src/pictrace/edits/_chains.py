"""Two or three edits one after the other, as pictures meet them that were passed on more than once."""

import functools

from PIL import Image

from pictrace.edits._codecs import recompressed, scaled
from pictrace.edits._embedding import on_a_phone
from pictrace.edits._geometry import WHITE, framed, kept, mirrored, turned
from pictrace.edits._kinds import Edit, NamedEdit, plain
from pictrace.edits._overlay import written_across
from pictrace.edits._tone import blurred, tinted


def chained(*edits: Edit) -> Edit:
    """The edits in this order."""

    def edit(image: Image.Image) -> Image.Image:
        return functools.reduce(lambda before, one: one(before), edits, image)

    return edit


def _edit(name: str, says: str, *edits: Edit, lossless: bool = False) -> NamedEdit:
    return NamedEdit(name, "combined", says, plain(chained(*edits)), lossless=lossless)


SUITE: list[NamedEdit] = [
    _edit("crop-recolour", "60 % of each side, a warm filter", kept(0.6, x=0.3, y=0.6), tinted),
    _edit("text-mirror-half", "a word across, mirrored, half of each side", written_across, mirrored, scaled(0.5)),
    _edit("border-turn-blur", "a white frame, turned by 8°, blurred", framed(0.1, WHITE), turned(8), blurred),
    _edit("phone-jpeg", "a phone's screenshot, JPEG 30", on_a_phone, recompressed(30), lossless=True),
]
