"""Whether the service is alive and ready, what it can do, and its figures."""

import os

import pytest
from service.desk import HOME, SECONDS, opened, settings

from pictrace.service import readiness as module
from pictrace.workers import Workers


@pytest.mark.parametrize(("target", "status"), [("/healthz", "ok"), ("/readyz", "ready")])
def test_a_service_that_runs_says_so(desk, target, status):
    """In one word."""
    answer = desk.ask("GET", target)

    assert (answer.status_code, answer.json()) == (200, {"status": status})


def test_a_service_that_ends_is_alive_and_not_ready(tmp_path):
    """From the moment it was told to."""
    with opened(settings(tmp_path)) as desk:
        desk.service.stopping()
        answers = [desk.ask("GET", target) for target in ("/healthz", "/readyz", HOME)]

    assert [answer.status_code for answer in answers] == [200, 503, 503]
    assert [answer.json()["code"] for answer in answers[1:]] == ["shutting_down"] * 2
    assert answers[1].headers["retry-after"] == "5"


def readiness(desk):
    """How ready it is, looked at anew."""
    desk.shelf.readiness._begun = -1e9
    answer = desk.ask("GET", "/readyz")
    return answer.status_code, answer.json().get("code", ""), answer.json().get("detail", "").partition(";")[0]


def test_a_full_disk_is_not_ready(tmp_path):
    """It only reads."""
    with opened(settings(tmp_path, service={"free_bytes": 1 << 62})) as desk:
        assert readiness(desk) == (503, "not_ready", "the disk is nearly full")
        assert desk.ask("GET", "/healthz").status_code == 200


def test_a_collection_that_cannot_be_read_is_not_ready(tmp_path):
    """Its folder is gone, or something else is in its place."""
    with opened(settings(tmp_path)) as desk:
        before = readiness(desk)[0]
        (tmp_path / "default.pictrace").rename(tmp_path / "away")
        without = readiness(desk)
        (tmp_path / "away").rename(tmp_path / "default.pictrace")
        after = readiness(desk)[0]

    assert (before, without, after) == (200, (503, "not_ready", "the default collection cannot be read"), 200)


def test_a_collection_that_cannot_be_written_is_not_ready(desk, monkeypatch):
    """As on a disk that was mounted anew, for reading only."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, mode: False)
        refused = readiness(desk)

    assert refused == (503, "not_ready", "the default collection cannot be written to")
    assert readiness(desk)[0] == 200


def test_without_workers_it_is_not_ready(tmp_path, capfd, monkeypatch):
    """Until one starts again; a picture that cannot be used is no matter of theirs."""
    monkeypatch.setattr(module, "_PATIENCE_S", SECONDS)
    with opened(settings(tmp_path)) as desk:
        desk.post("/search", content=b"no picture", headers={"content-type": "image/png"})
        before, sound = readiness(desk)[0], desk.shelf.sandbox._workers
        broken = Workers(int, workers=1, initializer=int, initargs=("no number",))
        with broken as desk.shelf.sandbox._workers:
            failed = desk.post("/search", content=b"x", headers={"content-type": "image/png"}).status_code
            without = readiness(desk)
        desk.shelf.sandbox._workers = sound
        after = readiness(desk)[0]

    assert (before, failed, after) == (200, 500, 200)
    assert without == (503, "not_ready", "worker processes cannot be started")
    assert "ValueError" in capfd.readouterr().err


def test_what_it_can_do_is_told(desk):
    """To whoever may search."""
    told = desk.ask("GET", "/v1/info").json()

    assert told["limits"] == {
        "body_bytes": 32 << 20, "file_bytes": 32 << 20, "zip_bytes": 2 << 30, "pixels": 100_000_000,
        "parts": 16, "limit": 200, "offset": 1000,
    }  # fmt: skip
    assert told["rights"] == ["search", "index", "delete", "fetch", "admin"]
    assert (told["key_needed"], told["fetch"], told["keep_originals"]) == (False, True, True)


def test_figures_are_bounded(desk):
    """Whatever is asked, a label is a template, a method of five, or `other`."""
    for method, target in [
        ("GET", "/nowhere/1"),
        ("BREW", HOME),
        ("GET", f"{HOME}/images/1"),
        ("GET", f"{HOME}/images/99"),
    ]:
        desk.ask(method, target)
    text = desk.ask("GET", "/metrics").text

    assert 'route="/v1/collections/{name}/images/{key}",status="404"' in text
    assert 'route="none",status="404"' in text
    assert 'method="other"' in text
    assert "BREW" not in text
    assert "nowhere" not in text
    assert 'pictrace_pictures{collection="default"} 3.0' in text
    assert 'pictrace_refusals_total{code="not_found"}' in text
