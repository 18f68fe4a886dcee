"""Long work, one job after the other for each collection: on the disk, to be cancelled, gone on with after a stop."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pictrace.errors import ConflictError, NotFoundError, PictraceError, TooManyInFlightError
from pictrace.results import Failure
from pictrace.service._job import ENDED, Job, State, now
from pictrace.service._ledger import Ledger
from pictrace.service.problems import Problem

_MOST_QUEUED = 1000
_MOST_ATTEMPTS = 3
"""Times that a job begins again after the service was killed in the middle of it: it may be what killed it."""

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
        # First the waiting, for the end may be wanted meanwhile.
        self._jobs.yield_to_others()
        if self._jobs.must_stop(self.job):
            raise StoppedError


class Jobs:
    """The jobs of one collection, in a folder.

    Args:
        folder: where they are kept; made if it is not there.
        works: what is done for each kind of job.
        tell: hears of every job whenever it gets on.
        busy: whether others wait, who go first.
        ended: called once for each job that is over for good.
    """

    def __init__(
        self,
        folder: Path,
        works: Mapping[str, Work],
        *,
        tell: Tell,
        busy: Callable[[], bool],
        ended: Callable[[Job], None] = lambda _: None,
    ) -> None:
        self._ledger = Ledger(folder)
        self._works = works
        self._tell = tell
        self._busy = busy
        self._ended = ended
        self._lock = threading.Condition()
        self._jobs = {job.id: _begun_anew(job) for job in self._ledger.read()}
        self._cancelled: set[str] = set()
        self._is_stopping = False
        self._told = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Goes on with what was queued or running when the service stopped."""
        self._thread = threading.Thread(target=self._labour, name="pictrace-jobs", daemon=True)
        self._thread.start()

    def add(self, kind: str, name: str, plan: Mapping[str, Any] | None = None, *, number: str = "") -> Job:
        """A job, queued and on the disk.

        Raises:
            TooManyInFlightError: too many are queued.
            InsufficientStorageError: the disk is full; there is no such job.
        """
        with self._lock:
            if sum(job.state is State.QUEUED for job in self._jobs.values()) >= _MOST_QUEUED:
                raise TooManyInFlightError(
                    "too many jobs are queued", hint="wait until some are done", retry_after_s=60
                )
            job = Job(id=number or self.free(), kind=kind, name=name, plan=dict(plan or {}), created=now())
            self._ledger.write(job)
            self._jobs[job.id] = job
            self._lock.notify_all()
            self._tell(job.to_dict())
        return job

    def free(self) -> str:
        """An id that no job has had."""
        with self._lock:
            return f"j{self._ledger.next_number(max(map(_number, self._jobs.values()), default=0)):06d}"

    def all(self) -> list[Job]:
        """All jobs, newest first."""
        with self._lock:
            return sorted(self._jobs.values(), key=_number, reverse=True)

    def get(self, number: str) -> Job:
        """One job.

        Raises:
            NotFoundError: there is none of that id.
        """
        with self._lock:
            if number not in self._jobs:
                raise NotFoundError("there is no such job")
            return self._jobs[number]

    def failures(self, number: str, *, after: int, limit: int) -> tuple[list[Failure], int | None]:
        """At most `limit` inputs of a job that could not be used, from a place on, and the place after them if any is.

        Raises:
            NotFoundError: there is no such job.
        """
        return self._ledger.failures(self.get(number), after=after, limit=limit)

    def cancel(self, number: str) -> Job:
        """The job ends as soon as it can; what it has done stays.

        Raises:
            ConflictError: it has ended.
        """
        with self._lock:
            job = self.get(number)
            if job.state in ENDED:
                raise ConflictError("this job has ended already")
            if job.state is not State.QUEUED:
                self._cancelled.add(number)
                return job
            return self._put(job, State.CANCELLED)

    def end(self) -> None:
        """Nothing more begins, and the work that is under way ends; it goes on when the service starts again."""
        with self._lock:
            self._is_stopping = True
            self._lock.notify_all()

    def stop(self, *, seconds: float = 60.0) -> bool:
        """The same, and waits for it so long; whether nothing is under way any more."""
        self.end()
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

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
        """The job with the number of things it has to do, if it still runs."""
        with self._lock:
            job = self._jobs.get(number)
            if job is not None and job.state is State.RUNNING:
                self._jobs[number] = replace(job, total=total)

    def note(self, job: Job, failure: Failure) -> None:
        """One line more in the list of what could not be used."""
        self._ledger.note(job, failure)

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
        """The job that has waited longest, from now on running: it can no longer be taken out of the queue."""
        with self._lock:
            while not self._is_stopping:
                queued = [job for job in self._jobs.values() if job.state is State.QUEUED]
                if queued:
                    job = min(queued, key=_number)
                    fresh = Job(id=job.id, kind=job.kind, name=job.name, created=job.created, plan=job.plan)
                    return self._put(replace(fresh, started=now(), attempts=job.attempts + 1), State.RUNNING)
                self._lock.wait()
        return None

    def _work(self, job: Job) -> None:
        problem: PictraceError | None = None
        try:
            if job.attempts > _MOST_ATTEMPTS:
                raise PictraceError("the service ended several times in the middle of this job")  # noqa: TRY301
            self._ledger.forget_failures(job)
            self._works[job.kind](Run(self, job))
            state = State.DONE
        except StoppedError:
            state = self._after_stop(job)
        except PictraceError as error:
            # What ends in an error because everything ends will go on.
            state, problem = (self._after_stop(job), None) if self.must_stop(job) else (State.FAILED, error)
        except Exception:  # noqa: BLE001 - the edge of a thread: one job may fail, the others are to go on
            _log.exception("job %s failed", job.id)
            state, problem = State.FAILED, PictraceError("an unforeseen mistake; the log says where")
        told = None if problem is None else Problem.of(problem).to_dict()
        with self._lock:
            self._cancelled.discard(job.id)
            attempts = 0 if state is State.QUEUED else job.attempts
            self._put(replace(self._jobs[job.id], problem=told, attempts=attempts), state)

    def _after_stop(self, job: Job) -> State:
        return State.CANCELLED if job.id in self._cancelled else State.QUEUED

    def _put(self, job: Job, state: State) -> Job:
        """The job in another state. Where the disk is full that is not kept, and costs a look at what is done.

        Who sees that a job has ended finds nothing of its upload any more, and one that would begin anew after a crash
        still has it.
        """
        job = replace(job, state=state, ended=now() if state in ENDED else None)
        with self._lock:
            try:
                self._ledger.write(job)
            except (PictraceError, OSError) as error:
                _log.warning("job %s could not be written: %s", job.id, error)
            if state in ENDED:
                with contextlib.suppress(OSError):  # what is left of its upload goes when the collection is next opened
                    self._ended(job)
            self._jobs[job.id] = job
            self._drop_oldest()
        self._tell(job.to_dict())
        return job

    def _drop_oldest(self) -> None:
        ended = sorted((job for job in self._jobs.values() if job.state in ENDED), key=_number)
        for job in ended[:-_MOST_KEPT]:
            del self._jobs[job.id]
            with contextlib.suppress(OSError):
                self._ledger.drop(job)


def counts(report: Any) -> dict[str, int]:
    """A report's numbers as a job has them."""
    return {"added": report.added, "known": report.known + report.unchanged, "failed": len(report.failures)}


def _begun_anew(job: Job) -> Job:
    return replace(job, state=State.QUEUED) if job.state is State.RUNNING else job


def _number(job: Job) -> int:
    return int(job.id[1:])
