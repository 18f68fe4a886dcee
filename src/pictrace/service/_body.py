"""A request's body as it comes: counted, and not waited for without end."""

import asyncio
import time
from collections.abc import Callable

from starlette.types import Message, Receive

from pictrace.errors import FileTooLargeError, RequestTimeoutError
from pictrace.settings import ServicePolicy

_MIB = 1 << 20


def check_length(length: int | None, limit: int) -> None:
    """Nothing, if a body of that length may come.

    Raises:
        FileTooLargeError: it is said to be longer than the limit.
    """
    if length is not None and length > limit:
        raise FileTooLargeError(f"the body has {length} bytes; at most {limit} are read")


class Body:
    """The `receive` of an application, which raises once a body is too long or too slow.

    Only time in which the application waits for the client counts. `refusal` keeps what was raised, for an
    application may turn it into something else.
    """

    def __init__(
        self, receive: Receive, *, limit: int, policy: ServicePolicy, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.refusal: FileTooLargeError | RequestTimeoutError | None = None
        self.is_complete = False
        self.is_gone = False
        self._receive = receive
        self._limit = limit
        self._policy = policy
        self._clock = clock
        self._count = 0
        self._waited = 0.0
        self._window_count = 0
        self._window_end = policy.rate_seconds

    async def receive(self) -> Message:
        """The next message.

        Raises:
            FileTooLargeError: the body is longer than the limit, however it is framed.
            RequestTimeoutError: it takes too long, or came too slowly in the last seconds.
        """
        if self.refusal is not None:
            raise self.refusal
        if self.is_complete or self.is_gone:
            return await self._receive()
        message = await self._next()
        if message["type"] != "http.request":
            self.is_gone = True
            return message
        self._count += len(message.get("body", b""))
        self.is_complete = not message.get("more_body", False)
        if self._count > self._limit:
            self.refusal = FileTooLargeError(f"the body has more than {self._limit} bytes")
            raise self.refusal
        if not self.is_complete:
            self._check_pace()
        return message

    async def _next(self) -> Message:
        while True:
            begun = self._clock()
            try:
                async with asyncio.timeout(min(self._window_end, self._allowed_s) - self._waited):
                    return await self._receive()
            except TimeoutError:
                pass  # the wait is over, and the pace is looked at
            finally:
                self._waited += self._clock() - begun
            self._check_pace()

    @property
    def _allowed_s(self) -> float:
        return self._policy.body_seconds + self._count / _MIB

    def _check_pace(self) -> None:
        """Raises if there is no time left, or too little came since the window was opened."""
        policy = self._policy
        if self._waited >= self._allowed_s:
            self.refusal = RequestTimeoutError(f"the body was not complete after {self._allowed_s:.0f} seconds")
        elif self._waited >= self._window_end:
            came = self._count - self._window_count
            if came < policy.least_rate * policy.rate_seconds:
                self.refusal = RequestTimeoutError(
                    f"{came} bytes came in {policy.rate_seconds:g} seconds",
                    hint=f"at least {policy.least_rate} must come a second",
                )
            self._window_count = self._count
            self._window_end = self._waited + policy.rate_seconds
        if self.refusal is not None:
            raise self.refusal
