"""Bodies that are too long or too slow."""

import asyncio

import fastapi
import pytest

JSON = ("Content-Type", "application/json; charset=utf-8")
FORM = ("Content-Type", "multipart/form-data; boundary=b")
CHUNKED = ("Transfer-Encoding", "chunked")
LIMITS = {"body_bytes": 2000, "json_bytes": 1000}


@pytest.mark.parametrize(
    ("target", "kind", "limit"),
    [
        ("/v1/things", ("Content-Type", "image/jpeg"), 2000),
        ("/v1/things", JSON, 1000),
        ("/v1/things", ("Content-Type", "application/merge-patch+json"), 1000),
        ("/v1/archives", ("Content-Type", "application/zip"), 3000),
        ("/v1/archives", JSON, 1000),
    ],
)
@pytest.mark.parametrize("over", [-1, 0, 1])
@pytest.mark.parametrize("is_said", [True, False])
def test_bodies_are_bounded(house, target, kind, limit, over, is_said):
    """By the kind of body and the route, whether the length is said or the body comes in chunks."""
    size = limit + over
    framing = ("Content-Length", str(size)) if is_said else CHUNKED
    parts = [b"a" * 500] * (size // 500) + [b"a" * (size % 500)] * bool(size % 500) + [b""]
    reply = house.asker(**LIMITS).post(target, [kind, framing], parts)

    assert reply.code == ("payload_too_large" if over > 0 else "ok")
    if over > 0:
        assert (reply.status, reply.header("connection")) == (413, "close")
        assert reply.parts_read == (0 if is_said else len(parts) - 1)


def test_an_application_that_hides_the_refusal_does_not_change_it(house):
    """Frameworks make a bad request of whatever happens while a body is read."""

    async def hiding(scope, receive, send):
        try:
            while (await receive())["more_body"]:
                pass
        except Exception:  # noqa: BLE001 - as frameworks do
            await send({"type": "http.response.start", "status": 400, "headers": []})
            await send({"type": "http.response.body", "body": b"There was an error parsing the body"})

    reply = house.asker(hiding, **LIMITS).post(headers=[CHUNKED], body=[b"a" * 1500] * 2)

    assert (reply.status, reply.code) == (413, "payload_too_large")


def test_fastapi_does_not_hide_it_either(house):
    """It stores uploads before anything of a route runs, and says 400 whatever goes wrong."""
    app = fastapi.FastAPI()

    @app.post("/v1/things")
    async def take(image: fastapi.UploadFile, request: fastapi.Request):
        return [image.size, sorted(request.state.caller.rights), request.state.request_id]

    asker = house.asker(app, **LIMITS)
    small, large = (asker.post(headers=[FORM, CHUNKED], body=form(b"a" * size)) for size in (100, 2500))

    assert small.json == [100, ["admin", "delete", "fetch", "index", "search"], small.header("x-request-id")]
    assert (large.status, large.code) == (413, "payload_too_large")
    assert [record.route for record in house.records] == ["/v1/things"] * 2


def form(content: bytes) -> list[bytes]:
    """The parts of a form with one file."""
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    return [head, *(content[at : at + 500] for at in range(0, len(content), 500)), b"\r\n--b--\r\n", b""]


def test_a_refused_body_stays_refused(house):
    """Whoever asks again for the rest does not get it."""
    raised = []

    async def stubborn(scope, receive, send):
        for _ in range(4):
            try:
                await receive()
            except Exception as error:  # noqa: BLE001 - as frameworks do
                raised.append(error)

    reply = house.asker(stubborn, **LIMITS).post(headers=[CHUNKED], body=[b"a" * 1500] * 4)

    assert (len(raised), reply.parts_read, reply.code) == (3, 2, "payload_too_large")


def test_a_body_that_stops_is_not_waited_for(house):
    """There is a deadline, even for one that came at once until then."""
    reply = house.asker(body_seconds=0.05, rate_seconds=60).post(headers=[CHUNKED], body=[b"abc"])

    assert (reply.status, reply.code) == (408, "request_timeout")
    assert reply.header("connection") == "close"
    assert "not complete after" in reply.json["detail"]


def test_a_body_that_drips_is_not_waited_for(house):
    """So many bytes a second must come."""
    drops = [b"a"] * 100
    reply = house.asker(rate_seconds=0.05, least_rate=1000).post(headers=[CHUNKED], body=drops, pause=0.01)

    assert (reply.status, reply.code) == (408, "request_timeout")
    assert reply.parts_read < 20
    assert "at least 1000 must come a second" in reply.json["detail"]


def test_a_body_that_is_fast_enough_passes_several_looks(house):
    """The pace is judged window by window."""
    parts = [*[b"a" * 100] * 12, b""]
    reply = house.asker(rate_seconds=0.03, least_rate=1000).post(headers=[CHUNKED], body=parts, pause=0.01)

    assert (reply.status, reply.body) == (200, b"1200")


def test_only_waiting_for_the_client_counts(house):
    """An application that is busy between two parts is not the client's fault."""

    async def busy(scope, receive, send):
        for _ in range(3):
            await receive()
            await asyncio.sleep(0.04)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    limits = {"body_seconds": 0.05, "rate_seconds": 0.03}

    assert house.asker(busy, **limits).post(headers=[CHUNKED], body=[b"a", b"a", b""]).status == 200


def test_a_complete_body_has_no_deadline(house):
    """Applications wait for the client to go away while they answer."""

    async def patient(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": (await receive())["type"].encode()})

    reply = house.asker(patient, body_seconds=0.01).post(body=[b"", b"GONE"], pause=0.05)

    assert reply.body == b"http.disconnect"


def test_each_mebibyte_buys_a_second(house):
    """A large upload over a slow line is not cut off."""
    parts = [b"a" * (1 << 20), b"a", b""]
    reply = house.asker(body_seconds=0.02, rate_seconds=60).post(headers=[CHUNKED], body=parts, pause=0.03)

    assert reply.status == 200
