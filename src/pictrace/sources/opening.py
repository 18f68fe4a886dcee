"""From what a person names to the source that reads it."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from pictrace.errors import SourceUnreadableError, UnsupportedFormatError
from pictrace.settings import Limits
from pictrace.sources import Source
from pictrace.sources._names import ARCHIVES, OTHER_ARCHIVES, PICTURES, TARS, ZIPS, holds_archive, suffix
from pictrace.sources.archive import Archive, Known
from pictrace.sources.folder import File, Folder
from pictrace.sources.reading import missing, open_regular, resolved

_READABLE_MAGICS = (b"PK", b"\x1f\x8b")


def open_source(
    path: str | os.PathLike[str],
    limits: Limits,
    *,
    exclude: Sequence[str] = (),
    known: Known = lambda _: False,
) -> Source:
    """The source behind a path: a folder, a ZIP or tar, or else one picture file.

    `exclude` holds patterns of names to leave out (see docs/sources.md). Members of archives for which
    `known` holds come without their bytes.

    Raises:
        RootMissingError: nothing is there, or it may not be read.
        UnsupportedFormatError: an archive of another kind.
        UsageError: no possible path, a collection, or the system's own accounts.
    """
    root = resolved(path)
    try:
        status = os.lstat(root)
    except OSError as error:
        raise missing(root, error) from error
    if stat.S_ISDIR(status.st_mode):
        return Folder(root, exclude=exclude)
    ending = suffix(root)
    if ending in PICTURES or not stat.S_ISREG(status.st_mode):
        return File(root)
    head = b"" if ending in ARCHIVES else _head(root)
    if ending in ZIPS | TARS or head.startswith(_READABLE_MAGICS) or head[257:262] == b"ustar":
        return Archive(root, limits, exclude=exclude, known=known)
    if ending in OTHER_ARCHIVES or holds_archive(head):
        raise UnsupportedFormatError(
            f"{Path(root).name!r} is an archive of a kind that is not read",
            hint="unpack it and index the folder, or pack it again as ZIP or tar",
        )
    return File(root)


def _head(path: str) -> bytes:
    try:
        with open_regular(path) as file:
            return file.read(512)
    except (OSError, SourceUnreadableError) as error:
        raise missing(path, error) from error
