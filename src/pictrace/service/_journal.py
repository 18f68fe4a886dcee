"""One line of JSON for each request, which neither a client can forge nor a full pipe can hold up."""

import contextlib
import logging
import queue
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from typing import IO, Any, TextIO, cast

import structlog

from pictrace.service.guard import Record

CHARACTERS = 200
"""Of any text in a line; of a traceback, twenty times as many."""

_LINES = 10_000
_CLOSE_SECONDS = 1.0


class Journal:
    """Writes what happens to a stream, as JSON in ASCII; a watcher for the guard.

    Lines are handed to a thread. If nobody takes them from the stream, so many are kept and others are lost.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._sink = _Sink(stream)
        self._log: Any = structlog.wrap_logger(
            structlog.WriteLogger(cast("TextIO", self._sink)),  # of a file it uses write and flush
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _cut,
                structlog.processors.JSONRenderer(ensure_ascii=True),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            cache_logger_on_first_use=False,
        )

    def __call__(self, record: Record) -> None:
        """The line of one request."""
        facts = {
            "method": record.method,
            "route": record.route,
            "status": record.status,
            "code": record.code,
            "ms": round(record.seconds * 1000, 1),
            "request_id": record.request_id,
            "key": record.key_id,
            "client": record.client,
        }
        if record.bug is None:
            self._log.info("request", **facts)
            return
        self._log.error("request", **facts, bug=repr(record.bug), trace=_trace(record.bug))

    def note(self, event: str, *, level: int = logging.INFO, **facts: object) -> None:
        """A line about anything else; `level` is one of `logging`."""
        self._log.log(level, event, **facts)

    def handler(self) -> logging.Handler:
        """For loggers of others, whose lines are to look alike."""
        return _Handler(self)

    def close(self) -> None:
        """Waits a moment for what is not written yet."""
        self._sink.close()


def _trace(error: BaseException) -> "_Long":
    """Where it happened; the end says most."""
    return _Long("".join(traceback.format_exception(error)).rstrip()[-20 * CHARACTERS :])


class _Long(str):
    """A text that was cut already."""

    __slots__ = ()


class _Handler(logging.Handler):
    def __init__(self, journal: Journal) -> None:
        super().__init__(logging.WARNING)
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        where = {"trace": _trace(error)} if error is not None else {}
        self._journal.note("server", level=record.levelno, said=record.getMessage().strip(), **where)


class _Sink:
    """A file whose writers never wait."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(_LINES)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(text)

    def flush(self) -> None:
        """The thread does that."""

    def close(self) -> None:
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=_CLOSE_SECONDS)
            self._thread.join(timeout=_CLOSE_SECONDS)

    def _run(self) -> None:
        while (text := self._lines.get()) is not None:
            # Whoever reads may have gone away, and the service goes on.
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(text)
                self._stream.flush()


def _cut(logger: object, name: str, facts: MutableMapping[str, Any]) -> Mapping[str, Any]:
    del logger, name
    return {key: _shortened(value) if isinstance(value, str) else value for key, value in facts.items()}


def _shortened(text: str) -> str:
    # JSON in ASCII escapes every control character but this one.
    return (text if isinstance(text, _Long) else text[:CHARACTERS]).replace("\x7f", "\ufffd")
