"""Jobs over HTTP."""

import threading

import pytest
from photographs import jpeg, noise
from service.desk import HOME, opened, settings, until


@pytest.fixture(scope="module")
def indexing(tmp_path_factory):
    """A service that was given a folder with two pictures and a bad one."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, data in {"a.jpg": jpeg(noise(1)), "b.jpg": jpeg(noise(2)), "bad.jpg": b"no"}.items():
        (folder / name).write_bytes(data)
    with opened(settings(tmp_path_factory.mktemp("indexing")), folders=[str(folder)]) as desk:
        desk.ended("j000001")
        yield desk


def test_folders_are_indexed_at_the_start(indexing):
    """As a job, whose failures are told."""
    job = indexing.get("/jobs").json()["jobs"][-1]
    failures = indexing.get(f"/jobs/{job['id']}/failures").json()

    assert (job["kind"], job["state"], job["name"]) == ("index", "done", "pictures0")
    assert (job["done"], job["total"], job["added"], job["known"], job["failed"]) == (3, 3, 2, 0, 1)
    assert (job["rate"] > 0, job["eta_seconds"], job["problem"]) == (True, None, None)
    assert [(one["path"][-7:], one["code"]) for one in failures["failures"]] == [("bad.jpg", "not_an_image")]
    assert failures["next"] is None


@pytest.mark.parametrize(("kind", "known"), [("rescan", 2), ("rebuild", 0)])
def test_long_work_can_be_asked_for(indexing, kind, known):
    """Looking through the folders again, and making indexes anew."""
    answer = indexing.post("/jobs", json={"kind": kind})
    job = indexing.ended(answer.json()["id"])

    assert answer.status_code == 202
    assert answer.headers["location"] == f"{HOME}/jobs/{job['id']}"
    assert (job["state"], job["added"], job["known"]) == ("done", 0, known)


def test_a_rescan_needs_folders(desk):
    """There are none for this service."""
    answer = desk.post("/jobs", json={"kind": "rescan"})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"json": {"kind": "zip"}}, 400),
        ({"json": {"kind": "rebuild", "now": True}}, 400),
        ({"json": {}}, 400),
        ({"json": []}, 400),
        ({"content": b"{}", "headers": {"content-type": "image/png"}}, 415),
        ({}, 415),
    ],
)
def test_other_work_cannot_be_asked_for(desk, given, status):
    """The message says what can."""
    assert desk.post("/jobs", **given).status_code == status


@pytest.mark.parametrize("number", ["j999999", "x", "j1", "..%2flast"])
@pytest.mark.parametrize("target", ["", "/failures", "/events"])
def test_a_job_that_is_not_there(desk, number, target):
    """Is not found, nor is anything of it."""
    assert desk.get(f"/jobs/{number}{target}").status_code in {400, 404}
    assert desk.delete(f"/jobs/{number}").status_code in {400, 404}


def test_a_job_is_cancelled_once(indexing):
    """Then it has ended."""
    jobs = indexing.held.jobs
    with jobs._lock:  # nobody takes it out of the queue
        job = jobs.add("rebuild", "indexes")
        answer = jobs.cancel(job.id)
    again = indexing.delete(f"/jobs/{job.id}")

    assert str(answer.state) == "cancelled"
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_a_job_is_cancelled_by_deleting_it(tmp_path):
    """Its archive goes, and what it had added stays."""
    with opened(settings(tmp_path)) as desk:
        started, go_on = _slow(desk)
        job = desk.post("/archives", content=b"PK\x03\x04", headers={"content-type": "application/zip"}).json()
        until(started.is_set)
        answer = desk.delete(f"/jobs/{job['id']}")
        go_on.set()
        ended = desk.ended(job["id"])

        assert (answer.status_code, answer.json()["state"], ended["state"]) == (202, "running", "cancelled")
        until(lambda: not list((tmp_path / "default.pictrace" / "incoming").iterdir()))


def _slow(desk):
    """Archives are taken in without end, until they are let go on."""
    started, go_on = threading.Event(), threading.Event()

    def work(run):
        started.set()
        go_on.wait(30)
        while True:
            run.breathe()

    desk.held.jobs._works = {**desk.held.jobs._works, "zip": work}
    return started, go_on


@pytest.mark.parametrize(("after", "status"), [("-1", 400), ("0", 200), ("5", 200), ("x", 400), ("0&after=0", 400)])
def test_a_page_of_failures_begins_somewhere(indexing, after, status):
    """Behind the last one there are none."""
    answer = indexing.get(f"/jobs/j000001/failures?after={after}")

    assert answer.status_code == status
    assert status == 400 or len(answer.json()["failures"]) == (after == "0")


def test_a_job_is_followed_to_its_end(indexing):
    """First how it is, then how it gets on."""

    def act(told):
        if told == 1:
            indexing.held.jobs.add("rebuild", "indexes", number="j000900")

    indexing.held.jobs.add("rebuild", "indexes", number="j000899")
    heard = indexing.listens(f"{HOME}/jobs/j000899/events", lambda text: '"state":"done"' in text, act)

    assert {(name, job["id"]) for name, job in heard} == {("job", "j000899")}
    assert heard[-1][1]["state"] == "done"


@pytest.mark.parametrize("target", ["", "/j000001", "/j000001/failures"])
def test_jobs_are_looked_at_beside_the_loop(indexing, monkeypatch, target):
    """Their lock is held while one is written, and others are answered meanwhile."""
    jobs, threads = indexing.held.jobs, set()

    def noted(call):
        return lambda *given: threads.add(threading.current_thread().name) or call(*given)

    monkeypatch.setattr(jobs, "all", noted(jobs.all))
    monkeypatch.setattr(jobs, "get", noted(jobs.get))

    assert indexing.get(f"/jobs{target}").status_code == 200
    assert {name.rpartition("_")[0] for name in threads} == {"pictrace-request"}


def test_a_service_that_stopped_goes_on(tmp_path):
    """An archive that was being taken in is taken in by the next one, and then gone."""
    from service.routes.test_pictures import packed

    data = packed(a_jpg=jpeg(noise(1)), b_jpg=jpeg(noise(2)))
    with opened(settings(tmp_path)) as desk:
        started, go_on = _slow(desk)
        number = desk.post("/archives", content=data, headers={"content-type": "application/zip"}).json()["id"]
        until(started.is_set)
        go_on.set()
    with opened(settings(tmp_path)) as desk:
        job = desk.ended(number)

        assert (job["state"], job["added"]) == ("done", 2)
        until(lambda: not list((tmp_path / "default.pictrace" / "incoming").iterdir()))


def test_what_an_upload_left_is_removed(tmp_path):
    """As a killed service leaves it; a queued archive stays."""
    with opened(settings(tmp_path)):
        pass
    incoming = tmp_path / "default.pictrace" / "incoming"
    (incoming / "j000005.zip").write_bytes(b"PK")
    with opened(settings(tmp_path)):
        assert list(incoming.iterdir()) == []
