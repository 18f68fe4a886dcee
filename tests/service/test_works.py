"""The work of jobs: what stops it halfway costs nothing, and doubles nothing."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from fetch.upstream import ok, policy, serving
from photographs import jpeg, noise
from service import halfway
from service.desk import opened, settings, until

from pictrace import ingest
from pictrace.collection import Collection
from pictrace.service import custody

COUNT = 12
"""Inputs of each job; one of them is no picture, and one is the same picture as another."""

ENOUGH = 5
"""Of them, after which it is halfway."""

KINDS = ("zip", "urls", "index")


@pytest.fixture
def inputs(tmp_path):
    """What there is to take in, by kind of job, and what may be fetched."""
    data = {f"{number:02}.jpg": jpeg(noise(number)) for number in range(COUNT - 2)}
    data |= {"aa.jpg": b"no picture", "ab.jpg": data["00.jpg"]}
    (tmp_path / "pictures").mkdir()
    for name, content in data.items():
        (tmp_path / "pictures" / name).write_bytes(content)
    with zipfile.ZipFile(tmp_path / "up.zip", "w") as file:
        for name, content in sorted(data.items()):
            file.writestr(name, content)
    with serving({f"/{name}": ok(content) for name, content in data.items()}) as upstream:
        urls = [f"http://127.0.0.3:{upstream.port}/{name}" for name in sorted(data)]
        yield {"zip": str(tmp_path / "up.zip"), "urls": urls, "index": str(tmp_path / "pictures")}, policy(upstream)


def stopped(folder, kind, given, allowed) -> str:
    """The service is told to stop while the job is halfway."""
    with opened(settings(folder, fetch=allowed)) as desk:
        wait = halfway.paused(desk, ENOUGH)
        number = halfway.begun(desk, kind, given)
        assert wait()
    return number


def killed(folder, kind, given, allowed) -> str:
    """It is killed then."""
    told = {"folder": str(folder), "kind": kind, "given": given, "ports": allowed.allow_ports}
    command = [sys.executable, "-m", "service.halfway", json.dumps(told | {"count": ENOUGH})]
    tests = Path(__file__).parents[1]
    process = subprocess.Popen(command, cwd=tests, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        number = process.stdout.readline().strip()
        process.kill()
    return number


def gone_on(folder, kind, given, allowed, number) -> dict:
    """What the next service made of the job, and what is there then."""
    with opened(settings(folder, fetch=allowed), folders=[given] if kind == "index" else []) as desk:
        job = desk.ended(number)
        until(lambda: not list(desk.held.custody.incoming("").iterdir()))
        images = desk.get("/images?limit=200").json()["images"]
        kinds = [one["kind"] for one in desk.get("/jobs").json()["jobs"]]
        failures = desk.get(f"/jobs/{number}/failures").json()["failures"]
    return {"job": job, "images": images, "kinds": kinds, "failures": failures}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", [stopped, killed])
def test_a_job_that_ended_halfway_goes_on(tmp_path, monkeypatch, inputs, kind, end):
    """With the next start: everything is there once, is counted once, and the upload is gone."""
    monkeypatch.setattr(ingest, "BATCH", halfway.BATCH)
    given, allowed = inputs[0][kind], inputs[1]
    number = end(tmp_path, kind, given, allowed)
    with Collection(tmp_path / "default.pictrace") as collection:
        before = len(collection)
    found = gone_on(tmp_path, kind, given, allowed, number)
    job, places = found["job"], [place for one in found["images"] for place in one["locations"]]

    assert (job["state"], job["done"], job["total"], job["failed"]) == ("done", COUNT, COUNT, 1)
    assert job["added"] + job["known"] == COUNT - 1
    assert ENOUGH - 2 <= before < COUNT - 2
    assert found["kinds"].count(kind) == 1
    assert len(found["images"]) == len({one["sha256"] for one in found["images"]}) == COUNT - 2
    assert len(places) == len(set(places)) == COUNT - 1
    assert [one["code"] for one in found["failures"]] == ["not_an_image"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_ends_where_the_disk_is_nearly_full(tmp_path, monkeypatch, inputs, kind):
    """In the middle of its inputs; what was done stays."""
    monkeypatch.setattr(ingest, "BATCH", halfway.BATCH)
    given, allowed = inputs[0][kind], inputs[1]
    with opened(settings(tmp_path, fetch=allowed)) as desk:
        collection = desk.held.custody.collection
        usage = lambda _: SimpleNamespace(free=int(len(collection) < 3))  # noqa: E731
        monkeypatch.setattr(custody, "shutil", SimpleNamespace(disk_usage=usage))
        job = desk.ended(halfway.begun(desk, kind, given))

        assert (job["state"], job["problem"]["code"]) == ("failed", "insufficient_storage")
        assert 3 <= len(collection) < COUNT - 2
        assert len(desk.get("/images").json()["images"]) == len(collection)
