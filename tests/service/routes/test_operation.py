"""Whether the service is alive and ready, what it can do, and its figures."""

import pytest
from service.desk import HOME, opened, settings


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
