"""From what a person names to the source that reads it."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from pictrace._regular import open_regular
from pictrace.errors import UnsupportedFormatError
from pictrace.settings import FetchPolicy, Limits
from pictrace.sources import Known, Source
from pictrace.sources._names import ARCHIVES, LISTS, OTHER_ARCHIVES, PICTURES, TARS, ZIPS, holds_archive, suffix
from pictrace.sources.archive import Archive
from pictrace.sources.folder import File, Folder
from pictrace.sources.reading import missing, resolved
from pictrace.sources.url_list import UrlList

_READABLE_MAGICS = (b"PK", b"\x1f\x8b")


def open_source(
    path: str | os.PathLike[str],
    limits: Limits,
    *,
    exclude: Sequence[str] = (),
    known: Known = lambda _: False,
    fetch: FetchPolicy | None = None,
) -> Source:
    """The source behind a path: a folder, a ZIP or tar, a list of URLs, or else one picture file.

    `exclude` holds patterns of names to leave out (see docs/sources.md). Members of archives and
    URLs for which `known` holds come without their bytes; others are fetched as `fetch` allows.

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
    if ending in LISTS:
        return UrlList(root, fetch, known=known)
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
    except OSError as error:
        raise missing(path, error) from error
