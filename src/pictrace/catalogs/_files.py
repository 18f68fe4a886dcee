"""The files that a catalog is made of: all of them in its own folder, none of them a link out of it."""

import stat
from pathlib import Path

from pictrace.errors import IndexDamagedError

BESIDE = ("", "-wal", "-shm", "-journal")
"""Endings of the names of a catalog's files."""


def check_files(path: Path) -> None:
    """Nothing, if the catalog and what SQLite keeps beside it are regular files, as far as they are there.

    Raises:
        IndexDamagedError: one of them is a link, or no file at all.
    """
    for ending in BESIDE:
        file = path.with_name(path.name + ending)
        try:
            kind = file.lstat().st_mode
        except OSError:
            continue  # what may not be looked at, SQLite cannot open either
        if not stat.S_ISREG(kind):
            what = "a symbolic link, and a collection's files are never behind one" if stat.S_ISLNK(kind) else "no file"
            raise IndexDamagedError(
                f"{file} is {what}", hint="if you know what it stands for, put the file itself there, else remove it"
            )
