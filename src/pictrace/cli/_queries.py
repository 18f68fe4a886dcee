"""What a command is asked to search with: a picture, or words, or a mixture of both."""

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pictrace.cli._console import key_of
from pictrace.cli._pictures import picture_of
from pictrace.errors import PictraceError

if TYPE_CHECKING:
    from pictrace.blends import Blend, Example, Words
    from pictrace.picture import Picture

PLACES = "places say which pictures are nearest; how likely they are to show what was asked for, nobody has measured"
"""What is said where places are told and no scores."""

_WEIGHT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\*(.+)", re.DOTALL)
_LIKE_A_FILE = re.compile(
    r"\S*[/\\]\S*|.*\.(jpe?g|png|gif|webp|bmp|tiff?|avif|heic|heif)|\d*", re.IGNORECASE | re.DOTALL
)
"""What is meant as a file also where none is there: a slip of the pen must not become words."""


def query_of(
    text: str, source: Any, *, plus: Sequence[str] = (), minus: Sequence[str] = (), is_words: bool = False
) -> "Picture | int | Words | Blend":
    """What arguments stand for: a picture, or words where the collection reads them, or a mixture of both.

    With `is_words` the first is words whatever it looks like.
    """
    from pictrace.blends import Blend, Words

    first = _words(text) if is_words else _part(text, source)
    if plus or minus:
        return Blend(
            plus=(first, *(_part(one, source) for one in plus)), minus=tuple(_part(one, source) for one in minus)
        )
    return first if isinstance(first, Words) else first.image  # type: ignore[return-value] # opened by `_part`


def is_picture(text: str) -> bool:
    """Whether an argument names a picture, be it there or not."""
    is_address = text == "-" or text.startswith("id:") or re.match(r"[a-z][a-z0-9+.-]+://", text, re.IGNORECASE)
    return bool(is_address or _LIKE_A_FILE.fullmatch(text)) or os.path.lexists(text)


def _part(text: str, source: Any) -> "Words | Example":
    from pictrace.blends import Example

    weight, rest = _split(text)
    if not is_picture(rest) and source.reads_words:
        return _words(text)
    image = key_of(rest) if rest.startswith("id:") else _picture(rest, source)
    return Example(image, weight)


def _words(text: str) -> "Words":
    from pictrace.blends import Words

    weight, rest = _split(text)
    return Words(rest, weight)


def _split(text: str) -> tuple[float, str]:
    """The weight in `2*red bicycle`, and the rest."""
    found = None if os.path.lexists(text) else _WEIGHT.fullmatch(text)
    return (float(found[1]), found[2]) if found else (1.0, text)


def _picture(text: str, source: Any) -> "Picture":
    from pictrace.words import READERS

    try:
        return picture_of(text, source.settings)
    except PictraceError as error:
        if is_picture(text):
            raise
        hint = f"to search with words, add {READERS} by `pictrace spaces add`; docs/text.md says how"
        raise type(error)(str(error), hint=f"{error.hint}; {hint}" if error.hint else hint) from error
