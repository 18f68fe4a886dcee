"""Processes that look at pictures: a crash, a hang or a memory bomb costs one picture and never the run."""

import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from pictrace._crew import Crew, closed_error
from pictrace._worker import Setup
from pictrace.errors import PictureError, UsageError
from pictrace.settings import Limits

T = TypeVar("T")
R = TypeVar("R")

CHUNKS_AHEAD = 4
"""Chunks given out per worker before the first is taken: workers stay busy while the caller is elsewhere."""

_CHUNK_WEIGHT = 32 << 20
_MOST_WEIGHT = 128 << 20
"""Weight of items, in bytes, that one chunk and all chunks given out may have; at least one item is always out."""


class Workers(Generic[T, R]):
    """Worker processes for one task: started when first needed, good for many runs, ended with this process.

    `task` is called with one item in a worker. Like `initializer` it must be importable there: a function at
    the top of a module. Programs need no `if __name__ == "__main__"`, for workers do not import the program
    that started them (unless the task lives in it). Several threads may call `run` at the same time.

    A worker that takes longer than `limits.decode_seconds` for one item is killed; one may have
    `limits.worker_bytes` more memory than it had when ready, where the system can limit that. `weight` says how
    many bytes an item holds, for of heavy ones fewer are drawn in advance.
    """

    def __init__(
        self,
        task: Callable[[T], R],
        *,
        workers: int,
        limits: Limits | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        weight: Callable[[T], int] = lambda _: 0,
    ) -> None:
        if workers < 1:
            raise UsageError(f"{workers} workers cannot work", hint="give 1 or more")
        self._window = CHUNKS_AHEAD * workers
        self._weight = weight
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
        pending: deque[_Chunk[T, R]] = deque()
        try:
            for batch, weight in self._chunks(items, chunk):
                pending.append(_Chunk(batch, weight, self._crew.submit(batch)))
                del batch
                while pending and (self._is_enough(pending) or pending[0].answers.done()):
                    yield from _answered(pending.popleft())
            while pending:
                yield from _answered(pending.popleft())
        finally:
            for one in pending:
                one.answers.cancel()

    def _chunks(self, items: Iterator[T], chunk: int) -> Iterator[tuple[list[T], int]]:
        batch: list[T] = []
        total = 0
        for item in items:
            batch.append(item)
            total += self._weight(item)
            del item
            if len(batch) == chunk or total >= _CHUNK_WEIGHT:
                yield batch, total
                batch, total = [], 0
        if batch:
            yield batch, total

    def _is_enough(self, pending: "deque[_Chunk[T, R]]") -> bool:
        return len(pending) >= self._window or sum(one.weight for one in pending) > _MOST_WEIGHT


@dataclass
class _Chunk(Generic[T, R]):
    items: list[T]
    weight: int
    answers: "Future[list[R | PictureError]]"


def _answered(chunk: _Chunk[T, R]) -> Iterator[tuple[T, R | PictureError]]:
    try:
        results = chunk.answers.result()
    except CancelledError as error:
        raise closed_error() from error
    return zip(chunk.items, results, strict=True)
