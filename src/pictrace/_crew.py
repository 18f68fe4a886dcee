"""The parent's side of worker processes: the threads that feed them, and one process with its pipe."""

import contextlib
import logging
import multiprocessing
import queue
import signal
import socket
import sys
import threading
import types
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pickle import PicklingError
from typing import Any

from pictrace._wire import Bug, WireError, receive, unpacked
from pictrace._worker import BUGS, LIFE, READY, Setup, work
from pictrace.errors import ImageTooComplexError, PictraceError, PictureError, UsageError

START_SECONDS = 120.0
"""A worker that is not ready by then never will be; starting one takes about half a second."""

END_SECONDS = 5.0
"""What a worker whose pipe is closed gets to say its last words, before it is killed."""

START_ATTEMPTS = 10
"""How often in a row somebody else may kill a worker that is starting; one that fails by itself gets one."""

_CONTEXT = multiprocessing.get_context("spawn")
_FORCED_ENDS = frozenset({-9, -15})
_start_lock = threading.Lock()
_log = logging.getLogger(__name__)


class Crew:
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
                raise closed_error()
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            if len(self._threads) < self._size:
                self._threads.append(threading.Thread(target=self._labour, name="pictrace-worker", daemon=True))
                self._threads[-1].start()
            self._jobs.put((batch, future))
        return future

    def close(self) -> None:
        """Kills everybody and waits for nobody, for it may be the garbage collector that calls."""
        with self._lock:
            self._closed = True
            for worker in list(self._all):
                worker.kill()
            with contextlib.suppress(IndexError):
                while True:
                    self._idle.pop().hang_up()
            with contextlib.suppress(queue.Empty):
                while job := self._jobs.get_nowait():
                    job[1].cancel()
            for _ in self._threads:
                self._jobs.put(None)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()
        while self._idle:
            self._idle.pop().bury()

    def _labour(self) -> None:
        while job := self._jobs.get():
            batch, future = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._serve(batch))
            except (*BUGS, PicklingError, MemoryError) as error:
                future.set_exception(error)
            finally:
                if not future.done():  # nobody may wait for ever, whatever happened
                    future.set_exception(PictraceError("a worker's answer was lost"))
            del batch, future, job  # the bytes in it are not held while this thread waits for the next

    def _serve(self, items: list[Any]) -> list[Any]:
        """The results of one chunk, from as many workers as it takes."""
        results: list[Any] = []
        excused = -1
        while len(results) < len(items):
            with contextlib.ExitStack() as guard:
                worker = self._take()
                guard.callback(self._discard, worker)
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
        return self._start()

    def _start(self) -> "_Worker":
        for _ in range(START_ATTEMPTS):
            with self._lock:
                if self._closed:
                    raise closed_error()
                worker = _Worker(self._setup)
                self._all.add(worker)
            if worker.is_ready():
                return worker
            self._discard(worker)
            if not worker.was_killed():
                break
        raise PictraceError("a worker process ended while it was starting", hint="what it printed to stderr says why")

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
        self._ticket = self._done = 0
        heard, self._orders = _CONTEXT.Pipe(duplex=False)
        self._answers, told = socket.socketpair()
        self._process = _CONTEXT.Process(target=work, args=(heard, told, setup), name="pictrace-worker", daemon=True)
        with _start_lock, contextlib.nullcontext() if setup.lives_in_main() else _main_hidden():
            _block_interrupts()
            self._process.start()
        heard.close()
        told.close()

    def is_ready(self) -> bool:
        """Whether the worker has started, once that is known."""
        with contextlib.suppress(EOFError, OSError, WireError):
            return receive(self._answers, seconds=START_SECONDS) == (0, READY)
        self._process.join(END_SECONDS)
        return False

    def was_killed(self) -> bool:
        """Whether somebody else ended it; asked once it is gone."""
        return self._process.exitcode in _FORCED_ENDS

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        self._process.kill()

    def bury(self) -> None:
        self.kill()
        self._process.join()
        self.hang_up()

    def hang_up(self) -> None:
        self._orders.close()
        self._answers.close()

    def serve(self, items: list[Any], results: list[Any]) -> _End | None:
        """Appends one result per item; `None` if the worker is fit for more, else how it ended.

        One that has served its time is let go here: it leaves by itself, and must not be given an item meanwhile.
        """
        try:
            self._ticket += 1
            self._orders.send((self._ticket, items))
            for _ in items:
                ticket, message = receive(self._answers, seconds=self._seconds)
                if ticket != self._ticket:
                    # Somebody before said more than was asked for; it is not to be taken for this item's answer.
                    return _End(PictureError("its worker answered out of turn"), forced=True)
                answer = unpacked(message)
                results.append(_logged(answer) if isinstance(answer, Bug) else answer)
                self._done += 1
                if isinstance(answer, ImageTooComplexError):
                    return _End(None)
        except TimeoutError:
            return _End(ImageTooComplexError(f"decoding took longer than {self._seconds:g} seconds"))
        except WireError as error:
            return _End(PictureError(str(error), hint="its worker was ended; the log of the system may say why"))
        except (EOFError, OSError):
            return self._death()
        return _End(None) if self._done >= LIFE else None

    def _death(self) -> _End:
        self._process.join(END_SECONDS)
        if self.was_killed():
            return _End(ImageTooComplexError("decoding took more memory than there is"), forced=True)
        code = self._process.exitcode or 0
        if code == -signal.SIGXCPU:
            return _End(ImageTooComplexError("decoding took more computing time than it may"))
        if code < 0:
            return _End(ImageTooComplexError(f"decoding crashed its process ({signal.Signals(-code).name})"))
        return _End(PictureError("a worker process ended by itself", hint="what it printed to stderr says why"))


def closed_error() -> UsageError:
    return UsageError("these workers are closed")


def _logged(bug: Bug) -> PictureError:
    _log.error("a task failed on one picture: %s\n%s", bug.name, bug.trace)
    return PictureError(f"an unforeseen {bug.name} while this picture was looked at", hint="the log says where")


def _block_interrupts() -> None:
    # Processes inherit this from the thread that starts them, so that Ctrl-C reaches the program alone, even
    # while a worker is still starting. The tracker comes first, for starting it takes the block away again.
    if sys.platform != "win32":  # pragma: no branch - there Ctrl-C is different
        resource_tracker.ensure_running()
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
