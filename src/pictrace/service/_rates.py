"""How often somebody may ask: buckets that fill with time, of which only so many are kept.

The generic cell rate algorithm (ITU-T I.371): a bucket is the one moment at which it will be full again.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

BUCKETS = 100_000
"""As many are kept; who comes after that many others begins anew."""


class Buckets:
    """A bucket of `burst` for everybody, into which `per_minute` come back each minute."""

    def __init__(
        self, per_minute: float, *, burst: int, clock: Callable[[], float] = time.monotonic, most: int = BUCKETS
    ) -> None:
        self._seconds_each = 60 / per_minute
        self._burst = burst
        self._clock = clock
        self._most = most
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, name: str, cost: int = 1) -> float:
        """0 if that much was taken; otherwise nothing was, and these are the seconds after which it could be.

        Who asks for more than a bucket holds is let in when it is full, and waits for the rest afterwards.
        """
        now = self._clock()
        wait = self._wait(self._full_after(name, min(cost, self._burst), now), now)
        if wait:
            return wait
        self._full_at[name] = self._full_after(name, cost, now)
        self._full_at.move_to_end(name)
        self._forget(now)
        return 0.0

    def wait(self, name: str, cost: int = 1) -> float:
        """Seconds after which that much could be taken; nothing is."""
        now = self._clock()
        return self._wait(self._full_after(name, min(cost, self._burst), now), now)

    def _full_after(self, name: str, cost: int, now: float) -> float:
        return max(self._full_at.get(name, now), now) + cost * self._seconds_each

    def _wait(self, full_at: float, now: float) -> float:
        wait = full_at - now - self._burst * self._seconds_each
        return wait if wait > 1e-6 else 0.0

    def _forget(self, now: float) -> None:
        """Lets go of buckets that are full, or nobody used for the longest time."""
        while self._full_at:
            oldest = next(iter(self._full_at))
            if len(self._full_at) <= self._most and self._full_at[oldest] > now:
                return
            del self._full_at[oldest]


def whole_seconds(wait: float) -> int:
    """What `Retry-After` says: enough, in whole seconds."""
    return max(1, math.ceil(wait))
