"""Readiness: how often it is looked at, and what is said meanwhile."""

import asyncio
import threading

import pytest

from pictrace.errors import NotReadyError
from pictrace.service import readiness as module
from pictrace.service.readiness import Readiness


def test_one_look_is_enough_for_a_second():
    """However many ask."""
    looks, now = [], [0.0]

    async def ask():
        ready = Readiness(lambda: looks.append(1) or "", clock=lambda: now[0])
        await asyncio.gather(*(ready.check() for _ in range(10)))
        now[0] = 0.9
        await ready.check()
        seldom = len(looks)
        now[0] = 1.0
        await ready.check()
        return seldom, len(looks)

    assert asyncio.run(ask()) == (1, 2)


def test_why_is_told():
    """And when to ask again."""

    async def ask():
        with pytest.raises(NotReadyError, match=r"^the disk is nearly full$") as refused:
            await Readiness(lambda: "the disk is nearly full").check()
        return refused.value.retry_after_s

    assert asyncio.run(ask()) == 2


def test_a_look_that_hangs_is_not_waited_for(monkeypatch):
    """Nor is another one begun beside it."""
    monkeypatch.setattr(module, "_PATIENCE_S", 0.01)
    end, looks = threading.Event(), []

    async def ask():
        ready = Readiness(lambda: looks.append(end.wait(30)) or "")
        for _ in range(3):
            with pytest.raises(NotReadyError, match="too long"):
                await ready.check()
        end.set()
        monkeypatch.setattr(module, "_PATIENCE_S", 30)
        await ready.check()

    asyncio.run(ask())
    assert len(looks) == 1
