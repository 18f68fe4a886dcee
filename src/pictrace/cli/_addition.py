"""How a model's file comes into the folder of models: copied aside, tried, and given its name, all or nothing."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pictrace.errors import IndexLockedError, UsageError

if TYPE_CHECKING:
    from pictrace.weights import ModelCard

_ADDING = ".adding-"
_LOCK = ".add.lock"
_LOCK_S = 60.0
_DAY = 24 * 3600


@contextlib.contextmanager
def staging(models: Path) -> Iterator[Path]:
    """A folder in that of models, to put a file into while it is tried; gone at the end, with all that is in it."""
    from pictrace import weights

    _sweep(models)
    with weights.writable(models), tempfile.TemporaryDirectory(prefix=_ADDING, dir=models) as folder:
        yield Path(folder)


def copied(source: Path, copy: Path, *, most_bytes: int) -> None:
    """Copies a regular file, whatever links lead to it.

    Raises:
        UsageError: it cannot be read, or has more bytes.
    """
    from pictrace._regular import open_regular

    try:
        file = open_regular(source, follow=True)
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "no valid path"
        raise UsageError(f"{source} cannot be read: {why}", hint="name a file that is there") from error
    with file, copy.open("wb") as target:
        if os.fstat(file.fileno()).st_size > most_bytes:
            hint = f"{most_bytes >> 30} GiB is the most that one can have"
            raise UsageError(f"{source} is too large for a file of its kind", hint=hint)
        shutil.copyfileobj(file, target)


def settled(card: "ModelCard", folder: Path, models: Path) -> None:
    """Gives a file that was tried its name in the folder of models, and it its card; neither stays without the other.

    A file that was there with the same bytes stays as it is.

    Raises:
        UsageError: meanwhile somebody added another model with its name or one of its files, or a file is there.
        IndexLockedError: another process does not come to an end.
        ConfigurationError: the folder cannot be written to.
        InsufficientStorageError: the disk is full.
    """
    from pictrace import weights
    from pictrace._atomic import replacing

    with reserved(card, models), contextlib.ExitStack() as undoing:
        if not _is_there(card, models):
            with replacing(models / card.file) as temporary:
                (folder / card.file).replace(temporary)
            undoing.callback(weights.discard, [models / card.file])
        weights.keep(card, models)
        undoing.pop_all()


@contextlib.contextmanager
def reserved(card: "ModelCard", models: Path) -> Iterator[None]:
    """Nobody else adds a model meanwhile, and no other has this one's name or one of its files.

    Raises:
        UsageError: another model has.
        IndexLockedError: another process does not come to an end.
    """
    from pictrace import weights

    with weights.writable(models), _one_at_a_time(models):
        weights.check_free(card, weights.known(models))
        yield


@contextlib.contextmanager
def _one_at_a_time(models: Path) -> Iterator[None]:
    import filelock

    try:
        with filelock.FileLock(models / _LOCK, timeout=_LOCK_S):
            yield
    except filelock.Timeout as error:
        raise IndexLockedError(
            f"another process is adding a model to {models}", hint="try again when it is through"
        ) from error


def _is_there(card: "ModelCard", models: Path) -> bool:
    """Whether the file of a card is in the folder of models; another one of its name belongs to somebody.

    Raises:
        UsageError: another one is there.
    """
    from pictrace import weights
    from pictrace.errors import ModelError

    if not os.path.lexists(models / card.file):
        return False
    try:
        weights.verified(card, models)
    except ModelError as error:
        there = f"{models / card.file} is another file, of which no card tells"
        raise UsageError(there, hint="move it away, or choose another name") from error
    return True


def _sweep(models: Path) -> None:
    """Removes what an addition left that was killed; one that still goes on began within a day."""
    for left in models.glob(f"{_ADDING}*"):
        try:
            is_old = time.time() - left.lstat().st_mtime > _DAY
        except OSError:
            continue
        if is_old:
            shutil.rmtree(left, ignore_errors=True)
