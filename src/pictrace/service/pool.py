"""Threads in which the synchronous core answers requests: few, with a bounded queue before them."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pictrace.errors import OverloadedError, ShuttingDownError

_Result = TypeVar("_Result")

_MOST_SECONDS_WAITING = 2.0
"""Whoever waited longer than this for a turn is told to come back, for others wait behind."""

_MOST_SECONDS_AHEAD = 1.5
"""Work that may lie ahead of a call let in, by what calls took of late; others are told to come back at once."""

_WEIGHT_OF_LATEST = 0.1


class Pool:
    """Runs calls in `threads` threads; at most `waiting` more wait for their turn. Used on one event loop."""

    def __init__(self, *, threads: int, waiting: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="pictrace-request")
        self._threads = threads
        self._most = threads + waiting
        self._seconds = 0.0
        self._inside = 0
        self._running = 0
        self._turn = threading.Condition()
        self._is_closed = False

    @property
    def inside(self) -> int:
        """Calls that run or wait."""
        return self._inside

    async def run(self, call: Callable[[], _Result]) -> _Result:
        """What the call returns or raises.

        Raises:
            OverloadedError: too many calls wait already, or this one waited too long.
            ShuttingDownError: there are no further calls.
        """
        self.check_room()
        self._inside += 1
        asked = time.monotonic()
        future = asyncio.get_running_loop().run_in_executor(self._executor, self._begun, call, asked)
        future.add_done_callback(self._left)
        # A client that goes away does not take back what has begun: the thread stays busy until it is done.
        return await asyncio.shield(future)

    def check_room(self) -> None:
        """Nothing, if a call would be let in now; for those who would read a long body first.

        Raises:
            OverloadedError: too many wait already.
            ShuttingDownError: there are no further calls.
        """
        if self._is_closed:
            raise shutting_down()
        ahead = (self._inside - self._threads + 1) * self._seconds / self._threads
        if self._inside >= self._most or ahead > _MOST_SECONDS_AHEAD:
            raise overloaded()

    def close(self) -> None:
        """No further calls; those that have begun end by themselves, those that wait never begin."""
        with self._turn:
            self._is_closed = True
        self._executor.shutdown(wait=False, cancel_futures=True)

    def is_over(self, *, seconds: float) -> bool:
        """Whether no call runs any more; waits for that so long, once there are no further calls."""
        with self._turn:
            return self._turn.wait_for(lambda: not self._running, seconds)

    def _begun(self, call: Callable[[], _Result], asked: float) -> _Result:
        begun = time.monotonic()
        with self._turn:
            if self._is_closed:
                raise shutting_down()
            if begun - asked > _MOST_SECONDS_WAITING:
                raise overloaded()
            self._running += 1
        try:
            return call()
        finally:
            with self._turn:
                self._running -= 1
                self._turn.notify_all()
            # Read and written by several threads: an estimate may lose a call.
            self._seconds += _WEIGHT_OF_LATEST * (time.monotonic() - begun - self._seconds)

    def _left(self, future: "asyncio.Future[Any]") -> None:
        self._inside -= 1
        if not future.cancelled():
            future.exception()  # has been seen, even if nobody waits for it any more


def overloaded() -> OverloadedError:
    """The refusal of what does not fit."""
    return OverloadedError("too many requests at once", hint="try again in a moment", retry_after_s=1)


def shutting_down() -> ShuttingDownError:
    """The refusal of whoever comes too late."""
    return ShuttingDownError("the service is about to stop", retry_after_s=5)
