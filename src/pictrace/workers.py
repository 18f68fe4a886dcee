"""Processes that look at pictures: a crash, a hang or a memory bomb costs one picture and never the run."""

import contextlib
import itertools
import logging
import multiprocessing
import queue
import signal
import sys
import threading
import types
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from pickle import PicklingError  # noqa: S403 - its name only: what a task cannot be sent as
from typing import Any, Generic, Self, TypeVar

from pictrace._worker import BUGS, Bug, Setup, work
from pictrace.errors import ImageTooComplexError, PictraceError, PictureError, UsageError
from pictrace.settings import Limits

T = TypeVar("T")
R = TypeVar("R")

CHUNKS_AHEAD = 4
"""Chunks given out per worker before the first is taken: workers stay busy while the caller is elsewhere."""

START_SECONDS = 120.0
"""A worker that is not ready by then never will be; starting one takes about half a second."""

_CONTEXT = multiprocessing.get_context("spawn")
_FORCED_ENDS = frozenset({-9, -15})
_start_lock = threading.Lock()
_log = logging.getLogger(__name__)


class Workers(Generic[T, R]):
    """Worker processes for one task: started when first needed, good for many runs, ended with this process.

    `task` is called with one item in a worker. Like `initializer` it must be importable there: a function at
    the top of a module. Programs need no `if __name__ == "__main__"`, for workers do not import the program
    that started them (unless the task lives in it). Several threads may call `run` at the same time.

    A worker that takes longer than `limits.decode_seconds` for one item is killed; one may have
    `limits.worker_bytes` more memory than it had when ready, where the system can limit that.
    """

    def __init__(
        self,
        task: Callable[[T], R],
        *,
        workers: int,
        limits: Limits | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        if workers < 1:
            raise UsageError(f"{workers} workers cannot work", hint="give 1 or more")
        self._window = CHUNKS_AHEAD * workers
        self._crew = _Crew(Setup(task, limits or Limits(), initializer, initargs), workers)
        self._close = weakref.finalize(self, self._crew.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, items: Iterable[T], *, chunk: int = 8) -> Iterator[tuple[T, R | PictureError]]:
        """Each item with what the task made of it, or with the error it ended in, in the order of `items`.

        Items are drawn as results are taken, `CHUNKS_AHEAD` chunks of `chunk` items per worker in advance.

        Raises:
            UsageError: the workers are closed.
            PictraceError: worker processes cannot start.
        """
        if not self._close.alive:
            raise _closed_error()
        return self._results(iter(items), chunk)

    def close(self) -> None:
        """Ends all workers at once, whatever they are doing."""
        self._close()

    def _results(self, items: Iterator[T], chunk: int) -> Iterator[tuple[T, R | PictureError]]:
        pending: deque[tuple[list[T], Future[list[R | PictureError]]]] = deque()
        try:
            while batch := list(itertools.islice(items, chunk)):
                pending.append((batch, self._crew.submit(batch)))
                while pending and (len(pending) >= self._window or pending[0][1].done()):
                    yield from _answers(*pending.popleft())
            while pending:
                yield from _answers(*pending.popleft())
        finally:
            for _, future in pending:
                future.cancel()


class _Crew:
    """One thread per worker, which feeds it chunks from a queue and replaces it when it dies.

    The threads are daemons: a program that ends, or is interrupted, waits for no picture.
    """

    def __init__(self, setup: Setup, size: int) -> None:
        self._setup = setup
        self._size = size
        self._jobs: queue.SimpleQueue[tuple[list[Any], Future[list[Any]]] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle: deque[_Worker] = deque()
        self._all: set[_Worker] = set()
        # Reentrant, because the garbage collector may call `close` anywhere.
        self._lock = threading.RLock()
        self._closed = False

    def submit(self, batch: list[Any]) -> "Future[list[Any]]":
        future: Future[list[Any]] = Future()
        with self._lock:
            if self._closed:
                raise _closed_error()
            if len(self._threads) < self._size:
                self._threads.append(
                    threading.Thread(target=self._labour, name="pictrace-worker", daemon=True)
                )
                self._threads[-1].start()
            self._jobs.put((batch, future))
        return future

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for worker in list(self._all):
                worker.kill()
            with contextlib.suppress(queue.Empty):
                while job := self._jobs.get_nowait():
                    job[1].cancel()
            for _ in self._threads:
                self._jobs.put(None)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        while self._idle:
            self._idle.pop().bury()

    def _labour(self) -> None:
        _block_interrupts()
        while job := self._jobs.get():
            batch, future = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._serve(batch))
            except (*BUGS, PicklingError) as error:
                future.set_exception(error)

    def _serve(self, items: list[Any]) -> list[Any]:
        """The results of one chunk, from as many workers as it takes."""
        results: list[Any] = []
        excused = -1
        while len(results) < len(items):
            with contextlib.ExitStack() as guard:
                worker = self._take()
                guard.callback(self._discard, worker)
                worker.wait_until_ready()
                end = worker.serve(items[len(results) :], results)
                if end is None:
                    guard.pop_all()
                    self._idle.append(worker)
                    break
            # A kill from outside, by a kernel short of memory or by a person, is not the item's fault.
            if end.forced and excused != len(results):
                excused = len(results)
            elif end.error is not None:
                results.append(end.error)
        return results

    def _take(self) -> "_Worker":
        with contextlib.suppress(IndexError):
            while True:
                worker = self._idle.pop()
                if worker.is_alive():
                    return worker
                self._discard(worker)
        with self._lock:
            if self._closed:
                raise _closed_error()
            worker = _Worker(self._setup)
            self._all.add(worker)
        return worker

    def _discard(self, worker: "_Worker") -> None:
        with self._lock:
            self._all.discard(worker)
        worker.bury()


@dataclass(frozen=True)
class _End:
    """How a worker ended: `forced` from outside, or with the error for an item that has no result."""

    error: PictureError | None
    forced: bool = False


class _Worker:
    """One process and the pipe to it; used by one thread at a time."""

    def __init__(self, setup: Setup) -> None:
        self._seconds = setup.limits.decode_seconds
        self._is_ready = False
        self._pipe, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(
            target=work, args=(theirs, setup), name="pictrace-worker", daemon=True
        )
        with _start_lock, contextlib.nullcontext() if setup.lives_in_main() else _main_hidden():
            self._process.start()
        theirs.close()

    def wait_until_ready(self) -> None:
        """Nothing, once the worker has started.

        Raises:
            PictraceError: it never will.
        """
        with contextlib.suppress(EOFError, OSError):
            self._is_ready = self._is_ready or (self._pipe.poll(START_SECONDS) and self._pipe.recv())
        if not self._is_ready:
            raise PictraceError(
                "a worker process ended while it was starting", hint="what it printed to stderr says why"
            )

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        self._process.kill()

    def bury(self) -> None:
        self.kill()
        self._process.join()
        self._pipe.close()

    def serve(self, items: list[Any], results: list[Any]) -> _End | None:
        """Appends one result per item; `None` if the worker is fit for more, else how it ended."""
        try:
            self._pipe.send(items)
            for _ in items:
                if not self._pipe.poll(self._seconds):
                    return _End(ImageTooComplexError(f"decoding took longer than {self._seconds:g} seconds"))
                answer = self._pipe.recv()
                results.append(_logged(answer) if isinstance(answer, Bug) else answer)
                if isinstance(answer, ImageTooComplexError):
                    return _End(None)
        except (EOFError, OSError):
            return self._death()
        return None

    def _death(self) -> _End:
        self._process.join()
        code = self._process.exitcode
        if code in _FORCED_ENDS:
            return _End(ImageTooComplexError("decoding took more memory than there is"), forced=True)
        if code is not None and code < 0:
            return _End(ImageTooComplexError(f"decoding crashed its process ({signal.Signals(-code).name})"))
        return _End(
            PictureError("a worker process ended by itself", hint="what it printed to stderr says why")
        )


def _answers(
    items: list[T], future: "Future[list[R | PictureError]]"
) -> Iterator[tuple[T, R | PictureError]]:
    try:
        results = future.result()
    except CancelledError as error:
        raise _closed_error() from error
    return zip(items, results, strict=True)


def _closed_error() -> UsageError:
    return UsageError("these workers are closed")


def _logged(bug: Bug) -> PictureError:
    _log.error("a task failed on one picture: %s\n%s", bug.name, bug.trace)
    return PictureError(
        f"an unforeseen {bug.name} while this picture was looked at", hint="the log says where"
    )


def _block_interrupts() -> None:
    # Processes inherit this, so that Ctrl-C reaches the program alone, even while a worker is still starting.
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


@contextlib.contextmanager
def _main_hidden() -> Iterator[None]:
    """The main module is out of sight, so that a starting process does not run the program a second time."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
