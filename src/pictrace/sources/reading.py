"""Open and read files that somebody else may change meanwhile: no links, no devices, no waiting."""

import errno
import os
from collections.abc import Callable
from typing import TypeVar

from pictrace._regular import open_regular
from pictrace.errors import FileTooLargeError, RootMissingError, SourceUnreadableError, UsageError
from pictrace.sources import Item
from pictrace.types import Location

_Result = TypeVar("_Result")
_INT64 = 1 << 63


def read(item: Item, limit_bytes: int) -> bytes:
    """The bytes of an item: its own, or those of the file at its location.

    Raises:
        FileTooLargeError: more than `limit_bytes`; none of them were read.
        SourceUnreadableError: gone, not allowed, no regular file, or changed while it was read.
    """
    if item.data is not None:
        return item.data
    try:
        return retried(lambda: _read_file(item.location.uri, limit_bytes))
    except OSError as error:
        raise SourceUnreadableError(reason(error)) from error


def _read_file(path: str, limit_bytes: int) -> bytes:
    with open_regular(path) as file:
        before = os.fstat(file.fileno())
        if before.st_size > limit_bytes:
            raise FileTooLargeError(
                f"the file has {before.st_size} bytes, more than the {limit_bytes} allowed",
                hint="raise limits.file_bytes if you trust it",
            )
        data = file.read(before.st_size + 1)
        if len(data) != before.st_size or changed(before, os.fstat(file.fileno())):
            raise SourceUnreadableError("the file changed while it was read", hint="index it again later")
        return data


def changed(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether a file was written to between two looks at it."""
    return (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)


def retried(call: Callable[[], _Result]) -> _Result:
    """What the call returns, tried up to three times while a network file system hiccups."""
    for _ in range(2):
        try:
            return call()
        except OSError as error:
            if error.errno not in {errno.EIO, errno.ESTALE}:
                raise
    return call()


def reason(error: OSError) -> str:
    """What went wrong in words without paths or numbers."""
    return (error.strerror or "it cannot be read").lower()


def may_be_there(place: Location) -> bool:
    """Whether a file, or the archive or list of what is no file, is there, or cannot be looked at.

    No permission, or a disk that does not answer, is no proof of absence; a given name is not looked for.
    """
    if place.is_given:
        return True
    try:
        os.lstat(place.root if place.identity is None else place.uri)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def missing(root: str, error: OSError) -> RootMissingError:
    """The error for a root that cannot be read."""
    return RootMissingError(
        f"cannot read {root!r}: {reason(error)}",
        hint="is it spelled right, mounted, and may you read it? Nothing was removed from the collection",
    )


def locate(path: str, root: str, status: os.stat_result) -> Location:
    """The location of a file, with numbers that fit the 64 signed bits databases have."""
    return Location(
        uri=path,
        root=root,
        size=status.st_size,
        mtime_ns=max(-_INT64, min(_INT64 - 1, status.st_mtime_ns)),
        identity=(_signed(status.st_dev), _signed(status.st_ino)),
    )


def resolved(path: str | os.PathLike[str]) -> str:
    """The absolute path with every link on the way resolved, so that two names of one root are one root.

    Raises:
        UsageError: nothing, or what no file system could hold.
    """
    text = os.fsdecode(path)
    if not text:
        raise UsageError("an empty path names no source", hint='name a folder, a picture or an archive; "." is here')
    try:
        os.fsencode(text)
        return os.path.realpath(text)
    except ValueError as error:
        raise UsageError(f"no file can be called {text!r}") from error


def _signed(number: int) -> int:
    # Inode numbers of some file systems use all 64 bits; shifting keeps different ones different.
    return (number + _INT64) % (2 * _INT64) - _INT64
