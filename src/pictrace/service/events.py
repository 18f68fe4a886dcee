"""What happens to collections and jobs, told to whoever listens, as Server-Sent Events."""

import asyncio
import contextlib
import json
import weakref
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pictrace.errors import ShuttingDownError, TooManyInFlightError
from pictrace.settings import ServicePolicy

MEDIA_TYPE = "text/event-stream"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}

_MOST_LISTENERS = 200
_BEHIND = 256
_SILENCE_S = 15.0


Follow = Callable[[str, str, Mapping[str, Any]], object]
"""Hears a collection's name, an event's, and what it tells, in the thread where it happens."""


def unfollowed(collection: str, name: str, data: Mapping[str, Any]) -> None:
    """What is told where nobody follows."""


def _always() -> bool:
    return True


def event(name: str, data: Mapping[str, Any]) -> bytes:
    """One event (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


@dataclass(eq=False)
class Listener:
    """Somebody who hears of a collection, or of one of its jobs, from the moment this is made.

    It is forgotten once nobody holds it, also if nothing was ever heard. Whether it is welcome is asked before it is
    told anything, and at every beat.
    """

    collection: str
    job: str = ""
    names: frozenset[str] = frozenset({"collection", "job"})
    who: str = ""
    is_welcome: Callable[[], bool] = _always
    _queue: "asyncio.Queue[bytes | None]" = field(default_factory=lambda: asyncio.Queue(_BEHIND))

    async def heard(self, first: bytes) -> AsyncIterator[bytes]:
        """What is told, after `first`, until the listener goes away, is no longer welcome, or the service stops."""
        yield first
        while True:
            try:
                async with asyncio.timeout(_SILENCE_S):
                    told = await self._queue.get()
            except TimeoutError:
                told = b": still here\n\n"
            if told is None or not self.is_welcome():
                return
            yield told

    def hears(self, collection: str, job: str, name: str) -> bool:
        """Whether an event is for this listener."""
        return self.collection == collection and self.job in {"", job} and name in self.names

    def put(self, told: bytes) -> None:
        """One event more; the oldest one is lost if too many wait."""
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(told)

    def send_home(self) -> None:
        """It is over at once, whatever was still to be heard."""
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)


class Events:
    """Passes on what threads tell; a listener too slow to follow misses what is oldest. Made on an event loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        follow: Follow = unfollowed,
        *,
        share: int = ServicePolicy.listeners_per_caller,
    ) -> None:
        self._loop = loop
        self._share = share
        self._follow = follow
        self._listeners: weakref.WeakSet[Listener] = weakref.WeakSet()
        self._is_closed = False

    def tell(self, collection: str, name: str, data: Mapping[str, Any]) -> None:
        """All who listen to a collection hear an event; may be called from any thread."""
        self._follow(collection, name, data)
        self._on_loop(lambda: self._pass_on(collection, str(data.get("id", "")), name, event(name, data)))

    def listener(
        self,
        collection: str,
        *,
        job: str = "",
        names: Iterable[str] = ("collection", "job"),
        who: str = "",
        is_welcome: Callable[[], bool] = _always,
    ) -> Listener:
        """Who hears events of these names from now on, until they are no longer welcome; called on the event loop.

        Raises:
            TooManyInFlightError: too many listen already, or too many of the same name, `who`.
            ShuttingDownError: nothing will be told any more.
        """
        if self._is_closed:
            raise ShuttingDownError("the service is about to stop", retry_after_s=5)
        if len(self._listeners) >= _MOST_LISTENERS:
            raise TooManyInFlightError("too many listeners at once", retry_after_s=5)
        if sum(one.who == who for one in self._listeners) >= self._share:
            raise TooManyInFlightError("you listen too often at once", hint="close a page", retry_after_s=5)
        made = Listener(collection, job, frozenset(names), who, is_welcome)
        self._listeners.add(made)
        return made

    def close(self) -> None:
        """Every listener is sent home; may be called from any thread, and more than once."""
        self._is_closed = True
        self._on_loop(self._end)

    def _on_loop(self, call: Callable[[], None]) -> None:
        # Between the question whether the loop is closed and the call, it may be.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)

    def _end(self) -> None:
        for listener in list(self._listeners):
            listener.send_home()

    def _pass_on(self, collection: str, job: str, name: str, told: bytes) -> None:
        for listener in list(self._listeners):
            if not self._is_closed and listener.hears(collection, job, name):
                listener.put(told)
