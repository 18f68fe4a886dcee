"""Processes that look at pictures: a crash, a hang or a memory bomb costs one picture and never the run."""

import itertools
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from typing import Any, Generic, Self, TypeVar

from pictrace._crew import Crew, closed_error
from pictrace._worker import Setup
from pictrace.errors import PictureError, UsageError
from pictrace.settings import Limits

T = TypeVar("T")
R = TypeVar("R")

CHUNKS_AHEAD = 4
"""Chunks given out per worker before the first is taken: workers stay busy while the caller is elsewhere."""


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
        self._crew = Crew(Setup(task, limits or Limits(), initializer, initargs), workers)
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
            raise closed_error()
        return self._results(iter(items), chunk)

    def close(self) -> None:
        """Ends all workers at once, whatever they are doing."""
        self._close()
        self._crew.join()

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


def _answers(items: list[T], future: "Future[list[R | PictureError]]") -> Iterator[tuple[T, R | PictureError]]:
    try:
        results = future.result()
    except CancelledError as error:
        raise closed_error() from error
    return zip(items, results, strict=True)
