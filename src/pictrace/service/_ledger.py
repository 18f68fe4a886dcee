"""The jobs of a collection as they are on the disk: a file each, and one for what each could not use."""

import contextlib
import itertools
import json
import logging
import re
import threading
from pathlib import Path

from pydantic import TypeAdapter

from pictrace._atomic import replacing
from pictrace._regular import open_regular
from pictrace.results import Failure
from pictrace.service._job import Job

_ID = re.compile(r"j[0-9]{6,12}")
_JOB = TypeAdapter(Job)
_FAILURE = TypeAdapter(Failure)
_MOST_BYTES = 16 << 20
"""Of a job's file: a thousand URLs and their metadata are a tenth of it."""

_log = logging.getLogger(__name__)


class Ledger:
    """A folder of jobs, made if it is not there; for one process at a time, any thread of it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        self._noting = threading.Lock()
        for path in folder.glob(".*.tmp"):
            path.unlink()  # of a writer that was killed

    def read(self) -> list[Job]:
        """Every job there is; files that hold none are left alone."""
        found = []
        for path in sorted(self._folder.glob("j*.json")):
            job = _read(path)
            if job is None:
                _log.warning("%s is no job of ours and is left alone", path.name)
            else:
                found.append(job)
        return found

    def write(self, job: Job) -> None:
        """The job is safe on the disk once this returns.

        Raises:
            InsufficientStorageError: the disk is full.
        """
        with replacing(self._folder / f"{job.id}.json") as fresh:
            fresh.write_text(json.dumps(job.to_file()), "ascii")

    def drop(self, job: Job) -> None:
        """Nothing is left of it."""
        (self._folder / f"{job.id}.json").unlink(missing_ok=True)
        self.forget_failures(job)

    def next_number(self, above: int) -> int:
        """A number that was never given out, greater than `above`.

        Raises:
            InsufficientStorageError: the disk is full.
        """
        last = 0
        with contextlib.suppress(OSError, ValueError):
            last = int((self._folder / "last").read_text("ascii"))
        number = max(last, above) + 1
        with replacing(self._folder / "last") as fresh:
            fresh.write_text(str(number), "ascii")
        return number

    def note(self, job: Job, failure: Failure) -> None:
        """One line more in the list of what the job could not use."""
        line = json.dumps(failure.to_dict()) + "\n"
        try:
            with self._noting, self._failures(job).open("a", encoding="ascii") as file:
                file.write(line)
        except OSError as error:
            _log.warning("a failure of job %s could not be written down: %s", job.id, error.strerror)

    def failures(self, job: Job, *, after: int, limit: int) -> tuple[list[Failure], int | None]:
        """At most `limit` lines of that list from a place on, and the place after them if there are more."""
        with self._noting, contextlib.suppress(FileNotFoundError), self._failures(job).open("rb") as file:
            lines = list(itertools.islice(file, after, after + limit + 1))
            found = [failure for failure in map(_failure, lines[:limit]) if failure is not None]
            return found, after + limit if len(lines) > limit else None
        return [], None

    def forget_failures(self, job: Job) -> None:
        """The list is empty."""
        self._failures(job).unlink(missing_ok=True)

    def _failures(self, job: Job) -> Path:
        return self._folder / f"{job.id}.failures.jsonl"


def _read(path: Path) -> Job | None:
    try:
        with open_regular(path) as file:
            # Not by pydantic's own reader: names of files need not be Unicode.
            job = _JOB.validate_python(json.loads(file.read(_MOST_BYTES)))
        job.to_dict()  # its times are times
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return job if path.name == f"{job.id}.json" and _ID.fullmatch(job.id) else None


def _failure(line: bytes) -> Failure | None:
    """The failure in a line; `None` for one that a crash cut off."""
    try:
        return _FAILURE.validate_python(json.loads(line))
    except ValueError:
        return None
