"""The guard as a whole: what passes, how refusals look, and what is told of each request."""

import asyncio
import json
import re
import uuid

import pytest
from service.asgi import Asker
from service.guarded import echo

from pictrace.errors import NotFoundError
from pictrace.service.guard import GONE, HEADERS


def test_a_plain_request_on_ones_own_machine_passes(house):
    """Without a key, as long as none was made."""
    reply = house.asker().post(body=[b"abc", b"de", b""])

    assert (reply.status, reply.body) == (200, b"5")


@pytest.mark.parametrize("target", ["/healthz", "/v1/nothing"])
def test_every_answer_carries_the_headers_that_protect(house, target):
    """Refusals too, and never the server's name."""
    reply = house.asker().get(target)

    assert {name: reply.header(name) for name in HEADERS} == HEADERS
    assert reply.header("server") is None
    assert uuid.UUID(reply.header("x-request-id"))


def test_the_application_may_set_them_otherwise(house):
    """Pages need another policy than JSON."""

    async def page(scope, receive, send):
        headers = [(b"Content-Security-Policy", b"default-src 'self'")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    names = [name.lower() for name, _ in house.asker(page).get().headers]

    assert names.count("content-security-policy") == 1
    assert "x-frame-options" in names


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ([("X-Request-Id", "4FD9C0E4-6f1a-4f1a-9b1a-111111111111")], True),
        ([("X-Request-Id", "1")], False),
        ([("X-Request-Id", "4fd9c0e4-6f1a-4f1a-9b1a-111111111111\x1b")], False),
        ([("X-Request-Id", "4fd9c0e4-6f1a-4f1a-9b1a-111111111111")] * 2, False),
    ],
)
def test_a_request_id_is_taken_if_it_is_one(house, given, is_kept):
    """Nothing else of the client gets into logs under that name."""
    reply = house.asker().get(headers=given)

    assert (reply.header("x-request-id") == given[0][1].lower()) == is_kept


def test_a_refusal_is_a_problem(house):
    """With everything that a program needs."""
    reply = house.asker().get("/v1/nothing")

    assert reply.status == 404
    assert reply.header("content-type") == "application/problem+json"
    assert reply.json.keys() == {"type", "title", "status", "code", "detail", "request_id"}
    assert reply.json["request_id"] == reply.header("x-request-id")


@pytest.mark.parametrize(
    ("method", "target", "code", "allow"),
    [
        ("GET", "/v1/nothing", "not_found", None),
        ("GET", "/v1/things/", "not_found", None),
        ("GET", "/V1/things", "not_found", None),
        ("GET", "/docs", "not_found", None),
        ("GET", "/v1/things/1/2", "not_found", None),
        ("PUT", "/v1/things", "method_not_allowed", "GET, HEAD, POST"),
        ("TRACE", "/v1/things/7", "method_not_allowed", "GET, HEAD, DELETE"),
        ("OPTIONS", "/healthz", "method_not_allowed", "GET, HEAD"),
        ("X", "/healthz", "method_not_allowed", "GET, HEAD"),
        ("HEAD", "/v1/things/7", "ok", None),
    ],
)
def test_what_is_in_no_rule_is_out_of_reach(house, method, target, code, allow):
    """Whatever the application would do with it."""
    reply = house.asker().ask(method, target)

    if method != "HEAD":
        assert reply.code == code
    assert reply.header("allow") == allow
    assert reply.header("access-control-allow-origin") is None


def test_a_bug_is_a_problem_and_is_told(house):
    """Its words stay here."""

    async def broken(scope, receive, send):
        raise ZeroDivisionError("/home/ann")

    reply = house.asker(broken).get()

    assert (reply.status, reply.code) == (500, "internal")
    assert b"ann" not in reply.body
    assert isinstance(house.records[0].bug, ZeroDivisionError)


def test_an_error_of_ours_becomes_its_problem(house):
    """Wherever the application lets it through."""

    async def without(scope, receive, send):
        raise NotFoundError("there is no picture 7")

    reply = house.asker(without).get()

    assert (reply.status, reply.json["detail"]) == (404, "there is no picture 7")
    assert house.records[0].bug is None


def test_an_application_that_says_nothing_is_a_bug(house):
    """The client is told something."""

    async def silent(scope, receive, send):
        pass

    assert house.asker(silent).get().code == "internal"


def test_an_answer_that_breaks_off_is_not_finished(house):
    """The server is to close the connection, or it would look complete."""

    async def half(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ZeroDivisionError

    with pytest.raises(Exception, match="something went wrong"):
        house.asker(half).get()
    assert isinstance(house.records[0].bug, ZeroDivisionError)


def test_one_record_is_told_of_each_request(house):
    """By the template of its route; neither the address nor the key is in it."""
    key = house.key("search")
    house.asker().get("/v1/things/7?limit=3", key)
    (record,) = house.records

    assert (record.method, record.route, record.status, record.code) == ("GET", "/v1/things/{id}", 200, "")
    assert record.key_id == key[0][1].split("_", 2)[1]
    assert "limit" not in repr(record)
    assert key[0][1].split("_", 2)[2] not in repr(record)


def test_the_record_of_a_refusal_has_its_code(house):
    """Metrics count refusals by it."""
    house.asker().get("/v1/nothing")
    (record,) = house.records

    assert (record.route, record.status, record.code) == ("", 404, "not_found")


def test_a_client_that_went_away_is_no_bug(house):
    """Nobody is left to be answered."""
    reply = house.asker().post(body=[b"abc", b"GONE"])

    assert reply.status == 0
    assert (house.records[0].status, house.records[0].bug) == (GONE, None)


def test_web_sockets_are_refused(house):
    """There is nothing that speaks them."""
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    asyncio.run(house.asker().app({"type": "websocket", "headers": []}, receive, send))

    assert sent == [{"type": "websocket.close", "code": 1008, "reason": ""}]


def test_the_life_of_the_application_passes(house):
    """Its start and stop are not requests."""
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(house.asker(app).app({"type": "lifespan"}, None, None))

    assert seen == ["lifespan"]


LEAKS = re.compile(r'Traceback|File "/|site-packages|sqlite3\.|/root/|/home/|Errno|0x[0-9a-f]{8}')


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/v1/things", [("Host", "evil.test")]),
        ("//v1/things", []),
        ("/v1/things", [("Origin", "http://evil.test")]),
        ("/v1/things?key=secret", []),
        ("/metrics", [("X-API-Key", "pt_" + "a" * 61)]),
        ("/v1/things/" + "a" * 9000, []),
        ("/v1/things", [("X-Long", "a" * 17000)]),
    ],
)
def test_no_refusal_tells_anything_of_the_server(house, target, headers):
    """Neither the body nor the headers."""
    house.key("search")
    reply = house.asker().get(target, headers)
    text = json.dumps(reply.json) + str(reply.headers)

    assert 400 <= reply.status < 500
    assert not LEAKS.search(text)
    assert "secret" not in text
    assert len(reply.json["detail"]) <= 300


def test_lifespan_state_is_kept(house):
    """What the application put there at its start is there in each request."""

    async def app(scope, receive, send):
        assert scope["state"]["own"] == 1
        assert scope["state"]["request_id"]
        await echo(scope, receive, send)

    async def with_state(scope, receive, send):
        await inner(scope | {"state": {"own": 1}}, receive, send)

    inner = house.asker(app).app

    assert Asker(with_state).get().status == 200
