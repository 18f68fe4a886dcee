"""One request and its answer: redirects, limits, and what can go wrong, inside the event loop."""

import asyncio
import contextlib
import random
import re
import weakref
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp
import yarl

from pictrace._version import __version__
from pictrace.errors import (
    FetchError,
    SourceAnswerError,
    SourceNotAllowedError,
    SourceTimeoutError,
    SourceTooLargeError,
    SourceUnreachableError,
)
from pictrace.fetch._address import Reach, checked_url, redirected
from pictrace.fetch._guard import Guard, OnceResponse, RefusedError, Resolver
from pictrace.fetch._names import Names
from pictrace.settings import FetchPolicy

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": f"PicTrace/{__version__}"}
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")


@dataclass(frozen=True)
class Fetched:
    """What came from a URL: the bytes, where they came from in the end, and what the server calls them.

    `content_type` is a media type in lower case, empty if there is none; believe the bytes instead.
    """

    data: bytes = field(repr=False)
    url: str
    content_type: str


class Body:
    """The bytes of an answer as they come, counted, and given up when there are too many or they are too slow.

    Raises:
        SourceAnswerError: they are packed, or it is not clear where they end.
        SourceTooLargeError: the server says that there are more than `limit_bytes`.
    """

    def __init__(self, response: aiohttp.ClientResponse, policy: FetchPolicy, limit_bytes: int) -> None:
        headers = response.headers
        packed = headers.get("Content-Encoding", "").strip().lower() not in {"", "identity"}
        if packed or headers.get("Transfer-Encoding", "chunked").strip().lower() != "chunked":
            raise SourceAnswerError("the server sent packed bytes although it was asked not to")
        # Only one of the client's two parsers refuses this by itself.
        if len(headers.getall("Transfer-Encoding", []) + headers.getall("Content-Length", [])) > 1:
            raise SourceAnswerError("the answer says in two ways where it ends")
        self.size = response.content_length
        self._response = response
        self._window = policy.rate_seconds
        self._least = policy.least_rate * policy.rate_seconds
        self._limit = limit_bytes
        self._left = limit_bytes
        self._due = 0.0
        self._recent = 0
        if self.size is not None and self.size > limit_bytes:
            raise self._too_large()

    async def chunk(self) -> bytes:
        """The next bytes, none at the end.

        Raises:
            FetchError: too many, too slow, or cut off.
        """
        loop = asyncio.get_running_loop()
        self._due = self._due or loop.time() + self._window
        while True:
            try:
                with told():
                    async with asyncio.timeout_at(self._due):
                        data = await self._response.content.readany()
            except SourceTimeoutError:
                if self._recent < self._least:
                    raise
                self._due, self._recent = loop.time() + self._window, 0
                continue
            self._recent += len(data)
            self._left -= len(data)
            if self._left < 0:
                raise self._too_large()
            return data

    def _too_large(self) -> SourceTooLargeError:
        return SourceTooLargeError(
            f"there are more than the {self._limit:,} bytes allowed", hint="raise fetch.file_bytes if you trust it"
        )


class Exchange:
    """The one client, made and used inside the loop of a `Fetcher`."""

    def __init__(self, policy: FetchPolicy, names: Names) -> None:
        self.policy = policy
        self.reach = Reach.of(policy)
        guard = Guard(self.reach)
        self._total = asyncio.Semaphore(policy.connections)
        self._hosts: weakref.WeakValueDictionary[str, asyncio.Semaphore] = weakref.WeakValueDictionary()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=Resolver(guard, names),
                socket_factory=guard.open_socket,
                use_dns_cache=False,
                force_close=True,
                limit=0,
            ),
            request_class=guard.request_class(),
            response_class=OnceResponse,
            headers=_HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            raise_for_status=False,
            timeout=aiohttp.ClientTimeout(total=None, connect=policy.connect_seconds),
        )

    async def close(self) -> None:
        """Ends every connection."""
        await self._session.close()

    async def get(self, text: str, pauses: Sequence[float] = ()) -> Fetched:
        """All of one file, within `total_seconds`; tried again after each of `pauses` where the network failed.

        Raises:
            FetchError: there is no such file to be had.
        """
        with told():
            async with asyncio.timeout(self.policy.total_seconds):
                for pause in pauses:
                    try:
                        return await self._get(text)
                    except SourceUnreachableError as error:
                        if isinstance(error.__cause__, aiohttp.ClientSSLError):
                            raise
                    # Half to all of it, so that those who failed together do not come back together.
                    await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
                return await self._get(text)

    async def _get(self, text: str) -> Fetched:
        async with self.answered(text) as response:
            if response.status != 200:
                raise refusal(response.status)
            body = Body(response, self.policy, self.policy.file_bytes)
            chunks = []
            while data := await body.chunk():
                chunks.append(data)
            kind = response.content_type.lower()
            return Fetched(b"".join(chunks), str(response.url), kind if _MEDIA_TYPE.fullmatch(kind) else "")

    @contextlib.asynccontextmanager
    async def answered(
        self, text: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to a GET once its headers are there, after all redirects; closed at the end of the block.

        Raises:
            FetchError: no answer, or one from where nothing may be asked.
        """
        if not self.policy.enabled:
            raise SourceNotAllowedError
        url = checked_url(text, self.reach)
        for _ in range(self.policy.redirects + 1):
            async with self._place(url.raw_host or ""), self._asked(url, headers or {}) as response:
                if response.status not in _REDIRECTS:
                    yield response
                    return
                places = response.headers.getall("Location", [])
                if len(places) != 1:
                    raise SourceAnswerError("the server sends on, but not to one place")
                url = redirected(url, places[0], self.reach)
        raise SourceAnswerError(f"the server sends on more than {self.policy.redirects} times")

    @contextlib.asynccontextmanager
    async def _place(self, host: str) -> AsyncIterator[None]:
        """One of the few connections that there may be at a time, to a host and in all."""
        gate = self._hosts.get(host)
        if gate is None:
            gate = self._hosts[host] = asyncio.Semaphore(self.policy.connections_per_host)
        async with gate, self._total:
            yield

    @contextlib.asynccontextmanager
    async def _asked(self, url: yarl.URL, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        with told():
            async with asyncio.timeout(self.policy.total_seconds):
                response = await self._session.get(url, headers=headers, allow_redirects=False)
        try:
            yield response
        finally:
            response.close()


@contextlib.contextmanager
def told() -> Iterator[None]:
    """What the client raises inside becomes an error of ours, without a word of the other side's."""
    try:
        yield
    except TimeoutError as error:
        raise SourceTimeoutError("it took longer than is allowed, or came too slowly") from error
    except aiohttp.ClientConnectionError as error:
        if isinstance(getattr(error, "os_error", None), RefusedError):
            raise SourceNotAllowedError from error
        raise SourceUnreachableError(
            "there is no connection to that server", hint="is the name right, and the server up?"
        ) from error
    except aiohttp.ClientError as error:
        raise SourceAnswerError("the answer is broken or was cut off") from error


def refusal(status: int) -> FetchError:
    """The error for an answer that is not the file, in words of our own."""
    words = {401: "asks for a key", 403: "does not give it", 404: "has no such file", 410: "has no such file"}
    if status >= 500:
        return SourceAnswerError("the server failed", hint="try again later")
    return SourceAnswerError(f"the server {words.get(status, 'answered with something else than a file')}")
