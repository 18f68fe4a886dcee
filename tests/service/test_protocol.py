"""Connections that are slow, silent, greedy or many."""

import threading

import pytest
from service.wire import Heard, heard, running

HEAD = b"Host: 127.0.0.1\r\n\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HEAD
LAST = b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + HEAD
UPLOAD = b"POST /v1/things HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HEAD


async def flood(scope, receive, send):
    """Answers with more than any buffer holds."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(1000):
        await send({"type": "http.response.body", "body": b"a" * 100_000, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def pages(scope, receive, send):
    """Answers with more than buffers hold, which a client that reads takes."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(30):
        await send({"type": "http.response.body", "body": b"a" * 1_000_000, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def whole(scope, receive, send):
    """Answers in one piece that no buffer of the system holds, and is done with it."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"a" * 50_000_000})


async def early(scope, receive, send):
    """Begins to answer before it reads."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    while (await receive())["type"] == "http.request":
        pass


def test_a_silent_connection_is_closed(house):
    """Nothing is said to who says nothing."""
    with running(house, header_seconds=0.2) as server:
        answer = server.hears()

    assert answer.raw == b""
    assert 0.1 < answer.seconds < 5


def test_slow_headers_are_not_waited_for(house):
    """However many bytes came in time."""
    with running(house, header_seconds=0.2) as server:
        answer = server.hears(HEALTH[:20])

    assert (answer.statuses, answer.code) == ([408], "request_timeout")


def test_slow_headers_of_a_later_request_are_not_waited_for(house):
    """A connection that was good once gets no more time."""
    with running(house, header_seconds=0.2, keep_alive_seconds=60.0) as server:
        answer = server.hears(HEALTH + HEALTH[:20])

    assert (answer.statuses, answer.code) == ([200, 408], "request_timeout")
    assert answer.seconds < 5


def test_dripping_headers_are_not_waited_for(house):
    """Each byte is no new beginning."""
    with running(house, header_seconds=0.2) as server, server.connect() as line:
        line.settimeout(0.02)
        for at in range(200):
            try:
                line.sendall(b"GET /"[at : at + 1] or b"a")
                found = line.recv(1000)
                break
            except TimeoutError:
                continue

    assert Heard(found, 0).statuses == [408]
    assert at < 100


def test_an_idle_connection_is_closed(house):
    """Soon after its last answer."""
    with running(house, keep_alive_seconds=0.2) as server:
        answer = server.hears(HEALTH)

    assert answer.statuses == [200]
    assert answer.seconds < 5


def test_a_slow_body_is_not_waited_for(house):
    """The refusal arrives, and the connection is closed."""
    with running(house, body_seconds=0.2, rate_seconds=60) as server:
        answer = server.hears(UPLOAD + b"3\r\nabc\r\n")

    assert (answer.statuses, answer.code) == ([408], "request_timeout")
    assert b"connection: close" in answer.raw.lower()


@pytest.mark.parametrize("app", [flood, whole])
@pytest.mark.parametrize("head", [HEAD, b"Connection: close\r\n" + HEAD])
def test_a_client_that_does_not_read_is_cut_off(house, app, head):
    """Its answer would be kept forever, whether the application is done with it or not."""
    with running(house, app, write_seconds=0.2) as server, server.connect() as line:
        line.sendall(b"GET /v1/things HTTP/1.1\r\n" + head)
        line.recv(1)
        _until(lambda: not server.server._server.server_state.connections)
        received = heard(line)

    assert len(received) < 50_000_000


def test_a_client_that_reads_slowly_is_served(house):
    """As long as something is taken now and then."""
    with running(house, pages, write_seconds=1.0, keep_alive_seconds=0.1) as server, server.connect() as line:
        line.sendall(b"GET /v1/things HTTP/1.1\r\nConnection: close\r\n" + HEAD)
        received = heard(line)

    assert received.count(b"a") >= 30_000_000


@pytest.mark.parametrize(("over", "status"), [(-1, 200), (0, 200), (1, 431)])
@pytest.mark.parametrize("at_once", [True, False])
def test_heads_are_bounded(house, over, status, at_once):
    """All of a head counts, whether it comes at once or in parts."""
    begin = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX: "
    sent = begin + b"a" * (1000 + over - len(begin) - 4) + b"\r\n\r\n"
    with running(house, header_bytes=1000) as server:
        answer = (
            server.hears(sent) if at_once else server.hears(*[sent[at : at + 100] for at in range(0, len(sent), 100)])
        )

    assert answer.statuses == [status]
    assert status == 200 or answer.code == "headers_too_large"


def test_a_head_without_end_is_refused(house):
    """Before it is there."""
    with running(house, header_bytes=1000) as server:
        answer = server.hears(b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 2000)

    assert (answer.statuses, answer.code) == ([431], "headers_too_large")


def test_many_headers_are_refused(house):
    """A hundred are enough for anybody."""
    with running(house) as server:
        answer = server.hears(LAST[:-2] + b"X: a\r\n" * 200 + b"\r\n")

    assert (answer.statuses, answer.code) == ([431], "headers_too_large")


@pytest.mark.parametrize("framing", [b"Transfer-Encoding: chunked", b"Content-Length: 20000000"])
def test_who_sends_too_much_hears_why(house, framing):
    """Although they are still sending, and nobody reads that any more."""
    head = b"POST /v1/things HTTP/1.1\r\n" + framing + b"\r\n" + HEAD
    chunk = b"f4240\r\n" + b"a" * 1_000_000 + b"\r\n" if b"chunked" in framing else b"a" * 1_000_000
    with running(house, body_bytes=100_000) as server:
        answer = server.hears(head, *[chunk] * 20)

    assert (answer.statuses, answer.code) == ([413], "payload_too_large")


def test_a_body_that_goes_wrong_after_the_answer_began_ends_it(house):
    """What was sent cannot be taken back, and must not look complete."""
    with running(house, early) as server, server.connect() as line:
        line.sendall(UPLOAD)
        first = line.recv(1000)
        line.sendall(b"no chunk\r\n")
        rest = heard(line)

    assert b"begun" in first + rest
    assert b"\r\n0\r\n" not in first + rest


@pytest.mark.parametrize("headers", [b"X-API-Key: pt_x\r\nContent-Length: 3\r\n", b"Content-Length: 999999999\r\n"])
def test_who_asks_first_is_refused_before_the_body(house, headers):
    """With the final status; nobody is told to go on."""
    house.key("search")
    with running(house) as server:
        answer = server.hears(b"POST /v1/things HTTP/1.1\r\nExpect: 100-continue\r\n" + headers + HEAD)

    assert answer.statuses == [401]


def test_who_asks_first_may_go_on(house):
    """If there is nothing to refuse."""
    with running(house) as server, server.connect() as line:
        line.sendall(
            b"POST /v1/things HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 3\r\n" + HEAD
        )
        first = line.recv(1000)
        line.sendall(b"abc")
        rest = heard(line)

    assert Heard(first, 0).statuses == [100]
    assert Heard(rest, 0).statuses == [200]


def test_connections_are_bounded(house):
    """One too many is told to come back."""
    with running(house, connections=2) as server, server.connect() as first, server.connect():
        refused = server.hears(HEALTH)
        first.sendall(LAST)
        heard(first)
        _until(lambda: server.hears(LAST).statuses == [200])

    assert (refused.statuses, refused.code) == ([503], "overloaded")
    assert b"retry-after: 1" in refused.raw


@pytest.mark.parametrize(
    ("settings", "statuses"),
    [
        ({"limit_loopback": True}, [429]),
        ({"limit_loopback": False}, [200]),
        ({"limit_loopback": True, "trusted_proxies": ("127.0.0.0/8",)}, [200]),
    ],
)
def test_connections_from_one_address_are_bounded(house, settings, statuses):
    """Unless it is this machine, or a proxy of one's own."""
    with running(house, connections_per_ip=1, **settings) as server, server.connect() as first:
        second = server.hears(LAST)
        first.sendall(LAST)
        heard(first)
        third = server.hears(LAST)

    assert (second.statuses, third.statuses) == (statuses, [200])
    assert statuses == [200] or second.code == "too_many_in_flight"


def _until(is_so) -> None:
    """Comes back once that is so; the time limit of the socket ends a wait that is in vain."""
    event = threading.Event()
    for _ in range(500):
        if is_so():
            return
        event.wait(0.01)
    pytest.fail("it never was")


@pytest.mark.parametrize("end", [b"x\r\n", b"-5\r\nhello\r\n"])
def test_a_body_that_breaks_off_has_one_name(house, end):
    """The client and the log know the request by the same one."""
    with running(house) as server:
        heard = server.hears(b"POST /v1/things HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HEAD + end)
    (record,) = server.records

    assert heard.statuses == [400]
    assert f'"request_id": "{record.request_id}"'.encode() in heard.raw
