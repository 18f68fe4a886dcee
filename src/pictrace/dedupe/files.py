"""One file looked at without following links: what it is, and the SHA-256 of what is in it at that moment."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pictrace.errors import LinkRefusedError, NotAsPlannedError

Identity = tuple[int, int]
"""Device and inode, which every name of a file has in common, through bind mounts and other spellings too."""

_CHUNK = 1 << 20
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_QUIET = getattr(os, "O_NOATIME", 0)


@dataclass(frozen=True)
class Facts:
    """A regular file as it was at one moment."""

    sha256: str
    size: int
    mtime_ns: int
    atime_ns: int
    mode: int
    identity: Identity
    names: int


def look(path: str) -> os.stat_result:
    """What is at a path, which must be a regular file and no link.

    Raises:
        LinkRefusedError: a link, a folder, a pipe or a device.
        NotAsPlannedError: nothing is there, or it may not be looked at.
    """
    try:
        status = os.lstat(path)
    except (OSError, ValueError) as error:
        raise _gone(path, error) from error
    check_regular(path, status)
    return status


def check_regular(path: str, status: os.stat_result) -> None:
    """Nothing, if it is a regular file.

    Raises:
        LinkRefusedError: it is not.
    """
    if not stat.S_ISREG(status.st_mode):
        what = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "no regular file"
        raise LinkRefusedError(f"{path} is {what}", hint="only the files themselves are ever moved")


def identity_of(status: os.stat_result) -> Identity:
    """What tells a file from every other one while it is there."""
    return status.st_dev, status.st_ino


@contextmanager
def held(path: str) -> Iterator[tuple[int, Facts]]:
    """A file open for reading, and what it is: the bytes that were hashed are those that the name leads to.

    Raises:
        LinkRefusedError: a link, a folder, a pipe or a device.
        NotAsPlannedError: it is not there, cannot be read, or changed while it was read.
    """
    before = look(path)
    handle = _open(path)
    try:
        yield handle, _facts(path, handle, before)
    finally:
        os.close(handle)


def facts_of(path: str) -> Facts:
    """What a file is, its bytes read to the end."""
    with held(path) as (_, facts):
        return facts


def same_state(status: os.stat_result, facts: Facts) -> bool:
    """Whether a file is the one that was read, and was not written to since."""
    now = (identity_of(status), status.st_size, status.st_mtime_ns)
    return stat.S_ISREG(status.st_mode) and now == (facts.identity, facts.size, facts.mtime_ns)


def _open(path: str) -> int:
    try:
        # Reading leaves no trace in the time of the last access, where the file is one's own.
        return os.open(path, _FLAGS | _QUIET)
    except OSError as error:
        if not (_QUIET and error.errno == errno.EPERM):
            raise _gone(path, error) from error
    try:
        return os.open(path, _FLAGS)
    except OSError as error:
        raise _gone(path, error) from error


def _facts(path: str, handle: int, before: os.stat_result) -> Facts:
    check_regular(path, os.fstat(handle))
    digest, size = hashlib.sha256(), 0
    try:
        while chunk := os.read(handle, _CHUNK):
            digest.update(chunk)
            size += len(chunk)
        after, named = os.fstat(handle), os.lstat(path)
    except OSError as error:
        raise _gone(path, error) from error
    facts = Facts(
        digest.hexdigest(),
        size,
        before.st_mtime_ns,
        before.st_atime_ns,
        stat.S_IMODE(before.st_mode),
        identity_of(before),
        after.st_nlink,
    )
    if not same_state(after, facts) or not same_state(named, facts):
        raise NotAsPlannedError(f"{path} changed while it was read", hint="try again once nobody writes to it")
    return facts


def _gone(path: str, error: OSError | ValueError) -> NotAsPlannedError | LinkRefusedError:
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return LinkRefusedError(f"{path} is a symbolic link", hint="only the files themselves are ever moved")
    reason = (isinstance(error, OSError) and error.strerror) or "no file can be called that"
    return NotAsPlannedError(f"{path} cannot be read: {reason.lower()}", hint="make the plan anew")
