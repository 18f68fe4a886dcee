"""All that the service holds: collections by name, the workers and threads they share, and who is to be told."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from pictrace.collection import Collection
from pictrace.errors import InsufficientStorageError, NotFoundError, PictraceError, ShuttingDownError
from pictrace.sandbox import Sandbox
from pictrace.service import names
from pictrace.service._job import ENDED, Job
from pictrace.service.bodies import Budget
from pictrace.service.custody import Custody
from pictrace.service.events import Events
from pictrace.service.fetching import Fetching
from pictrace.service.jobs import Jobs
from pictrace.service.pool import Pool
from pictrace.service.readiness import Readiness
from pictrace.service.thumbnails import Thumbnails
from pictrace.service.works import archive_of, works_of
from pictrace.settings import Settings

DEFAULT = "default"
_LIGHT_WAITING = 512
"""Requests for what is quickly answered, which a page asks for by the hundred."""

_ENDING = ".pictrace"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Held:
    """One collection and its jobs."""

    custody: Custody
    jobs: Jobs


@dataclass(eq=False)
class Shelf:
    """The collections of one service; opened when they are first asked for, the default one at the start.

    `folders` are indexed into the default collection when the service starts, and whenever that is asked for.
    """

    settings: Settings
    events: Events
    folders: Sequence[str] = ()
    budget: Budget = field(default_factory=Budget)
    thumbnails: Thumbnails = field(default_factory=Thumbnails)

    def __post_init__(self) -> None:
        settings = self.settings
        self.pool = Pool(threads=settings.cores, waiting=settings.service.queue)
        # A wall of small pictures does not wait for a search, nor a search for them.
        self.light = Pool(threads=settings.cores, waiting=_LIGHT_WAITING)
        # Deleting waits for its turn to write; whoever only reads does not wait with it.
        self.writes = Pool(threads=2, waiting=settings.service.queue)
        self.fetches = Pool(threads=settings.fetch.connections, waiting=settings.service.queue)
        self.sandbox = Sandbox(limits=settings.limits, workers=settings.cores)
        self.fetching = Fetching(settings)
        self.readiness = Readiness(self._why_not_ready)
        self.is_stopping = False
        self._warming: threading.Thread | None = None
        self._held: dict[str, Held] = {}
        self._lock = threading.RLock()

    def start(self) -> None:
        """Opens the default collection and begins to index the folders.

        Raises:
            PictraceError: it cannot be opened, or another process has it.
        """
        held = self._hold(DEFAULT, Path(self.settings.collection_path))
        if self.folders:
            self.index_folders(held)
        for name in self.names()[1:]:
            # The others are there for those who ask for them, and their jobs go on; one that is damaged, or somebody
            # else's, is told of when it is asked for.
            with contextlib.suppress(PictraceError):
                self.get(name)
        self._warming = threading.Thread(target=self._warm, args=(held,), name="pictrace-warm", daemon=True)
        self._warming.start()

    def index_folders(self, held: Held) -> Job:
        """The job that looks through the folders given at the start; the one there is, if it is under way."""
        plan = {"folders": [str(folder) for folder in self.folders]}
        for job in held.jobs.all():
            if job.kind == "index" and job.state not in ENDED and job.plan == plan:
                return job
        return held.jobs.add("index", ", ".join(Path(one).name or one for one in self.folders), plan)

    def changed(self, held: Held) -> None:
        """Tells who listens that pictures came or went, and has indexes brought up to date once that is worth it.

        Reads the catalog, so it is not for the event loop. What was written stays written: nothing is raised.
        """
        self._tell_of(held.custody)
        if held.custody.is_fold_due():
            # With a thousand jobs queued, or no room for one more, indexes are brought up to date some other time.
            with contextlib.suppress(PictraceError, OSError):
                held.jobs.add("fold", "indexes")

    def found(self, name: str) -> Held | None:
        """A collection that is open, without waiting for any that is being opened.

        Raises:
            ShuttingDownError: the service is about to stop.
        """
        if self.is_stopping:
            raise ShuttingDownError("the service is about to stop", retry_after_s=5)
        return self._held.get(name)

    def numbers(self, name: str) -> tuple[int, int]:
        """Pictures and version of a collection; one that is not open is only read for it, and stays so.

        Raises:
            CollectionError: it cannot be read.
            ShuttingDownError: the service is about to stop.
        """
        found = self.found(name)
        if found is not None:
            return len(found.custody.collection), found.custody.version
        with Collection(self._path(name), settings=self.settings) as collection:
            return len(collection), collection.changes

    def get(self, name: str) -> Held:
        """A collection by its name.

        Raises:
            NotFoundError: there is none.
            ShuttingDownError: the service is about to stop.
        """
        names.collection(name)
        with self._lock:
            if self.is_stopping:
                raise ShuttingDownError("the service is about to stop", retry_after_s=5)
            if name in self._held:
                return self._held[name]
            if not self._path(name).is_dir():
                raise NotFoundError("there is no such collection")
            return self._hold(name, self._path(name))

    def make(self, name: str) -> bool:
        """Whether the collection is new; afterwards it is there.

        Raises:
            UsageError: no collection can have that name.
        """
        names.new_collection(name)
        with self._lock:
            is_new = name not in self.names()
            if is_new:
                self._path(name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._hold(name, self._path(name))
            return is_new

    def names(self) -> list[str]:
        """All collections, the default one first."""
        found = {path.stem for path in self._folder().glob(f"*{_ENDING}") if path.is_dir()} - {DEFAULT}
        return [DEFAULT, *sorted(name for name in found if names.is_collection(name))]

    def opened(self) -> list[Held]:
        """Those that are open."""
        return list(self._held.values())

    def stop(self) -> None:
        """Ends jobs where they can go on later, closes every collection, and ends the workers.

        No collection is closed under somebody who reads or writes: with what has not ended after `graceful_seconds` it
        stays open until the process ends, which costs nothing that was committed.
        """
        with self._lock:
            self.is_stopping = True
        for held in self.opened():
            held.jobs.end()
        for pool in self._pools():
            pool.close()
        self.fetching.close()
        self.sandbox.close()
        end = time.monotonic() + self.settings.service.graceful_seconds
        is_quiet = all(pool.is_over(seconds=_left(end)) for pool in self._pools()) and self._is_warm(_left(end))
        for held in self.opened():
            if held.jobs.stop(seconds=_left(end)) and is_quiet:
                held.custody.close()
            else:
                _log.warning("collection %s is still in use and is not closed", held.custody.name)

    def _warm(self, held: Held) -> None:
        """Starts a worker and loads the models, so that the first search is as quick as others; then cleans up."""
        with contextlib.suppress(PictraceError):
            collection = held.custody.collection
            collection.search(self.sandbox.open(_blank()))
            for lookup in filter(None, (collection.engine().local,)):
                lookup.prepare()
            for one in self.opened():
                if not self.is_stopping:
                    one.custody.sweep()

    def _is_warm(self, seconds: float) -> bool:
        """Whether that thread has ended; waits for it so long."""
        if self._warming is None:
            return True
        self._warming.join(seconds)
        return not self._warming.is_alive()

    def _pools(self) -> tuple[Pool, ...]:
        return self.pool, self.light, self.writes, self.fetches

    def _why_not_ready(self) -> str:
        """What would keep the service from answering, nothing if nothing; where no worker started, one is tried."""
        held = self._held.get(DEFAULT)
        if held is None:
            return "the default collection is not open yet"
        try:
            held.custody.check_room()
            _ = held.custody.version
        except InsufficientStorageError as error:
            return str(error)
        except (PictraceError, OSError):
            return "the default collection cannot be read"
        if not os.access(held.custody.collection.path, os.W_OK):
            return "the default collection cannot be written to"
        try:
            if self.sandbox.is_failing:
                self.sandbox.open(_blank())
        except (PictraceError, OSError):
            return "worker processes cannot be started"
        return ""

    def _hold(self, name: str, path: Path) -> Held:
        custody = Custody(name, path, self.settings, self.sandbox)
        with contextlib.ExitStack() as stack:
            stack.callback(custody.close)
            jobs = Jobs(
                path / "jobs",
                works_of(custody, self.fetching, lambda kind, data: self.events.tell(name, kind, data)),
                tell=lambda job: self.events.tell(name, "job", job),
                busy=lambda: self.pool.inside > 0,
                ended=lambda job: self._ended(custody, job),
            )
            custody.drop_incoming(but={archive_of(job) for job in jobs.all() if job.state not in ENDED})
            stack.pop_all()
        jobs.start()
        with self._lock:
            # Another dict, for others look at this one without the lock.
            self._held = {**self._held, name: Held(custody, jobs)}
            return self._held[name]

    def _ended(self, custody: Custody, job: Job) -> None:
        custody.incoming(archive_of(job)).unlink(missing_ok=True)
        self._tell_of(custody)

    def _tell_of(self, custody: Custody) -> None:
        with contextlib.suppress(PictraceError):
            self.events.tell(custody.name, "collection", custody.news)

    def _folder(self) -> Path:
        chosen = self.settings.service.collections
        return Path(chosen) if chosen else Path(platformdirs.user_data_dir("pictrace", appauthor=False)) / "collections"

    def _path(self, name: str) -> Path:
        return self._folder() / f"{name}{_ENDING}"


def _blank() -> bytes:
    """A picture of a format that every worker opens by itself."""
    size, row = 64, b"\x80\x40\x20" * 32 + b"\x10\x90\xf0" * 32
    head = b"BM" + (54 + size * len(row)).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    shape = (40).to_bytes(4, "little") + 2 * size.to_bytes(4, "little") + b"\x01\x00\x18\x00" + bytes(24)
    return head + shape + size * row


def _left(end: float) -> float:
    """Seconds until a moment, 0 once it is over."""
    return max(0.0, end - time.monotonic())
