"""The only way out: files from other machines over http and https, guarded at the socket.

A `Fetcher` runs an event loop in a thread of its own, so that everybody else can do without.
"""

import asyncio
import concurrent.futures
import threading
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future
from pathlib import Path
from typing import Any, Self, TypeVar

from pictrace.errors import FetchError, UsageError
from pictrace.fetch._address import Reach, checked_url, permitted
from pictrace.fetch._download import Download, Watch, part_of
from pictrace.fetch._exchange import Exchange, Fetched
from pictrace.fetch._names import Names, Resolve, resolve
from pictrace.settings import FetchPolicy

__all__ = ["Fetched", "Fetcher", "Reach", "checked_url", "part_of", "permitted"]

PAUSES = (0.3, 1.0)
"""Seconds before a URL of a list is tried again, if the network failed; each is shortened at random."""

_LOOK_AHEAD = 256
"""URLs drawn from a list in advance, so that those of one slow host do not hold up the others."""

_LEAST_RESOLVERS = 8

_Result = TypeVar("_Result")


class Fetcher:
    """Fetches files within the limits of a policy; safe to use from several threads, closed at the end.

    No proxy, cookie, password file or header of anybody is used, nothing is unpacked, and certificates are
    verified. `resolve` gives the addresses of a host, `pauses` when `many` tries again.
    """

    def __init__(
        self, policy: FetchPolicy | None = None, *, resolve: Resolve = resolve, pauses: Sequence[float] = PAUSES
    ) -> None:
        self.policy = policy or FetchPolicy()
        self._pauses = pauses
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pictrace-fetch", daemon=True)
        self._closing = threading.Lock()
        self._thread.start()
        self._exchange = self._run(self._begin(resolve))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, url: str) -> Fetched:
        """One file, in memory.

        Raises:
            InvalidUrlError: no clear URL for http or https.
            SourceNotAllowedError: it, or where it redirects, may not be asked.
            SourceUnreachableError: no connection.
            SourceAnswerError: the answer is not the file.
            SourceTooLargeError: more than `file_bytes`.
            SourceTimeoutError: too slow.
        """
        return self._run(self._exchange.get(url))

    def many(
        self, urls: Iterable[str], *, progress: Callable[[int, str], object] | None = None
    ) -> Iterator[tuple[str, Fetched | FetchError]]:
        """Each URL with its file or why there is none, in the order in which they are done.

        URLs are drawn and fetched as results are taken: at most `connections` are under way or waiting to be
        taken, and no more bodies than that are held. Where the network fails a URL is tried again, all within
        its `total_seconds`. `progress` is told how many are done, and the latest.
        """
        for done, (url, result) in enumerate(self._results(iter(urls)), 1):
            if progress is not None:
                progress(done, url)
            yield url, result

    def to_file(self, url: str, path: Path, *, sha256: str, size_limit: int, progress: Watch | None = None) -> None:
        """A file with a known SHA-256 becomes `path`, whole and right, or not at all.

        What came before an interruption is kept beside it, at `part_of(path)`, and gone on with. Where `sha256` is
        empty nobody knows what is right: then the file is whole, and always begun anew. There is no limit on the time
        that all of it takes, but on the rate and on the wait for an answer. `progress` is told the bytes there are, and
        of how many if that is known.

        Raises:
            FetchError: as `get`; SourceAnswerError also if what came has another SHA-256.
            InsufficientStorageError: the disk is full.
        """
        watch = progress or (lambda _done, _total: None)
        Download(url, path, sha256, size_limit, watch).run(self._exchange, self._run)

    def close(self) -> None:
        """Ends everything that is under way; whoever waits for it gets an error."""
        with self._closing:
            if self._loop.is_closed():
                return
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _begin(self, resolve: Resolve) -> Exchange:
        return Exchange(self.policy, Names(resolve, max(_LEAST_RESOLVERS, self.policy.connections)))

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._exchange.close()

    def _submit(self, coroutine: Coroutine[Any, Any, _Result]) -> "Future[_Result]":
        with self._closing:
            if self._loop.is_closed():
                coroutine.close()
                raise _closed()
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def _run(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        future = self._submit(coroutine)
        try:
            return future.result()
        except CancelledError as error:
            raise _closed() from error
        finally:
            future.cancel()

    def _results(self, urls: Iterator[str]) -> Iterator[tuple[str, Fetched | FetchError]]:
        waiting: deque[tuple[str, str]] = deque()
        running: dict[Future[Fetched], tuple[str, str]] = {}
        try:
            while True:
                while len(waiting) < _LOOK_AHEAD and (url := next(urls, None)) is not None:
                    try:
                        waiting.append((url, checked_url(url, self._exchange.reach).raw_host or ""))
                    except FetchError as error:
                        yield url, error
                self._start(waiting, running)
                if not running:
                    return
                for future in concurrent.futures.wait(running, return_when=FIRST_COMPLETED).done:
                    url, _ = running.pop(future)
                    yield url, _outcome(future)
        finally:
            for future in running:
                future.cancel()

    def _start(self, waiting: deque[tuple[str, str]], running: "dict[Future[Fetched], tuple[str, str]]") -> None:
        """Puts those under way for whom there is a connection, in order, past those whose hosts are busy."""
        busy = Counter(host for _, host in running.values())
        for _ in range(len(waiting)):
            url, host = waiting.popleft()
            if len(running) < self.policy.connections and busy[host] < self.policy.connections_per_host:
                busy[host] += 1
                running[self._submit(self._exchange.get(url, self._pauses))] = url, host
            else:
                waiting.append((url, host))


def _outcome(future: "Future[Fetched]") -> Fetched | FetchError:
    try:
        return future.result()
    except FetchError as error:
        return error
    except CancelledError as error:
        raise _closed() from error


def _closed() -> UsageError:
    return UsageError("this fetcher is closed", hint="make another one")
