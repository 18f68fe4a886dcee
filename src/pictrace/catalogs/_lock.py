"""One writer per collection: an operating system lock, and beside it the name of who holds it."""

import contextlib
import json
import os
import socket
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path

import filelock

from pictrace._atomic import is_full
from pictrace._regular import open_regular
from pictrace.errors import ConfigurationError, IndexLockedError, InsufficientStorageError

LOCK_NAME = "writer.lock"
HOLDER_NAME = "writer.json"

_HOLDER_BYTES = 4096


class WriterLock:
    """The right to write to one folder, until it is released or its process ends, however it ends.

    The lock is the kernel's hold on `writer.lock`, so a killed writer leaves none behind; `writer.json` only
    says whose it is.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_NAME
        self._holder = folder / HOLDER_NAME
        # Not bound to a thread: a service opens a collection in one and closes it in another.
        self._lock = filelock.FileLock(self._path, mode=0o600, thread_local=False)

    def acquire(self) -> None:
        """Hold the lock, or learn at once who does.

        Raises:
            IndexLockedError: another writer holds it.
            ConfigurationError: the folder cannot be written, cannot be locked, or its lock is a link.
            InsufficientStorageError: there is no room for the lock's file.
        """
        try:
            _check_lock(self._path)
            self._take()
        except (filelock.Timeout, RuntimeError) as error:
            # RuntimeError is how filelock says that this very process holds it through another object.
            raise IndexLockedError(
                f"{self._describe_holder()} is writing to {self._path.parent}",
                hint="wait until it has finished, or stop it",
            ) from error
        except OSError as error:
            raise refusal(self._path, error) from error
        self._sign()

    def release(self) -> None:
        """Let the next writer in; nothing happens if the lock is not held."""
        if self._lock.is_locked:
            with contextlib.suppress(OSError):
                self._holder.unlink(missing_ok=True)
            self._lock.release()

    def _take(self) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="flock not supported")
            self._lock.acquire(blocking=False)
        if isinstance(self._lock, filelock.SoftFileLock):
            self._lock.release()
            raise ConfigurationError(
                f"the file system of {self._path.parent} has no locks to keep two writers apart",
                hint="keep collections on a local disk; the pictures themselves may stay where they are",
            )

    def _sign(self) -> None:
        fresh = self._holder.with_name(f"{HOLDER_NAME}.new")
        # The name is a courtesy: a disk too full for it must not keep anyone from freeing space.
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
            with fresh.open("x", encoding="utf-8") as file:
                json.dump({"pid": os.getpid(), "host": socket.gethostname()}, file)
            fresh.replace(self._holder)

    def _describe_holder(self) -> str:
        try:
            with open_regular(self._holder) as file:
                holder = json.loads(file.read(_HOLDER_BYTES))
            return f"process {int(holder['pid'])} on {holder['host']}"
        except (OSError, ArithmeticError, ValueError, LookupError, TypeError, RecursionError):
            return "another process"


@contextlib.contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """The right to write to a folder for a moment, for what lies beside a catalog.

    Raises:
        IndexLockedError: another writer holds it.
        ConfigurationError: the folder cannot be written or locked.
        InsufficientStorageError: there is no room for the lock's file.
    """
    lock = WriterLock(folder)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _check_lock(path: Path) -> None:
    """Nothing, if there is no such file yet, or a regular one."""
    if not os.path.lexists(path):
        return
    kind = path.lstat().st_mode
    if not stat.S_ISREG(kind):
        what = "a symbolic link" if stat.S_ISLNK(kind) else "no regular file"
        raise ConfigurationError(
            f"{path} is {what}, and such locks are not trusted",
            hint="remove it if nobody is writing to this collection",
        )


def refusal(path: Path, error: OSError) -> ConfigurationError | InsufficientStorageError:
    """The typed error for a file that could not be written because of the disk or its permissions."""
    if is_full(error):
        return InsufficientStorageError(f"no room left for {path}", hint="free some space, then try again")
    return ConfigurationError(
        f"cannot write to {path.parent}: {error.strerror or error}",
        hint="choose a folder that you may write to, or open the collection for reading only",
    )
