"""The folder of a collection, before there is a catalog in it."""

import contextlib
from pathlib import Path

from pictrace._atomic import written_name
from pictrace.catalogs._files import BESIDE
from pictrace.catalogs._lock import HOLDER_NAME, LOCK_NAME, refusal
from pictrace.errors import UsageError

FILE_NAME = "catalog.sqlite"


def claim(folder: Path) -> None:
    """The folder is made, if it is not there, and is found to hold nothing else.

    Raises:
        UsageError: it holds a collection already, or something else.
        ConfigurationError: it cannot be made or written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        refuse_others(folder)
    except OSError as error:
        raise refusal(folder / FILE_NAME, error) from error


def refuse_others(folder: Path) -> None:
    """Nothing, if a catalog can be made in the folder.

    Raises:
        UsageError: it holds a collection already, or something else.
    """
    names = {entry.name for entry in folder.iterdir()}
    if FILE_NAME in names:
        raise UsageError(f"{folder} holds a collection already", hint="open it, or choose another folder")
    ours = {name for name in names if name.startswith((LOCK_NAME, HOLDER_NAME)) or written_name(name) == FILE_NAME}
    if names - ours:
        raise UsageError(f"{folder} is not empty and holds no collection", hint="choose a folder that is new or empty")


def discard(folder: Path) -> None:
    """The files of a catalog go, if nothing else is in the folder; its writer holds the lock, which goes as well.

    On systems where a file that is open cannot be removed they stay.
    """
    files = {f"{FILE_NAME}{ending}" for ending in BESIDE} | {LOCK_NAME, HOLDER_NAME}
    with contextlib.suppress(OSError):
        (folder / "indexes").rmdir()  # which is empty as long as there is nothing to look for
    if {entry.name for entry in folder.iterdir()} <= files:
        with contextlib.suppress(OSError):
            for name in sorted(files):
                (folder / name).unlink(missing_ok=True)
