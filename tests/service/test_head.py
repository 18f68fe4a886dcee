"""HEAD, for every address that GET has."""

import pytest
from service.desk import HOME

from pictrace.service.routes import rules_of
from pictrace.settings import ServicePolicy

TARGETS = sorted(path for method, path in rules_of(ServicePolicy()) if method == "GET" and "number" not in path)


@pytest.mark.parametrize("path", TARGETS)
def test_head_says_what_get_would(desk, path):
    """The status, the kind, the tag, and no body."""
    target = path.replace("/v1/collections/{name}", HOME).replace("{key}", "1").replace("{path:path}", "index.html")
    head = desk.ask("HEAD", target)

    assert (head.status_code, head.content) == (200, b"")
    if not path.endswith("/events"):
        get = desk.ask("GET", target)
        names = ("content-type", "etag", "cache-control")
        assert [head.headers.get(name) for name in names] == [get.headers.get(name) for name in names]


@pytest.mark.parametrize("target", ["/nowhere", f"{HOME}/images/99", f"{HOME}/images?limit=0"])
def test_a_problem_has_no_body_either(desk, target):
    """Only its status."""
    head = desk.ask("HEAD", target)

    assert (head.status_code, head.content) == (desk.ask("GET", target).status_code, b"")
