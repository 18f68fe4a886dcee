"""Large files: into a part that the next attempt goes on with, then checked, then under their name."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pictrace._atomic import replacing, telling_of_room
from pictrace._regular import open_regular
from pictrace.errors import SourceAnswerError, SourceTooLargeError
from pictrace.fetch._exchange import Body, Exchange, refusal

Watch = Callable[[int, int | None], object]
"""Told how many bytes there are, and of how many if the server says so."""

_Result = TypeVar("_Result")


class Run(Protocol):
    """Runs a coroutine in the loop of the exchange and waits for it."""

    def __call__(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result: ...


def part_of(path: Path) -> Path:
    """Where a file's bytes are until they are known to be right: beside it, hidden, of no use to anybody."""
    return path.with_name(f".{path.name}.part")


@dataclass(frozen=True)
class Download:
    """One file, to be had from `url` and to become `path`; one whose `sha256` is empty is never gone on with."""

    url: str
    path: Path
    sha256: str
    size_limit: int
    watch: Watch

    @property
    def part(self) -> Path:
        """Where the bytes are until then."""
        return part_of(self.path)

    def run(self, exchange: Exchange, run: Run) -> None:
        """The file is there, whole and right, or an error says why not.

        Raises:
            FetchError: it cannot be had; what came so far is kept for the next attempt.
            SourceAnswerError: what came is another file; nothing of it is kept.
            InsufficientStorageError: the disk is full.
        """
        with telling_of_room(self.path):
            if os.path.lexists(self.part) and not stat.S_ISREG(self.part.lstat().st_mode):
                self.part.unlink()  # nobody's file is written through a link that was planted
            if not self.sha256:
                # Of what nobody knows two halves may be of two files.
                self.part.unlink(missing_ok=True)
            if not self._is_right():
                self._take(exchange, run)
            if self.sha256 and not self._is_right():
                self.part.unlink()
                raise SourceAnswerError(
                    "what came is not the file that was asked for: its SHA-256 is another one",
                    hint="nothing of it was kept; try again, or find out whether the file was replaced",
                )
            with replacing(self.path) as temporary:
                self.part.replace(temporary)

    def _is_right(self) -> bool:
        """Whether the part is the whole file, as it lies on the disk."""
        try:
            with open_regular(self.part) as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256.lower()
        except FileNotFoundError:
            return False

    def _take(self, exchange: Exchange, run: Run) -> None:
        start = self.part.stat().st_size if self.part.exists() else 0
        if start >= self.size_limit:
            self.part.unlink()
            start = 0
        headers = {"Range": f"bytes={start}-"} if start else {}
        stack = contextlib.AsyncExitStack()
        try:
            response = run(stack.enter_async_context(exchange.answered(self.url, headers)))
            is_next = response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
            if start and response.status == 416:
                # The part is longer than the file that is there now.
                self.part.unlink()
            elif response.status == 200 or (start and response.status == 206 and is_next):
                start = start if response.status == 206 else 0
                self._write(Body(response, exchange.policy, self.size_limit - start), start, run)
                return
            else:
                raise refusal(response.status)
        finally:
            run(stack.aclose())
        self._take(exchange, run)

    def _write(self, body: Body, start: int, run: Run) -> None:
        total = None if body.size is None else start + body.size
        done = start
        try:
            with self.part.open("r+b" if start else "wb") as file:
                file.seek(start)
                while data := run(body.chunk()):
                    done += file.write(data)
                    self.watch(done, total)
        except SourceTooLargeError:
            self.part.unlink()
            raise
