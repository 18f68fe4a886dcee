"""Jobs: one after the other, cancelled, gone on with, and what is told of them."""

import json
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from service.desk import until

from pictrace.errors import ConflictError, InsufficientStorageError, NotFoundError, TooManyInFlightError
from pictrace.results import Failure
from pictrace.service._job import Job, State
from pictrace.service._ledger import Ledger
from pictrace.service.jobs import Jobs


@dataclass
class Bench:
    """A folder of jobs; the work `slow` waits until it is let go, counting all the while."""

    folder: Any
    told: list[dict[str, Any]] = field(default_factory=list)
    over: list[str] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    runs: int = 0

    def jobs(self, *, start: bool = True) -> Jobs:
        works = {"quick": lambda run: run.count(done=3, latest="c"), "slow": self._slow, "broken": lambda run: 1 / 0,
                 "refused": self._refused, "picky": self._picky}  # fmt: skip
        made = Jobs(
            self.folder, works, tell=self.told.append, busy=lambda: False, ended=lambda job: self.over.append(job.id)
        )
        if start:
            made.start()
        return made

    def _slow(self, run: Any) -> None:
        self.runs += 1
        self.begun.set()
        while not self.go_on.wait(0.001):
            run.count(done=run.job.done + 1)

    def _picky(self, run: Any) -> None:
        for number in range(run.job.plan["bad"]):
            run.fail(Failure(f"{number}", "not_an_image", "no"))

    def _refused(self, run: Any) -> None:
        raise NotFoundError("gone from /home/somebody/secret")


@pytest.fixture
def bench(tmp_path):
    """Whatever a test leaves running ends."""
    made = Bench(tmp_path / "jobs")
    yield made
    made.go_on.set()


def state(jobs, job):
    """Where a job stands, as text."""
    return str(jobs.get(job.id).state)


def test_a_job_is_told_from_queued_to_done(bench):
    """With its numbers, and without its plan."""
    jobs = bench.jobs()
    job = jobs.add("quick", "three", {"secret": 1})
    until(lambda: bench.over)
    jobs.stop()

    assert [one["state"] for one in bench.told if one["done"] in {0, 3}][:2] == ["queued", "running"]
    assert (bench.told[-1]["state"], bench.told[-1]["done"], bench.told[-1]["latest"]) == ("done", 3, "c")
    assert "plan" not in bench.told[-1]
    assert bench.over == [job.id]


@pytest.mark.parametrize(("kind", "code"), [("broken", "internal"), ("unheard", "internal"), ("refused", "not_found")])
def test_a_job_that_fails_says_why_and_holds_up_none(bench, kind, code):
    """Nothing of this machine is in it."""
    jobs = bench.jobs()
    bad, good = jobs.add(kind, "bad"), jobs.add("quick", "good")
    until(lambda: len(bench.over) == 2)
    jobs.stop()

    assert (state(jobs, bad), state(jobs, good)) == ("failed", "done")
    assert jobs.get(bad.id).problem["code"] == code
    assert "somebody" not in json.dumps(jobs.get(bad.id).problem)


def test_a_queued_job_that_was_cancelled_never_runs(bench):
    """It is over at once."""
    jobs = bench.jobs()
    slow, queued = jobs.add("slow", "one"), jobs.add("slow", "two")
    bench.begun.wait(10)
    cancelled = jobs.cancel(queued.id)
    bench.go_on.set()
    until(lambda: slow.id in bench.over)
    jobs.stop()

    assert (str(cancelled.state), state(jobs, queued), bench.runs) == ("cancelled", "cancelled", 1)
    assert bench.over == [queued.id, slow.id]


def test_a_running_job_that_is_cancelled_ends_soon(bench):
    """What it has done stays told; it cannot be cancelled twice."""
    jobs = bench.jobs()
    job = jobs.add("slow", "one")
    until(lambda: jobs.get(job.id).done > 3)
    jobs.cancel(job.id)
    until(lambda: bench.over)
    jobs.stop()

    assert state(jobs, job) == "cancelled"
    assert jobs.get(job.id).done > 3
    assert jobs.get(job.id).ended is not None
    with pytest.raises(ConflictError):
        jobs.cancel(job.id)


