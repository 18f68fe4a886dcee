"""The jobs of a collection as they are on the disk: a file each, and one for what each could not use."""

import contextlib
import itertools
import json
import logging
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pictrace._atomic import replacing
from pictrace._regular import open_regular
from pictrace.errors import ConflictError
from pictrace.results import Failure
from pictrace.service._job import ENDED, Job, State, now
from pictrace.service._seal import Seal
from pictrace.service.problems import Problem

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
        self._seal = Seal(folder)
        for path in folder.glob(".*.tmp"):
            path.unlink()  # of a writer that was killed

    def read(self) -> list[Job]:
        """Every job there is; files that hold none are left alone.

        A collection may come from somebody else, whose jobs are not for this service to do: one that has not ended is
        failed unless a service of this user wrote it, for this folder.
        """
        found = []
        for path in sorted(self._folder.glob("j*.json")):
            job, seal = _read(path)
            if job is None:
                _log.warning("%r is no job of ours and is left alone", path.name)
            elif job.state in ENDED or self._seal.is_on(_sealed(job), seal):
                found.append(job)
            else:
                _log.warning("job %s was not written by a service of this user, and is not done", job.id)
                found.append(_refused(job))
        return found

    def write(self, job: Job) -> None:
        """The job is safe on the disk once this returns.

        Raises:
            InsufficientStorageError: the disk is full.
        """
        with replacing(self._folder / f"{job.id}.json") as fresh:
            fresh.write_text(json.dumps(job.to_file() | {"seal": self._seal.of(_sealed(job))}), "ascii")

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


def _read(path: Path) -> tuple[Job | None, object]:
    """The job in a file, if it is one, and the seal it bears."""
    try:
        with open_regular(path) as file:
            # Not by pydantic's own reader: names of files need not be Unicode.
            plain = json.loads(file.read(_MOST_BYTES))
        seal = plain.pop("seal", None) if isinstance(plain, dict) else None
        job = _JOB.validate_python(plain)
        job.to_dict()  # its times are times
    except (OSError, ValueError, TypeError, RecursionError):
        return None, None
    return job if path.name == f"{job.id}.json" and _ID.fullmatch(job.id) else None, seal


def _sealed(job: Job) -> dict[str, Any]:
    """What of a job says what is done: its numbers may change, and one that has ended is not begun again."""
    is_over = job.state in ENDED
    return {"id": job.id, "kind": job.kind, "name": job.name, "created": job.created, "plan": job.plan, "over": is_over}


def _refused(job: Job) -> Job:
    why = ConflictError(
        "this job came with the collection, or was begun by another user, and is not done", hint="ask for it again"
    )
    return replace(job, state=State.FAILED, ended=now(), problem=Problem.of(why).to_dict())


def _failure(line: bytes) -> Failure | None:
    """The failure in a line; `None` for one that a crash cut off."""
    try:
        return _FAILURE.validate_python(json.loads(line))
    except ValueError:
        return None
