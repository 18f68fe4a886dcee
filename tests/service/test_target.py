"""Paths, queries and headers that could be read in two ways."""

import posixpath
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictrace.service._target import is_canonical


@pytest.mark.parametrize(
    "path",
    [
        "//v1/things",
        "/v1//things",
        "/v1/../metrics",
        "/v1/./things",
        "/..",
        "/docs%2f..%2fv1%2fthings",
        "/v1%2Fthings",
        "/v1/%2e%2e/metrics",
        "/v1/things%00",
        "/v1/things%0a",
        "/v1/things;x",
        "/v1/things%3bx",
        "/v1/things.",
        "/v1./things",
        "/v1/things/..%5c",
        "/v1/\\evil.test",
        "/v1/thing%73",
        "/v1/things/%252e",
        "/v1/things/%zz",
        "/v1/things/%",
        "/v1/things/%ff",
        "/v1/things/é",
        "/v1/things/a b",
        "/v1/things/a|b",
        "/v1/things/\x00",
    ],
)
def test_a_path_has_one_spelling(house, path):
    """Nobody between the client and the route may read it as another one."""
    reply = house.asker().get(path)

    assert (reply.status, reply.code) == (400, "bad_request")
    assert house.records[0].route == ""


@pytest.mark.parametrize("path", ["/v1/things/7", "/v1/things/a%20b", "/v1/things/%C3%A9", "/v1/things/a.b-c_d~e:f@g"])
def test_escapes_that_are_needed_are_read(house, path):
    """Names have spaces and letters of all scripts."""
    assert house.asker().get(path).status == 200


@pytest.mark.parametrize("name", ["api_key", "key", "token", "API_KEY", "%6bey", "access_token", "api-key"])
@pytest.mark.parametrize("query", ["{}=x", "a=b&{}=x", "{}"])
def test_keys_in_the_query_are_refused(house, name, query):
    """They would end up in logs and histories."""
    reply = house.asker().get("/v1/things?" + query.format(name))

    assert (reply.status, reply.code) == (400, "bad_request")
    assert "revoke it" in reply.json["detail"]


@pytest.mark.parametrize(("length", "status"), [(99, 200), (100, 200), (101, 414)])
def test_addresses_are_short(house, length, status):
    """Path and query together, with the mark between them."""
    target = "/v1/things?" + "a" * (length - len("/v1/things?"))

    assert house.asker(url_bytes=100).get(target).status == status


@pytest.mark.parametrize(("length", "status"), [(999, 200), (1000, 200), (1001, 431)])
def test_headers_are_short(house, length, status):
    """All of them together, as they were sent."""
    fixed = len("host: 127.0.0.1:5000\r\n") + len("x: \r\n")
    reply = house.asker(header_bytes=1000).get(headers=[("X", "a" * (length - fixed))])

    assert reply.status == status


@pytest.mark.parametrize(("count", "status"), [(99, 200), (100, 431)])
def test_headers_are_few(house, count, status):
    """A hundred with the host."""
    assert house.asker().get(headers=[("X", "a")] * count).status == status


@pytest.mark.parametrize(
    "headers",
    [
        [("Content-Length", "3"), ("Transfer-Encoding", "chunked")],
        [("Content-Length", "3"), ("Content-Length", "3")],
        [("Content-Length", "3, 3")],
        [("Content-Length", "+3")],
        [("Content-Length", "-3")],
        [("Content-Length", "0x3")],
        [("Content-Length", "3_0")],
        [("Content-Length", "³")],
        [("Content-Length", "9" * 19)],
        [("Content-Length", "")],
        [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
        [("Transfer-Encoding", "gzip, chunked")],
        [("Transfer-Encoding", "xchunked")],
        [("Transfer-Encoding", "identity")],
    ],
)
def test_the_end_of_a_body_is_clear(house, headers):
    """Two servers that find it in two places let requests be smuggled."""
    reply = house.asker().post(headers=headers, body=[b"abc", b""])

    assert (reply.status, reply.code, reply.parts_read) == (400, "bad_request", 0)
    assert reply.header("connection") == "close"


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "x"])
def test_packed_bodies_are_refused(house, coding):
    """A small one could become large."""
    reply = house.asker().post(headers=[("Content-Encoding", coding), ("Content-Length", "3")], body=[b"abc", b""])

    assert (reply.status, reply.code, reply.parts_read) == (415, "unsupported_format", 0)


@given(st.lists(st.sampled_from(["/", ".", "%2e", "%2F", "a", "%20", "%25", ";", "\\", "%C3%A9", "%00", "é", "~"])))
def test_a_path_in_its_only_spelling_stays_where_it_is(parts):
    """Taking it apart, as any server or file system would, changes nothing."""
    path = "/" + "".join(parts)
    plain = unquote(path)

    if is_canonical(path.encode()):
        assert posixpath.normpath(plain) == plain.rstrip("/") or plain == "/"
        assert not set("\\;%\0") & set(plain)
