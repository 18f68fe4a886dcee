"""One run at a time: a lock on the collection, and one on each file that a run relies on or takes away."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import filelock

from pictrace.errors import ConfigurationError, IndexLockedError, LastCopyError

NAME = "dedupe.lock"


@contextlib.contextmanager
def only_run(collection: Path) -> Iterator[None]:
    """Nobody else applies or takes back anything of this collection meanwhile.

    Raises:
        IndexLockedError: somebody does.
        ConfigurationError: the folder cannot be written to.
    """
    lock = filelock.FileLock(collection / NAME, mode=0o600, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except (filelock.Timeout, RuntimeError) as error:
        raise IndexLockedError(
            f"another run is at work on the files of {collection}", hint="wait until it has finished, or stop it"
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"cannot write to {collection}: {error.strerror}", hint="the journal of a run is kept there"
        ) from error
    try:
        yield
    finally:
        lock.release()


def claim(handle: int, path: str, *, alone: bool) -> None:
    """A hold on an open file until it is closed: `alone` to take it away, else so that nobody else takes it.

    It tells apart runs of several collections, too; file systems without such locks are passed over.

    Raises:
        LastCopyError: another run has it.
    """
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LastCopyError(f"another run is at work on {path}", hint="apply the plan again once it is over") from error
    except OSError:
        return
