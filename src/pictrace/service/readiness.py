"""Whether the service would do what it is asked for, looked at so seldom that anybody may ask as often as they like."""

import asyncio
import time
from collections.abc import Callable

from pictrace.errors import NotReadyError

_FRESH_S = 1.0
"""For so long one look is enough."""

_PATIENCE_S = 2.0
"""A look that takes longer, at a disk that hangs or a worker that does not start, tells enough."""


class Readiness:
    """What a look says, which is why the service is not ready, or nothing; used on one event loop."""

    def __init__(self, look: Callable[[], str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._clock = clock
        self._begun = -float("inf")
        self._task: asyncio.Task[str] | None = None

    async def check(self) -> None:
        """Nothing, if the service is ready; there is one look at a time, and one a second at most.

        Raises:
            NotReadyError: it is not, and why.
        """
        if self._task is None or (self._task.done() and self._clock() - self._begun >= _FRESH_S):
            self._begun = self._clock()
            self._task = asyncio.create_task(asyncio.to_thread(self._look))
        done, _ = await asyncio.wait([self._task], timeout=_PATIENCE_S)
        why = self._task.result() if done else "it takes too long to find out"
        if why:
            raise NotReadyError(why, retry_after_s=2)
