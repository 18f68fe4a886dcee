"""How a file reaches the disk: whole or not at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pictrace.errors import InsufficientStorageError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder; what was written there becomes `path` when the block ends well.

    File, then name, then folder are forced to disk, so that after a power cut there is the old file or the
    new one. After an error the temporary file is gone and `path` is as before.

    Raises:
        InsufficientStorageError: the disk is full.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        if hasattr(os, "O_DIRECTORY"):
            _sync(path.parent)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise InsufficientStorageError(
            f"the disk is full: {path.name} could not be written", hint="free some space and try again"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
