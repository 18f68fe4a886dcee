"""Events: who hears what, for how long, and how much of it."""

import asyncio

import pytest

from pictrace.errors import ShuttingDownError, TooManyInFlightError
from pictrace.service import events as module
from pictrace.service.events import Events, event


def heard(listener, count):
    """The next events of a listener."""

    async def take():
        told = listener.heard(b"first")
        return [await anext(told) for _ in range(count)]

    return asyncio.wait_for(take(), 10)


def run(test):
    """A test on a loop of its own, with events."""

    async def inside():
        return await test(Events(asyncio.get_running_loop()))

    return asyncio.run(inside())


def test_a_listener_hears_one_collection():
    """From the moment it is there, in order."""

    async def test(events):
        listener = events.listener("a")
        for collection in ("b", "a", "b", "a"):
            events.tell(collection, "collection", {"of": collection})
        await asyncio.sleep(0)
        return await heard(listener, 3)

    assert run(test) == [b"first", *[event("collection", {"of": "a"})] * 2]


def test_a_listener_may_hear_one_job():
    """And none of the others, nor of the collection."""

    async def test(events):
        listener = events.listener("a", job="j2")
        events.tell("a", "job", {"id": "j1"})
        events.tell("a", "collection", {"pictures": 1})
        events.tell("a", "job", {"id": "j2"})
        await asyncio.sleep(0)
        return await heard(listener, 2)

    assert run(test) == [b"first", event("job", {"id": "j2"})]


def test_a_slow_listener_misses_what_is_oldest(monkeypatch):
    """What is newest is what it needs."""
    monkeypatch.setattr(module, "_BEHIND", 3)

    async def test(events):
        listener = events.listener("a")
        for number in range(5):
            events.tell("a", "collection", {"n": number})
        await asyncio.sleep(0)
        return await heard(listener, 4)

    assert run(test) == [b"first", *(event("collection", {"n": number}) for number in (2, 3, 4))]


def test_listeners_are_sent_home_at_once():
    """Whatever they were still to hear; nobody new comes in."""

    async def test(events):
        listener = events.listener("a")
        for number in range(300):
            events.tell("a", "collection", {"n": number})
        events.close()
        events.tell("a", "collection", {"n": -1})
        await asyncio.sleep(0)
        told = [one async for one in listener.heard(b"first")]
        with pytest.raises(ShuttingDownError):
            events.listener("a")
        return told

    assert run(test) == [b"first"]


def test_there_are_only_so_many_listeners(monkeypatch):
    """Those who went, or never began, leave room."""
    monkeypatch.setattr(module, "_MOST_LISTENERS", 2)

    async def test(events):
        held = [events.listener("a"), events.listener("a")]
        with pytest.raises(TooManyInFlightError):
            events.listener("a")
        held.pop()
        events.listener("a")

    run(test)


def test_one_caller_has_a_share_of_them():
    """The others' places are not theirs."""

    async def test(events):
        events = Events(asyncio.get_running_loop(), share=2)
        held = [events.listener("a", who="one"), events.listener("b", who="one")]
        with pytest.raises(TooManyInFlightError) as refused:
            events.listener("c", who="one")
        held += [events.listener("a", who="other")]
        return refused.value.retry_after_s

    assert run(test) == 5


@pytest.mark.parametrize("silence_s", [0.01, 60])
def test_who_is_no_longer_welcome_hears_nothing(monkeypatch, silence_s):
    """The stream ends at the next beat, or where something would have been told."""
    monkeypatch.setattr(module, "_SILENCE_S", silence_s)

    async def test(events):
        listener = events.listener("a", is_welcome=lambda: False)
        if silence_s > 1:
            events.tell("a", "collection", {})
        return [one async for one in listener.heard(b"first")]

    assert run(test) == [b"first"]


def test_silence_is_broken_by_a_comment(monkeypatch):
    """So that whoever is between does not think the connection dead."""
    monkeypatch.setattr(module, "_SILENCE_S", 0.01)

    async def test(events):
        return await heard(events.listener("a"), 3)

    assert run(test) == [b"first", b": still here\n\n", b": still here\n\n"]


def test_after_the_loop_nobody_is_told():
    """Threads may be late."""

    async def test(events):
        return events

    events = run(test)
    events.tell("a", "collection", {})
    events.close()


def test_an_event_is_one_line_of_data():
    """Line ends in names do not end it."""
    assert event("job", {"name": "a\n\ndata: b\udcff"}) == b'event: job\ndata: {"name":"a\\n\\ndata: b\\udcff"}\n\n'
