"""How a file reaches the disk: whole or not at all."""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pictrace.errors import InsufficientStorageError

_TEMPORARY = re.compile(r"\.(.+?)(\.[0-9a-f]{16})?\.tmp(-journal|-wal|-shm)?", re.DOTALL)
"""`.NAME.RANDOM.tmp`, with what SQLite puts beside it; once without the random part."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """An empty file in the same folder; what was written to it becomes `path` when the block ends well.

    Its name cannot be foreseen, and it may be read and written by whom `path` may be. File, then name, then
    folder are forced to disk, so that after a power cut there is the old file or the new one. After an error
    the temporary file is gone and `path` is as before.

    Raises:
        InsufficientStorageError: the disk is full.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}.tmp")
    with telling_of_room(path):
        _make(temporary, path)
        try:
            yield temporary
            _sync(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        if hasattr(os, "O_DIRECTORY"):
            _sync(path.parent)


@contextmanager
def telling_of_room(path: Path) -> Iterator[None]:
    """Writing what becomes `path`: where there is no room for it, that is told as what it is.

    Raises:
        InsufficientStorageError: the disk is full.
    """
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise InsufficientStorageError(
            f"the disk is full: {path.name} could not be written", hint="free some space and try again"
        ) from error


def is_full(error: Exception) -> bool:
    """Whether a write failed because there is no room, on the disk or for this user."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def written_name(name: str) -> str:
    """The name of the file that a temporary file was to become; any other name as it is."""
    found = _TEMPORARY.fullmatch(name)
    return found[1] if found else name


def leftovers(path: Path) -> list[Path]:
    """Temporary files that killed writers of `path` left; to be removed by whoever holds the lock, and nobody else."""
    return [one for one in path.parent.iterdir() if one.name != path.name and written_name(one.name) == path.name]


def _make(temporary: Path, path: Path) -> None:
    """The file, empty and ours: whatever is there under its name, links included, is refused."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(temporary, flags, 0o666)
    try:
        former = path.lstat() if os.path.lexists(path) else None
        if former and stat.S_ISREG(former.st_mode) and hasattr(os, "fchmod"):
            os.fchmod(handle, former.st_mode & 0o777)
    finally:
        os.close(handle)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
