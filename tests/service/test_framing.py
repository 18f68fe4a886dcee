"""Requests that two servers could read in two ways, over a real connection."""

import pytest
from service.guarded import House
from service.wire import running

HOST = b"Host: 127.0.0.1\r\n"
POST = b"POST /v1/things HTTP/1.1\r\n" + HOST
NEXT = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One for all, for none of these changes it."""
    with running(House(tmp_path_factory.mktemp("keys") / "keys.json")) as made:
        yield made


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="CL.TE"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", id="TE.CL"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n", id="TE.TE"),
        pytest.param(POST + b"Transfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n", id="TE list"),
        pytest.param(POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", id="TE unknown"),
        pytest.param(POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", id="TE tab"),
        pytest.param(POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", id="TE space"),
        pytest.param(POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", id="TE fold"),
        pytest.param(b"POST /v1/things HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n", id="TE in 1.0"),
        pytest.param(POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", id="CL twice"),
        pytest.param(POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", id="CL two"),
        pytest.param(POST + b"Content-Length: 3, 3\r\n\r\nabc", id="CL list"),
        pytest.param(POST + b"Content-Length: +3\r\n\r\nabc", id="CL plus"),
        pytest.param(POST + b"Content-Length: -3\r\n\r\nabc", id="CL minus"),
        pytest.param(POST + b"Content-Length: 0x3\r\n\r\nabc", id="CL hex"),
        pytest.param(POST + b"Content-Length: 3_0\r\n\r\nabc", id="CL underscore"),
        pytest.param(POST + b"Content-Length: 3 \x0b\r\n\r\nabc", id="CL control"),
        pytest.param(POST + b"Content-Length:\r\n\r\n", id="CL empty"),
        pytest.param(POST + b"Content-Length: 99999999999999999999\r\n\r\n", id="CL huge"),
        pytest.param(POST + b"X: a\r\n b\r\n\r\n", id="obs-fold"),
        pytest.param(POST + b"X: a\n\r\n", id="bare LF"),
        pytest.param(b"GET /healthz HTTP/1.1\nHost: 127.0.0.1\n\n", id="all bare LF"),
        pytest.param(POST + b"X: a\rb\r\n\r\n", id="bare CR"),
        pytest.param(POST + b"X: a\x00b\r\n\r\n", id="NUL"),
        pytest.param(POST + b"X\x00: a\r\n\r\n", id="NUL in name"),
        pytest.param(POST + b"X : a\r\n\r\n", id="space before colon"),
        pytest.param(POST + b": a\r\n\r\n", id="no name"),
        pytest.param(POST + b"X\r\n\r\n", id="no colon"),
        pytest.param(b"\r\n" + NEXT, id="empty line first"),
        pytest.param(b" GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n", id="space first"),
        pytest.param(b"GET  /healthz HTTP/1.1\r\n" + HOST + b"\r\n", id="two spaces"),
        pytest.param(b"GET /health z HTTP/1.1\r\n" + HOST + b"\r\n", id="space in target"),
        pytest.param(b"get /healthz HTTP/1.1\r\n" + HOST + b"\r\n", id="lower-case method"),
        pytest.param(b"GET /healthz HTTP/1.2\r\n" + HOST + b"\r\n", id="HTTP/1.2"),
        pytest.param(b"GET /healthz http/1.1\r\n" + HOST + b"\r\n", id="lower-case version"),
        pytest.param(b"GET /healthz\r\n" + HOST + b"\r\n", id="no version"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n", id="chunk bare LF"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", id="chunk too long"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", id="chunk hex"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", id="chunk minus"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\n\r\n", id="trailer bare LF"),
    ],
)
def test_unclear_requests_are_refused_and_the_connection_closed(server, sent):
    """What follows on the connection is never taken for a request."""
    answer = server.hears(sent + NEXT)

    assert answer.statuses == [400]
    assert answer.code == "bad_request"
    assert answer.seconds < 5


@pytest.mark.parametrize(
    "hosts",
    [b"", HOST * 2, b"Host: evil.test\r\n", b"Host: 127.0.0.1, evil.test\r\n", b"Host: evil.test:80@127.0.0.1\r\n"],
)
@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_unclear_hosts_are_refused(server, hosts, version):
    """In every version of HTTP that is spoken."""
    answer = server.hears(b"GET /healthz HTTP/" + version + b"\r\nConnection: close\r\n" + hosts + b"\r\n")

    assert (answer.statuses, answer.code) == ([400], "bad_host")


@pytest.mark.parametrize("target", [b"http://evil.test/healthz", b"http://127.0.0.1/healthz", b"*"])
def test_targets_that_are_no_path_are_refused(server, target):
    """The host is in its header and nowhere else."""
    answer = server.hears(b"GET " + target + b" HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n")

    assert (answer.statuses, answer.code) == ([400], "bad_host")


def test_a_request_that_comes_byte_by_byte_is_read(server):
    """Slowness alone is no fault."""
    sent = b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n"

    assert server.hears(*[sent[at : at + 1] for at in range(len(sent))]).statuses == [200]


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 5\r\n\r\nabcde",
        b"content-length:5\r\n\r\nabcde",
        b"Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX: trailer\r\n\r\n",
    ],
)
def test_bodies_that_are_clear_are_read(server, body):
    """By length or in chunks."""
    answer = server.hears(POST + b"Connection: close\r\n" + body)

    assert answer.statuses == [200]
    assert answer.raw.endswith(b"\r\n\r\n5") or b"\r\n5\r\n" in answer.raw


def test_requests_may_follow_each_other(server):
    """Many at once on one connection, in their order."""
    answer = server.hears(NEXT * 200 + b"GET /nothing HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n")

    assert answer.statuses == [200] * 200 + [404]


@pytest.mark.parametrize("upgrade", [b"websocket", b"h2c"])
def test_upgrades_are_not_made(server, upgrade):
    """The request is answered as it is."""
    sent = b"GET /healthz HTTP/1.1\r\nConnection: close, Upgrade\r\nUpgrade: " + upgrade + b"\r\n" + HOST + b"\r\n"

    assert server.hears(sent).statuses == [200]


def test_the_server_does_not_say_what_it_is(server):
    """Neither in answers nor in refusals."""
    answers = [server.hears(b"GET / HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n"), server.hears(b"x\n\n")]

    assert all(b"server:" not in answer.raw.lower() and b"uvicorn" not in answer.raw.lower() for answer in answers)
    assert all(b"x-content-type-options: nosniff" in answer.raw for answer in answers)


def test_a_refusal_before_the_request_is_told_once(house):
    """As every request is."""
    with running(house) as server:
        server.hears(b"x\n\n")
    (record,) = house.records

    assert (record.method, record.status, record.code, record.client) == ("", 400, "bad_request", "127.0.0.1")
