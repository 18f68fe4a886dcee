"""What happens to collections and jobs, told to whoever listens, as Server-Sent Events."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from pictrace.errors import TooManyInFlightError

MEDIA_TYPE = "text/event-stream"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}

_MOST_LISTENERS = 200
_BEHIND = 256
_SILENCE_S = 15.0


Listener = Callable[[str, str, Mapping[str, Any]], object]
"""Hears a collection's name, an event's, and what it tells."""


def unheard(collection: str, name: str, data: Mapping[str, Any]) -> None:
    """The listener where nobody listens."""


def event(name: str, data: Mapping[str, Any]) -> bytes:
    """One event (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


class Events:
    """Passes on what threads tell; a listener too slow to follow misses what is oldest. Made on an event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, listener: Listener = unheard) -> None:
        self._loop = loop
        self._listener = listener
        self._listeners: dict[asyncio.Queue[bytes | None], tuple[str, str]] = {}
        self._is_closed = False

    def tell(self, collection: str, name: str, data: Mapping[str, Any]) -> None:
        """All who listen to a collection hear an event; may be called from any thread."""
        self._listener(collection, name, data)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._pass_on, collection, str(data.get("id", "")), event(name, data))

    async def listen(self, collection: str, *, job: str = "", first: tuple[bytes, ...] = ()) -> AsyncIterator[bytes]:
        """What is told of a collection, or of one of its jobs, until the listener goes away or the service stops.

        Raises:
            TooManyInFlightError: too many listen already.
        """
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(_BEHIND)
        self._listeners[queue] = (collection, job)
        try:
            for told in first:
                yield told
            while not self._is_closed:
                try:
                    async with asyncio.timeout(_SILENCE_S):
                        heard = await queue.get()
                except TimeoutError:
                    heard = b": still here\n\n"
                if heard is None:
                    return
                yield heard
        finally:
            self._listeners.pop(queue, None)

    def check_room(self) -> None:
        """Nothing, if one more may listen.

        Raises:
            TooManyInFlightError: too many do.
        """
        if len(self._listeners) >= _MOST_LISTENERS:
            raise TooManyInFlightError("too many listeners at once", retry_after_s=5)

    def close(self) -> None:
        """Every listener hears that it is over; may be called from any thread, and more than once."""
        self._is_closed = True
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        for queue in self._listeners:
            _put(queue, None)

    def _pass_on(self, collection: str, job: str, told: bytes) -> None:
        for queue, (wanted, one) in self._listeners.items():
            if wanted == collection and one in {"", job}:
                _put(queue, told)


def _put(queue: "asyncio.Queue[bytes | None]", told: bytes | None) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(told)
