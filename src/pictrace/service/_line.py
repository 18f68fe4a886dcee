"""A connection that is closed so that the last answer arrives."""

import asyncio
from collections.abc import Callable
from typing import Any

LINGER_SECONDS = 2.0
"""For clients that are still sending when they are refused."""


class Line:
    """A transport, but for `close`: while the client may still be sending, it closes our half, and reads on a while.

    Closing at once would reset the connection, and a reset takes the answer away before it is read.
    """

    def __init__(self, transport: asyncio.Transport, *, must_linger: Callable[[], bool]) -> None:
        self._transport = transport
        self._must_linger = must_linger
        self._last: asyncio.TimerHandle | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether nothing is to be read or written any more."""
        return self._last is not None or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Sends, unless it is over."""
        if not self.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Ends the connection once everything is sent."""
        if self.is_closing():
            return
        if not self._must_linger() or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._last = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.abort)
        self._transport.write_eof()
        self._transport.resume_reading()

    def end(self) -> None:
        """To be called once the connection is lost."""
        if self._last is not None:
            self._last.cancel()
