"""The few threads for the core, and the bounded queue before them."""

import asyncio
import threading

import pytest
from service.desk import until

from pictrace.errors import OverloadedError, ShuttingDownError
from pictrace.service import pool as module
from pictrace.service.pool import Pool


def test_as_many_run_and_wait_as_there_is_room():
    """One more is told to come back."""

    async def test():
        pool, go_on = Pool(threads=1, waiting=2), threading.Event()
        tasks = [asyncio.create_task(pool.run(lambda: go_on.wait(10))) for _ in range(3)]
        await asyncio.sleep(0)
        inside = pool.inside
        with pytest.raises(OverloadedError) as caught:
            await pool.run(int)
        go_on.set()
        await asyncio.gather(*tasks)
        await asyncio.sleep(0)
        pool.close()
        return inside, caught.value.retry_after_s, pool.inside

    assert asyncio.run(test()) == (3, 1, 0)


def test_who_waited_too_long_is_told_to_come_back(monkeypatch):
    """The call is not made."""
    monkeypatch.setattr(module, "_MOST_SECONDS_WAITING", -1.0)
    called = []

    async def test():
        pool = Pool(threads=1, waiting=1)
        with pytest.raises(OverloadedError):
            await pool.run(lambda: called.append(1))
        pool.close()

    asyncio.run(test())

    assert called == []


@pytest.mark.parametrize("error", [ValueError, OverloadedError])
def test_what_a_call_raises_is_raised(error):
    """And leaves its place."""

    async def test():
        pool = Pool(threads=1, waiting=1)

        def call():
            raise error("x")

        with pytest.raises(error):
            await pool.run(call)
        await asyncio.sleep(0)
        pool.close()
        return pool.inside

    assert asyncio.run(test()) == 0


def test_a_client_that_goes_does_not_free_the_thread():
    """It is busy until it is done."""

    async def test():
        pool, go_on = Pool(threads=1, waiting=0), threading.Event()
        task = asyncio.create_task(pool.run(lambda: go_on.wait(10)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        inside = pool.inside
        go_on.set()
        await asyncio.to_thread(until, lambda: not pool.inside)
        pool.close()
        return inside

    assert asyncio.run(test()) == 1


def test_after_the_end_there_are_no_calls():
    """In a typed refusal."""

    async def test():
        pool = Pool(threads=1, waiting=1)
        pool.close()
        with pytest.raises(ShuttingDownError):
            await pool.run(int)

    asyncio.run(test())


def test_who_would_wait_too_long_is_told_at_once(monkeypatch):
    """By what calls took of late, and before a body is read."""
    monkeypatch.setattr(module, "_MOST_SECONDS_AHEAD", 0.0)

    async def test():
        pool, go_on = Pool(threads=1, waiting=9), threading.Event()
        await pool.run(int)
        task = asyncio.create_task(pool.run(lambda: go_on.wait(10)))
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError):
            pool.check_room()
        go_on.set()
        await task
        await asyncio.sleep(0)
        pool.check_room()
        pool.close()

    asyncio.run(test())