def test_a_job_that_was_stopped_goes_on(bench):
    """With the next start, as if it had never begun; those behind it keep their place."""
    first = bench.jobs()
    slow, quick = first.add("slow", "one"), first.add("quick", "two")
    until(lambda: first.get(slow.id).done)
    first.stop()
    between = (state(first, slow), list(bench.over))
    bench.go_on.set()
    second = bench.jobs()
    until(lambda: len(bench.over) == 2)
    second.stop()

    assert between == ("queued", [])
    assert bench.over == [slow.id, quick.id]
    assert bench.runs == 2


def test_a_killed_job_goes_on(bench):
    """Its file says that it runs."""
    first = bench.jobs(start=False)
    job = first.add("quick", "one")
    file = bench.folder / f"{job.id}.json"
    file.write_text(file.read_text().replace('"queued"', '"running"'))
    second = bench.jobs()
    until(lambda: bench.over)
    second.stop()

    assert state(second, job) == "done"


@pytest.mark.parametrize("told", ["queued", "running"])
def test_a_job_that_came_with_the_collection_is_not_done(bench, told):
    """Whoever made the collection wrote it, and nobody here has asked for it; what is asked for here is done."""
    bench.folder.mkdir()
    plain = {"id": "j000001", "kind": "quick", "name": "x", "created": "2026-11-24T00:00:00+00:00", "state": told}
    (bench.folder / "j000001.json").write_text(json.dumps(plain))
    jobs = bench.jobs()
    asked = jobs.add("quick", "y")
    until(lambda: jobs.get(asked.id).state == "done")
    jobs.stop()

    assert state(jobs, jobs.get("j000001")) == "failed"
    assert "came with the collection" in jobs.get("j000001").problem["detail"]
    assert "j000001" not in bench.over


def test_an_error_while_everything_ends_is_a_stop(bench):
    """As when what the work needs is closed under its hands."""
    jobs = bench.jobs()

    def work(run):
        bench.begun.set()
        bench.go_on.wait(10)
        raise InsufficientStorageError("closed")

    jobs._works["slow"] = work
    job = jobs.add("slow", "one")
    bench.begun.wait(10)
    stopping = threading.Thread(target=jobs.stop)
    stopping.start()
    until(lambda: jobs.must_stop(job))
    bench.go_on.set()
    stopping.join()

    assert (state(jobs, job), jobs.get(job.id).problem) == ("queued", None)


def test_ids_are_never_given_twice(bench):
    """Also after all jobs are gone."""
    first = bench.jobs(start=False)
    given = [first.free(), first.add("quick", "one").id]
    for path in bench.folder.glob("j*"):
        path.unlink()

    assert [*given, bench.jobs(start=False).free()] == ["j000001", "j000002", "j000003"]


def test_a_damaged_last_number_costs_nothing(bench):
    """The jobs there are say what was given."""
    first = bench.jobs(start=False)
    first.add("quick", "one")
    (bench.folder / "last").write_bytes(b"\xff")

    assert first.free() == "j000002"


@pytest.mark.parametrize("count", [999, 1000, 1001])
def test_a_thousand_may_be_queued(bench, count, monkeypatch):
    """One more is asked to come later."""
    jobs = bench.jobs(start=False)
    monkeypatch.setattr("pictrace.service.jobs.Ledger.write", lambda *_: None)
    monkeypatch.setattr(jobs, "free", iter(f"j{number:06d}" for number in range(1, 2000)).__next__)
    for _ in range(min(count, 1000)):
        jobs.add("quick", "one")

    assert len(jobs.all()) == min(count, 1000)
    if count > 1000:
        with pytest.raises(TooManyInFlightError) as caught:
            jobs.add("quick", "one more")
        assert caught.value.retry_after_s == 60


