"""The pictures that commands are given, and the pages that show them."""

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from pictrace.cli._console import check_free
from pictrace.errors import FetchError, PictureError, SourceUnreadableError, UsageError

if TYPE_CHECKING:
    from pictrace.picture import Picture


def picture_of(path: str, settings: Any, *, whole: bool = False) -> "Picture":
    """The picture of an argument, decoded like any other query, or `whole` for a part to be cut out."""
    from pictrace.comparison import at_hand
    from pictrace.picture import Picture
    from pictrace.tracing import TARGET

    target = 0 if whole else TARGET
    if not path:
        raise UsageError("an empty path names no picture", hint="name a picture's file")
    scheme = re.match(r"([a-z][a-z0-9+.-]+)://", path, re.IGNORECASE)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        raise UsageError(f"{path} is no URL that can be fetched", hint="give http, https, or a file's path")
    if path != "-":
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir fails where nothing may be looked at
            raise SourceUnreadableError(f"{path} is a folder, no picture", hint="`pictrace index` takes folders")
        try:
            return Picture.open(at_hand(path, settings.fetch), limits=settings.limits, target=target)
        except (PictureError, FetchError) as error:
            raise type(error)(f"{path}: {error}", hint=_meant(path) or error.hint) from error
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            "`-` reads a picture from stdin, and nothing is piped in", hint="try: pictrace search - < FILE"
        )
    return Picture.open(sys.stdin.buffer, limits=settings.limits, target=target)


def _meant(path: str) -> str:
    """What to write where a number was given that no file is called."""
    is_number = path.isascii() and path.isdigit() and not os.path.lexists(path)
    return f"for the picture of that id in the collection, write `id:{path}`" if is_number else ""


def named(image: str, source: Any) -> str:
    """A picture's name for people: of `id:42` in a collection the name of its file, and the id."""
    from pictrace.cli._console import key_of

    if image == "-":
        return "stdin"
    if not image.startswith("id:"):
        return image
    key = key_of(image)
    path = source.get(key).path
    return f"picture {key}" if path is None else f"{path.rpartition('/')[2] or path} (id {key})"


def check_page(path: str | None) -> None:
    """Nothing, if a page may be written there.

    Raises:
        UsageError: somebody else's file is there.
    """
    if path is not None:
        from pictrace.report import beginning

        check_free(path, like=beginning())


def today() -> str:
    """Date and time as pages show them."""
    from datetime import datetime

    return datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
