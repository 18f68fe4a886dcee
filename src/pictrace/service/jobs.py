"""Long work, one job after the other for each collection: on the disk, to be cancelled, gone on with after a stop."""

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pictrace._atomic import replacing
from pictrace.errors import ConflictError, NotFoundError, PictraceError, TooManyInFlightError
from pictrace.results import Failure
from pictrace.service._job import ENDED, Job, State, now, read_job
from pictrace.service.problems import Problem

_MOST_QUEUED = 1000
_MOST_KEPT = 200
"""Jobs that have ended, of which the files are kept."""

_PACE_S = 0.2
"""Between two words on a job's numbers."""

_log = logging.getLogger(__name__)

Tell = Callable[[Mapping[str, Any]], None]
Work = Callable[["Run"], None]


class StoppedError(Exception):
    """The job was cancelled, or the service is about to stop; raised where work looks whether it may go on."""


class Run:
    """What the work of a job tells of itself, and where it learns that it is to end."""

    def __init__(self, jobs: "Jobs", job: Job) -> None:
        self.job = job
        self._jobs = jobs

    def count(self, **facts: Any) -> None:
        """The job's numbers as of now; the place to end if it is to.

        Raises:
            StoppedError: the job is to end.
        """
        self.job = self._jobs.update(self.job, **facts)
        self.breathe()

    def total(self, count: int) -> None:
        """How much there is to do; may be told from another thread."""
        self._jobs.update_total(self.job.id, count)

    def fail(self, failure: Failure) -> None:
        """One input that could not be used."""
        self._jobs.note(self.job, failure)

    def breathe(self) -> None:
        """Lets others go first, and ends if that is wanted.

        Raises:
            StoppedError: the job is to end.
        """
        if self._jobs.must_stop(self.job):
            raise StoppedError
        self._jobs.yield_to_others()