def test_only_the_last_ones_that_ended_are_kept(bench, monkeypatch):
    """Their files too; what is queued stays whatever happens."""
    monkeypatch.setattr("pictrace.service.jobs._MOST_KEPT", 2)
    jobs = bench.jobs(start=False)
    queued = [jobs.add("quick", "one") for _ in range(5)]
    for job in queued[:4]:
        jobs.cancel(job.id)

    assert [job.id for job in jobs.all()] == ["j000005", "j000004", "j000003"]
    assert sorted(path.name for path in bench.folder.glob("j*")) == ["j000003.json", "j000004.json", "j000005.json"]


def test_a_job_that_cannot_be_kept_is_none(bench, monkeypatch):
    """Whoever asked for it is told, and nothing runs behind their back."""
    jobs = bench.jobs(start=False)

    def full(*_):
        raise InsufficientStorageError("full")

    monkeypatch.setattr("pictrace.service.jobs.Ledger.write", full)
    with pytest.raises(InsufficientStorageError):
        jobs.add("quick", "one")

    assert jobs.all() == []


def test_a_full_disk_does_not_end_the_work(bench, monkeypatch):
    """A job runs though its state cannot be written, and the next one too."""
    jobs = bench.jobs(start=False)
    queued = [jobs.add("quick", "one") for _ in range(2)]

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pictrace.service.jobs.Ledger.write", full)
    jobs.start()
    until(lambda: len(bench.over) == 2)
    jobs.stop()

    assert [state(jobs, job) for job in queued] == ["done", "done"]


@pytest.mark.parametrize(("bad", "pages"), [(0, [0]), (2, [2]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
def test_failures_come_in_pages(bench, bad, pages):
    """None of which is empty but the only one."""
    jobs = bench.jobs()
    job = jobs.add("picky", "one", {"bad": bad})
    until(lambda: bench.over)
    jobs.stop()
    sizes, after = [], 0
    while after is not None:
        found, after = jobs.failures(job.id, after=after, limit=3)
        sizes.append(len(found))

    assert sizes == pages


def test_a_job_that_runs_again_fails_anew(bench):
    """Its former list is forgotten."""
    first = bench.jobs(start=False)
    job = first.add("picky", "one", {"bad": 1})
    first.note(job, Failure("old", "internal", "old"))
    second = bench.jobs()
    until(lambda: bench.over)
    second.stop()

    assert [failure.path for failure in second.failures(job.id, after=0, limit=9)[0]] == ["0"]


def test_a_job_that_is_not_there(bench):
    """Is not found."""
    with pytest.raises(NotFoundError):
        bench.jobs(start=False).get("j000001")


def test_a_total_is_told_only_while_the_job_runs(bench):
    """Whoever counts may be late."""
    jobs = bench.jobs(start=False)
    job = jobs.add("quick", "one")
    jobs.update_total(job.id, 5)
    jobs.update_total("j999999", 5)

    assert jobs.get(job.id).total is None


def test_a_job_that_always_kills_the_service_is_given_up(tmp_path):
    """After three times, and others are gone on with."""
    killing = Job("j000001", "quick", "x", "2026-11-24T00:00:00+00:00", state=State.RUNNING, attempts=3)
    Ledger(tmp_path / "jobs").write(killing)
    jobs = Bench(tmp_path / "jobs").jobs()

    until(lambda: jobs.get("j000001").state == "failed")
    assert jobs.get("j000001").problem["code"] == "internal"
    other = jobs.add("quick", "y")
    until(lambda: jobs.get(other.id).state == "done")
    jobs.stop()


def test_a_disk_that_refuses_does_not_end_the_thread(tmp_path, monkeypatch):
    """What follows is still worked off."""
    bench = Bench(tmp_path)
    jobs = bench.jobs(start=False)

    def refuse(job):
        raise OSError

    monkeypatch.setattr(jobs, "_ended", refuse)
    monkeypatch.setattr(jobs._ledger, "drop", refuse)
    jobs.start()
    numbers = [jobs.add("quick", "x").id for _ in range(3)]

    until(lambda: [jobs.get(number).state for number in numbers] == ["done"] * 3)
    jobs.stop()
