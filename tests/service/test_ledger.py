"""Jobs on the disk: what is read back, and what is left alone."""

import json
import os
from dataclasses import replace

import pytest

from pictrace.results import Failure
from pictrace.service._job import Job, State
from pictrace.service._ledger import Ledger


@pytest.fixture
def ledger(tmp_path):
    """An empty one, in `tmp_path`."""
    return Ledger(tmp_path)


JOB = Job(id="j000007", kind="zip", name="a.zip", created="2026-11-24T13:00:00.000+00:00", plan={"urls": ["\udcff"]})


def test_a_job_is_read_as_it_was_written(ledger):
    """All of it."""
    ledger.write(JOB)

    assert ledger.read() == [JOB]


@pytest.mark.parametrize(
    "change",
    [
        {"state": "asleep"}, {"done": "many"}, {"done": None}, {"plan": []}, {"id": "j000008"}, {"id": "../../x"},
        {"started": "yesterday"}, {"created": 5}, {"name": None}, {"problem": "x"},
    ],
)  # fmt: skip
def test_a_damaged_job_is_left_alone(ledger, tmp_path, change):
    """The others are read."""
    (tmp_path / "j000007.json").write_text(json.dumps({**JOB.to_file(), "plan": {}} | change))
    ledger.write(Job(id="j000009", kind="zip", name="b", created=JOB.created))

    assert [job.id for job in ledger.read()] == ["j000009"]
    assert (tmp_path / "j000007.json").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"seal": None},
        {"seal": "0" * 64},
        {"seal": "\u00e9"},
        {"plan": {"urls": []}},
        {"kind": "apply"},
        {"id": "j000008"},
    ],
)
def test_a_job_that_nobody_here_wrote_has_failed(ledger, tmp_path, change):
    """Whatever was changed of what it does."""
    ledger.write(JOB)
    plain = json.loads((tmp_path / "j000007.json").read_text()) | change
    (tmp_path / "j000007.json").unlink()
    (tmp_path / f"{plain['id']}.json").write_text(json.dumps(plain))

    (job,) = ledger.read()
    assert (job.state, job.problem["code"]) == (State.FAILED, "conflict")


def test_a_job_of_another_folder_or_one_that_was_over_is_not_done(ledger, tmp_path):
    """What was sealed once is worth nothing elsewhere, or a second time."""
    ledger.write(replace(JOB, state=State.DONE))
    text = (tmp_path / "j000007.json").read_text()
    (tmp_path / "j000007.json").write_text(text.replace('"done", "started"', '"queued", "started"'))
    other = Ledger(tmp_path / "other")
    other.write(replace(JOB, id="j000009"))
    (tmp_path / "other" / "j000009.json").rename(tmp_path / "j000009.json")

    assert [job.state for job in ledger.read()] == [State.FAILED] * 2


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"{", b"[]", b"null", b"[" * 100_000])
def test_a_file_that_is_no_job_is_left_alone(ledger, tmp_path, data):
    """Whatever is in it."""
    (tmp_path / "j000001.json").write_bytes(data)

    assert ledger.read() == []


def test_what_is_no_file_is_not_opened(ledger, tmp_path):
    """Neither a pipe, which would be waited for, nor what a link leads to."""
    os.mkfifo(tmp_path / "j000001.json")
    ledger.write(JOB)
    (tmp_path / "j000007.json").rename(tmp_path / "elsewhere")
    (tmp_path / "j000007.json").symlink_to(tmp_path / "elsewhere")

    assert ledger.read() == []


def test_half_a_failure_is_passed_over(ledger, tmp_path):
    """As a crash leaves it."""
    ledger.note(JOB, Failure("a\udcff", "internal", "x"))
    with (tmp_path / "j000007.failures.jsonl").open("a") as file:
        file.write('{"path": "b", "co')

    assert ledger.failures(JOB, after=0, limit=5) == ([Failure("a\udcff", "internal", "x")], None)


def test_what_a_killed_writer_left_is_removed(tmp_path):
    """With the next start."""
    (tmp_path / ".j000001.json.0123456789abcdef.tmp").touch()
    Ledger(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_job_goes_with_its_failures(ledger, tmp_path):
    """Nothing is left."""
    ledger.write(JOB)
    ledger.note(JOB, Failure("a", "internal", "x"))
    ledger.drop(JOB)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("running", [True, False])
def test_seconds_left_are_told_of_what_runs(running):
    """From the rate so far."""
    state = State.RUNNING if running else State.QUEUED
    job = Job(
        id="j000001",
        kind="zip",
        name="a",
        created="",
        state=state,
        started="2020-01-01T00:00:00+00:00",
        done=5,
        total=10,
    )

    assert (job.to_dict()["eta_seconds"] is not None) == running
