"""How long one pass through a model may take: its file is somebody's program, which may go on for ever."""

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

_EVERY_S = 0.5
"""How often it is looked what has taken too long; a timer for each pass would cost half a millisecond of it."""

_turn = threading.Lock()
_running: dict[int, tuple[Any, float]] = {}
_watchers: list[threading.Thread] = []
"""One at most: passes follow each other faster than it looks, and each would leave one behind."""


@contextlib.contextmanager
def ended_after(seconds: float, options: Any) -> Iterator[Any]:
    """The options of one pass, whose `terminate` is true once it has taken so long: the runtime then ends it.

    It looks between two nodes of a graph, so that a loop without end does end.
    """
    key = id(options)
    with _turn:
        # In a fork there is none, whatever the list says.
        if not any(one.is_alive() for one in _watchers):
            _watchers[:] = [threading.Thread(target=_watch, name="pictrace-patience", daemon=True)]
            _watchers[0].start()
        _running[key] = (options, time.monotonic() + seconds)
    try:
        yield options
    finally:
        with _turn:
            del _running[key]


def _watch() -> None:
    """Goes on as long as anything runs."""
    while True:
        time.sleep(_EVERY_S)
        with _turn:
            for options, until in _running.values():
                if time.monotonic() > until:
                    options.terminate = True
            if not _running:
                _watchers.clear()
                return
