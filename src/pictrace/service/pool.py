"""Threads in which the synchronous core answers requests: few, with a bounded queue before them."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pictrace.errors import OverloadedError, ShuttingDownError

_Result = TypeVar("_Result")

_MOST_SECONDS_WAITING = 2.0
"""Whoever waited longer than this for a turn is told to come back, for others wait behind."""


class Pool:
    """Runs calls in `threads` threads; at most `waiting` more wait for their turn. Used on one event loop."""

    def __init__(self, *, threads: int, waiting: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="pictrace-request")
        self._most = threads + waiting
        self._inside = 0
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
        if self._is_closed:
            raise ShuttingDownError("the service is about to stop", retry_after_s=5)
        if self._inside >= self._most:
            raise overloaded()
        self._inside += 1
        asked = time.monotonic()
        future = asyncio.get_running_loop().run_in_executor(self._executor, _begun, call, asked)
        future.add_done_callback(self._left)
        # A client that goes away does not take back what has begun: the thread stays busy until it is done.
        return await asyncio.shield(future)

    def close(self) -> None:
        """No further calls; those that have begun end by themselves, those that wait never begin."""
        self._is_closed = True
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _left(self, future: "asyncio.Future[Any]") -> None:
        self._inside -= 1
        if not future.cancelled():
            future.exception()  # has been seen, even if nobody waits for it any more


def overloaded() -> OverloadedError:
    """The refusal of what does not fit."""
    return OverloadedError("too many requests at once", hint="try again in a moment", retry_after_s=1)


def _begun(call: Callable[[], _Result], asked: float) -> _Result:
    if time.monotonic() - asked > _MOST_SECONDS_WAITING:
        raise overloaded()
    return call()
