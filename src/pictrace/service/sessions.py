"""A page's right to ask: a cookie that stands for a key, since pictures in a page cannot send one themselves."""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

COOKIE = "pictrace_session"
SECONDS = 12 * 3600
_MOST = 10_000


class Sessions:
    """Sessions of this process, in memory; each ends with its key, after twelve hours, or when it is told to.

    A session keeps the text of its key, so that whatever becomes of the key is true of the session at once.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, tuple[float, str]] = OrderedDict()

    def open(self, key: str) -> str:
        """A new session's secret, for a key that was found valid."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._kept[_digest(secret)] = (self._clock() + SECONDS, key)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return secret

    def key(self, secret: str) -> str | None:
        """The text of the key behind a session; `None` if there is none, or no longer."""
        with self._lock:
            end, key = self._kept.get(_digest(secret), (0.0, ""))
        return key if end > self._clock() else None

    def close(self, secret: str) -> None:
        """The session ends; nothing happens if there is none."""
        with self._lock:
            self._kept.pop(_digest(secret), None)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
