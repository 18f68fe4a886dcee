"""The addresses of hosts, asked for in threads that nobody waits for at the end."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Sequence

Resolve = Callable[[str], Sequence[str]]
"""The IP addresses of a host as text; an `OSError` if it has none."""


def resolve(host: str) -> Sequence[str]:
    """What the system knows of a host: all its addresses of either kind."""
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in answers]


class Names:
    """Asks for the addresses of hosts, of at most `most` at a time, each in a thread of its own.

    The standard library's pools of threads are waited for when a program ends, and a resolver that hears nothing
    takes half a minute to give up.
    """

    def __init__(self, resolve: Resolve, most: int) -> None:
        self._resolve = resolve
        self._places = asyncio.Semaphore(most)

    async def addresses(self, host: str) -> Sequence[str]:
        """What the resolver says.

        Raises:
            OSError: the host has no address.
        """
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Sequence[str]] = loop.create_future()
        told = (host, loop, answered)
        threading.Thread(target=self._ask, args=told, name="pictrace-names", daemon=True).start()
        return await answered

    def _ask(self, host: str, loop: asyncio.AbstractEventLoop, answered: "asyncio.Future[Sequence[str]]") -> None:
        outcome: Sequence[str] | OSError = OSError("the resolver failed")
        try:
            outcome = self._resolve(host)
        except OSError as error:
            outcome = error
        except ValueError:
            outcome = OSError("no host can be called that")
        finally:
            # The loop is closed where the answer comes too late for everybody.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._end, answered, outcome)

    def _end(self, answered: "asyncio.Future[Sequence[str]]", outcome: Sequence[str] | OSError) -> None:
        self._places.release()
        if answered.done():
            return
        if isinstance(outcome, OSError):
            answered.set_exception(outcome)
        else:
            answered.set_result(outcome)
