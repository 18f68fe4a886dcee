"""What runs inside a worker process."""

import contextlib
import logging
import math
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pictrace._wire import Bug, packed, send
from pictrace.errors import ImageTooComplexError, PictraceError, PictureError
from pictrace.settings import Limits

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    import socket
    from multiprocessing.connection import Connection

T = TypeVar("T")
R = TypeVar("R")

READY = b"ready"
"""What a worker says when it has started."""

LIFE = 500
"""Items after which a worker is replaced: what leaks, and whoever may have got in, goes with it. A start costs the time
of about twenty pictures."""

_MOST_FILES = 256

BUGS = (
    PictraceError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What a task may raise by mistake; anything else ends its worker too, and costs the same item."""


@dataclass(frozen=True)
class Setup:
    """What a worker is told when it starts."""

    task: Callable[[Any], Any]
    limits: Limits
    initializer: Callable[..., object] | None
    initargs: tuple[Any, ...]

    def lives_in_main(self) -> bool:
        functions = (getattr(function, "func", function) for function in (self.task, self.initializer))
        return any(getattr(function, "__module__", None) == "__main__" for function in functions)


def work(
    orders: "Connection[Any, Any]", answers: "socket.socket", setup: Setup
) -> None:  # pragma: no cover - in worker processes
    """A worker's whole life: get ready, say so, then answer item after item until the program is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if setup.initializer is not None:
        setup.initializer(*setup.initargs)
    _confine(setup.limits.worker_bytes)
    _mute_decoders()
    done = 0
    # Both ways break when the program is gone, however it ended.
    with contextlib.suppress(EOFError, ConnectionError):
        send(answers, READY, ticket=0)
        while done < LIFE:
            ticket, items = orders.recv()
            for item in items:
                answer = attempt(setup.task, item, seconds=setup.limits.decode_seconds)
                send(answers, _message(answer), ticket=ticket)
                done += 1
                # Memory once exhausted may stay so, in pieces: the next item deserves a fresh process.
                if isinstance(answer, ImageTooComplexError):
                    return


def _message(answer: object) -> bytes:  # pragma: no cover - in worker processes
    try:
        return packed(answer)
    except (TypeError, ValueError, OverflowError) as error:
        return packed(Bug(type(error).__name__, traceback.format_exc()))


def attempt(task: Callable[[T], R], item: T, *, seconds: float) -> R | PictureError | Bug:
    """What the task makes of an item, or the error it ends in."""
    _set_alarm(2 * seconds)
    _allow_cpu(2 * seconds)
    try:
        return task(item)
    except PictureError as error:
        return error
    except MemoryError:
        return ImageTooComplexError("decoding took more memory than a worker may have")
    except BUGS as error:
        return Bug(type(error).__name__, traceback.format_exc())
    finally:
        _set_alarm(0)


def _set_alarm(seconds: float) -> None:
    """Lets the system end this process after so many seconds if nobody else does; 0 takes that back."""
    if sys.platform != "win32":  # pragma: no branch - there is no such timer
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _allow_cpu(seconds: float) -> None:
    """Lets the system end this process once it has computed for so much longer, on all of its threads together."""
    if sys.platform != "win32":  # pragma: no branch - there is no such limit
        used = resource.getrusage(resource.RUSAGE_SELF)
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        wanted = math.ceil(used.ru_utime + used.ru_stime + seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (wanted if hard < 0 else min(wanted, hard), hard))


def _mute_decoders() -> None:  # pragma: no cover - in worker processes
    """What decoders print and log about broken files goes nowhere; tracebacks still go to stderr."""
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _confine(more_bytes: int) -> None:  # pragma: no cover - in worker processes
    """No core dumps, few open files, and at most `more_bytes` of memory beyond what is in use now, for good."""
    if sys.platform == "win32":
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = _MOST_FILES if files < 0 else min(_MOST_FILES, files)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        wanted = pages * os.sysconf("SC_PAGE_SIZE") + more_bytes
        wanted = wanted if hard < 0 else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_AS, (wanted, wanted))
