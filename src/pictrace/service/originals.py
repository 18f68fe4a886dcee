"""Uploaded files as they came, one per SHA-256, beside the collection that they are in."""

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from pictrace._atomic import replacing
from pictrace._regular import NotRegularError, open_regular
from pictrace.results import PictureRecord

FOLDER = "originals"
"""Where they are inside a collection."""

_LONG_AGO_S = 3600.0
"""An upload is written within seconds; what is older was left by a writer that is gone."""

_SHA = re.compile(r"[0-9a-f]{64}")


class Originals:
    """The folder of kept uploads; a file's name is the SHA-256 of its bytes and nothing that anybody chose."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, sha256: str, data: bytes) -> None:
        """The bytes are safe on the disk once this returns.

        Raises:
            InsufficientStorageError: the disk is full.
        """
        path = self._path(sha256)
        if not path.is_file():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with replacing(path) as fresh:
                fresh.write_bytes(data)

    def drop(self, sha256: str) -> None:
        """The bytes go, if they are there."""
        self._path(sha256).unlink(missing_ok=True)

    def kept(self) -> Iterator[str]:
        """The SHA-256 of every file that is kept; what a killed writer left unfinished is removed on the way."""
        for path in sorted(self._folder.glob("??/*")):
            if _SHA.fullmatch(path.name):
                yield path.name
        for path in self._folder.glob("??/.*.tmp"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _LONG_AGO_S:
                    path.unlink()

    def find(self, record: PictureRecord, *, most_bytes: int) -> BufferedReader | None:
        """The file of a picture, open at its begin: the upload, or what is at one of its places and is still the same.

        All of it was read to know that, a block at a time. Whoever takes the file closes it.
        """
        if record.size > most_bytes:
            return None
        return next(filter(None, (_opened(place, record) for place in self._places(record))), None)

    def _places(self, record: PictureRecord) -> list[str]:
        places = [place.uri for place in record.locations if place.identity is not None]
        return [str(self._path(record.sha256)), *places]

    def _path(self, sha256: str) -> Path:
        if not _SHA.fullmatch(sha256):
            raise ValueError(sha256)
        return self._folder / sha256[:2] / sha256


def _opened(place: str, record: PictureRecord) -> BufferedReader | None:
    try:
        with contextlib.ExitStack() as undo:
            file = undo.enter_context(open_regular(place))
            if os.fstat(file.fileno()).st_size != record.size:
                return None
            if hashlib.file_digest(file, "sha256").hexdigest() != record.sha256:
                return None
            file.seek(0)
            undo.pop_all()
            return file
    except (OSError, NotRegularError, ValueError):
        return None
