"""The page and its files."""

import gzip

import pytest


def test_the_page_runs_nothing_of_others(desk):
    """No script in it, and none from elsewhere."""
    answer = desk.ask("GET", "/")

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_files_are_packed_for_whoever_unpacks(desk):
    """And known again by their tag."""
    plain = desk.ask("GET", "/web/index.html", headers={"accept-encoding": "identity"})
    packed = desk.ask("GET", "/web/index.html", headers={"accept-encoding": "gzip"})
    known = desk.ask("GET", "/web/index.html", headers={"if-none-match": plain.headers["etag"]})

    assert packed.headers["content-encoding"] == "gzip"
    assert (packed.content, len(gzip.compress(plain.content)) > 0) == (plain.content, True)
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize("path", ["", "nothing.js", "../service/app.py", "%2e%2e/__init__.py", "js", "__init__.py"])
def test_nothing_else_can_be_asked_for(desk, path):
    """Only files of the page are there."""
    assert desk.ask("GET", f"/web/{path}").status_code in {400, 404}
