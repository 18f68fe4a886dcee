"""One job as clients are told of it."""

import threading

from pictrace.service._job import Job


def test_a_plan_is_neither_told_nor_copied():
    """It may hold a thousand URLs, and jobs are told of several times a second."""
    job = Job(
        id="j000001", kind="urls", name="2 URLs", created="2026-11-24T14:11:00+00:00", plan={"a": threading.Lock()}
    )

    told = job.to_dict()

    assert "plan" not in told
    assert (told["id"], told["state"], told["rate"], told["eta_seconds"]) == ("j000001", "queued", 0.0, None)
