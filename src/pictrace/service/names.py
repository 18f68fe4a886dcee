"""Names that clients give to pictures and collections: data to be shown, never a path."""

import re
import unicodedata

from pictrace.errors import NotFoundError, UsageError

_COLLECTION = re.compile(r"[a-z0-9_-]{1,64}")
_RULE = "names have 1 to 64 of a to z, 0 to 9, _ and -"
_MOST_BYTES = 255
_UNNAMED = "upload"


def shown(name: str) -> str:
    """A file's name as it is kept: the part after the last separator, NFC, without control and direction marks.

    At most 255 bytes of UTF-8; the ending survives. Within an archive, separators are part of a member's name, and
    whoever unpacked it has joined the two with `/`, which is kept where no part of it leads anywhere.
    """
    parts = [_clean(part) for part in unicodedata.normalize("NFC", name).replace("\\", "/").split("/")]
    return _cut("/".join(part for part in parts if part.strip(".")) or _UNNAMED)


def base(name: str) -> str:
    """What a client calls a file, without the folders it had there."""
    return shown(name.replace("\\", "/").rpartition("/")[2])


def collection(name: str) -> str:
    """The name, if a collection may have it.

    Raises:
        NotFoundError: none has such a name.
    """
    if not is_collection(name):
        raise NotFoundError("there is no such collection", hint=_RULE)
    return name


def new_collection(name: str) -> str:
    """The name, if a collection may be given it.

    Raises:
        UsageError: none may.
    """
    if not is_collection(name):
        raise UsageError("no collection can have that name", hint=_RULE)
    return name


def is_collection(name: str) -> bool:
    """Whether a collection may have that name."""
    return _COLLECTION.fullmatch(name) is not None


def _clean(part: str) -> str:
    return "".join(one for one in part if unicodedata.category(one)[0] != "C").strip()


def _cut(name: str) -> str:
    if len(name.encode()) <= _MOST_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    ending = dot + ending if len(ending) < 10 else ""
    room = _MOST_BYTES - len(ending.encode())
    return (stem if ending else name).encode()[:room].decode(errors="ignore") + ending