class Jobs:
    """The jobs of one collection, in a folder; `works` says for each kind what is done, `busy` whether others wait."""

    def __init__(self, folder: Path, works: Mapping[str, Work], *, tell: Tell, busy: Callable[[], bool]) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        self._works = works
        self._tell = tell
        self._busy = busy
        self._lock = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._cancelled: set[str] = set()
        self._is_stopping = False
        self._told = 0.0
        self._thread: threading.Thread | None = None
        self._load()

    def start(self) -> None:
        """Goes on with what was queued or running when the service stopped."""
        self._thread = threading.Thread(target=self._labour, name="pictrace-jobs", daemon=True)
        self._thread.start()

    def add(self, kind: str, name: str, plan: Mapping[str, Any] | None = None, *, number: str = "") -> Job:
        """A job, queued and on the disk.

        Raises:
            TooManyInFlightError: too many are queued.
        """
        with self._lock:
            if sum(job.state is State.QUEUED for job in self._jobs.values()) >= _MOST_QUEUED:
                raise TooManyInFlightError(
                    "too many jobs are queued", hint="wait until some are done", retry_after_s=60
                )
            job = Job(id=number or self.free(), kind=kind, name=name, plan=dict(plan or {}), created=now())
            self._keep(job)
            self._lock.notify_all()
        return job

    def free(self) -> str:
        """An id that no job has had."""
        with self._lock:
            taken = max((int(name[1:]) for name in self._jobs), default=0)
            (self._folder / "last").touch()
            last = int((self._folder / "last").read_text("ascii") or 0)
            number = max(taken, last) + 1
            with replacing(self._folder / "last") as fresh:
                fresh.write_text(str(number), "ascii")
        return f"j{number:06d}"

    def all(self) -> list[Job]:
        """All jobs, newest first."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: job.id, reverse=True)

    def get(self, number: str) -> Job:
        """One job.

        Raises:
            NotFoundError: there is none of that id.
        """
        with self._lock:
            if number not in self._jobs:
                raise NotFoundError("there is no such job")
            return self._jobs[number]

    def failures(self, number: str, *, after: int, limit: int) -> list[Failure]:
        """Inputs of a job that could not be used, from a place on."""
        self.get(number)
        path = self._folder / f"{number}.failures.jsonl"
        if not path.exists():
            return []
        with path.open(encoding="utf-8") as file:
            lines = [line for place, line in enumerate(file) if after <= place < after + limit]
        return [Failure(**json.loads(line)) for line in lines]

    def cancel(self, number: str) -> Job:
        """The job ends as soon as it can; what it has done stays.

        Raises:
            ConflictError: it has ended.
        """
        with self._lock:
            job = self.get(number)
            if job.state in ENDED:
                raise ConflictError("this job has ended already")
            self._cancelled.add(number)
            if job.state is State.QUEUED:
                job = self._end(job, State.CANCELLED)
            self._lock.notify_all()
        return job

    def stop(self) -> None:
        """Ends the work that is under way; it goes on when the service starts again."""
        with self._lock:
            self._is_stopping = True
            self._lock.notify_all()
        if self._thread is not None:
            self._thread.join()

    def update(self, job: Job, **facts: Any) -> Job:
        """The job with newer numbers; not on the disk before it ends, for a stop costs no more than looking again."""
        with self._lock:
            facts.setdefault("total", self._jobs[job.id].total)
            job = self._jobs[job.id] = replace(job, **facts)
        if time.monotonic() - self._told > _PACE_S:
            self._told = time.monotonic()
            self._tell(job.to_dict())
        return job

    def update_total(self, number: str, total: int) -> None:
        """The job with the number of things it has to do."""
        with self._lock:
            self._jobs[number] = replace(self._jobs[number], total=total)

    def note(self, job: Job, failure: Failure) -> None:
        """One line more in the list of what could not be used."""
        with (self._folder / f"{job.id}.failures.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(failure.to_dict()) + "\n")

    def must_stop(self, job: Job) -> bool:
        """Whether the job is to end now."""
        return self._is_stopping or job.id in self._cancelled

    def yield_to_others(self) -> None:
        """Waits while somebody searches, a quarter of a second at most."""
        for _ in range(25):
            if not self._busy() or self._is_stopping:
                return
            with self._lock:
                self._lock.wait(0.01)

    def _labour(self) -> None:
        while (job := self._next()) is not None:
            self._work(job)

    def _next(self) -> Job | None:
        with self._lock:
            while not self._is_stopping:
                queued = [job for job in self._jobs.values() if job.state is State.QUEUED]
                if queued:
                    return min(queued, key=lambda job: job.id)
                self._lock.wait()
        return None

    def _work(self, job: Job) -> None:
        self._forget_failures(job)
        run = Run(self, replace(job, state=State.RUNNING, started=now(), done=0, added=0, known=0, failed=0))
        self._keep(run.job)
        try:
            self._works[job.kind](run)
        except StoppedError:
            cancelled = job.id in self._cancelled
            self._end(run.job, State.CANCELLED if cancelled else State.QUEUED)
        except PictraceError as error:
            self._end(replace(run.job, problem=Problem.of(error).to_dict()), State.FAILED)
        except Exception:  # noqa: BLE001 - the edge of a thread: one job may fail, the others are to go on
            _log.exception("job %s failed", job.id)
            problem = Problem.of(PictraceError("an unforeseen mistake; the log says where")).to_dict()
            self._end(replace(run.job, problem=problem), State.FAILED)
        else:
            self._end(run.job, State.DONE)

    def _end(self, job: Job, state: State) -> Job:
        job = replace(job, state=state, ended=now() if state in ENDED else None)
        with self._lock:
            self._keep(job)
            self._cancelled.discard(job.id)
            self._drop_oldest()
        return job

    def _keep(self, job: Job) -> None:
        with self._lock:
            self._jobs[job.id] = job
            with replacing(self._folder / f"{job.id}.json") as fresh:
                fresh.write_text(json.dumps(job.to_file()), "utf-8")
        self._tell(job.to_dict())

    def _load(self) -> None:
        for path in sorted(self._folder.glob("j*.json")):
            job = read_job(path)
            if job is None:
                _log.warning("%s is no job of ours and is left alone", path.name)
            else:
                self._jobs[job.id] = replace(job, state=State.QUEUED) if job.state is State.RUNNING else job

    def _drop_oldest(self) -> None:
        ended = sorted(job.id for job in self._jobs.values() if job.state in ENDED)
        for number in ended[:-_MOST_KEPT]:
            del self._jobs[number]
            for name in (f"{number}.json", f"{number}.failures.jsonl"):
                (self._folder / name).unlink(missing_ok=True)

    def _forget_failures(self, job: Job) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._folder / f"{job.id}.failures.jsonl")  # noqa: PTH108


def counts(report: Any) -> dict[str, int]:
    """A report's numbers as a job has them."""
    return {"added": report.added, "known": report.known + report.unchanged, "failed": len(report.failures)}


def chosen(names: Sequence[str], most: int = 3) -> str:
    """A few names in one line, and how many more there are."""
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")
