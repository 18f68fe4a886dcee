"""How long one pass through a model may take: what has taken too long is told to end, at next to no cost."""

import threading
import time
from types import SimpleNamespace

from pictrace.encoders._patience import ended_after


def options() -> SimpleNamespace:
    """What the runtime looks at between two nodes of a graph."""
    return SimpleNamespace(terminate=False)


def test_what_takes_too_long_is_told_to_end():
    """And nothing else that runs beside it."""
    with ended_after(0.0, options()) as late, ended_after(60.0, options()) as early:
        end = time.monotonic() + 20
        while not late.terminate and time.monotonic() < end:
            time.sleep(0.01)

    assert (late.terminate, early.terminate) == (True, False)


def test_passes_one_after_the_other_have_one_watcher():
    """However many there are before it looks again."""
    for _ in range(50):
        with ended_after(60.0, options()):
            pass

    assert sum(one.name == "pictrace-patience" for one in threading.enumerate()) == 1


def test_a_watcher_goes_and_the_next_pass_has_another():
    """Nothing is left behind by a model that is no longer used."""
    for _ in range(2):
        with ended_after(60.0, options()):
            (watcher,) = (one for one in threading.enumerate() if one.name == "pictrace-patience")
        watcher.join(20)
        assert not watcher.is_alive()
