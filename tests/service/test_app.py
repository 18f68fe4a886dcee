"""The application as it is served: uploads that are cut off, and its end."""

import contextlib
import io
import threading

import pytest
from photographs import jpeg, noise
from service.desk import HOME, opened, settings, until
from service.wire import heard

from pictrace.errors import IndexLockedError
from pictrace.service.app import Service
from pictrace.service.server import Journal, Server

LAST = b"Host: 127.0.0.1\r\n"


@contextlib.contextmanager
def served(chosen):
    """The service on a free port of this machine."""
    service = Service(chosen)
    server = Server(service, chosen, journal=Journal(io.StringIO()), port=0, stopping=service.stopping)
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: service._shelf is not None and service._shelf.opened())
    try:
        yield server, service
    finally:
        server.stop()
        thread.join(30)
        assert not thread.is_alive()


def connect(server):
    import socket

    return socket.create_connection(server.address, timeout=30)


@pytest.fixture
def line(tmp_path):
    """A service, and what connects to it."""
    with served(settings(tmp_path)) as (server, service):
        yield lambda: connect(server), service._shelf


BODY = b"".join(
    [
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n',
        jpeg(noise(1)),
        b"\r\n--x--\r\n",
    ]
)


@pytest.mark.parametrize("share", [0, 1, 40, 100, len(BODY) // 2, len(BODY) - 1])
@pytest.mark.parametrize(
    ("target", "kind"), [("images", "multipart/form-data; boundary=x"), ("archives", "application/zip")]
)
def test_an_upload_that_is_cut_off_leaves_nothing(line, target, kind, share, tmp_path):
    """No picture, no job, no file, and no room taken."""
    connect_to, shelf = line
    left = shelf.budget._left
    with connect_to() as one:
        head = f"POST {HOME}/{target} HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {len(BODY)}\r\n"
        one.sendall(head.encode() + LAST + b"\r\n" + BODY[:share])
    with connect_to() as other:
        other.sendall(f"GET {HOME} HTTP/1.1\r\nConnection: close\r\n".encode() + LAST + b"\r\n")
        answer = heard(other)

    until(lambda: shelf.budget._left == left)
    until(lambda: not list((tmp_path / "default.pictrace" / "incoming").iterdir()))
    assert b'"pictures":0' in answer
    assert shelf.get("default").jobs.all() == []


def test_a_request_under_way_is_answered_before_the_end(tmp_path, monkeypatch):
    """Though nobody new comes in."""
    begun, go_on = threading.Event(), threading.Event()

    with served(settings(tmp_path)) as (server, service):
        collection = service._shelf.get("default").custody.collection
        get = collection.find

        def slow(sha256):
            begun.set()
            go_on.wait(30)
            return get(sha256)

        monkeypatch.setattr(collection, "find", slow)
        with connect(server) as one:
            head = (
                f"POST {HOME}/images HTTP/1.1\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg(noise(1)))}\r\n"
            )
            one.sendall(head.encode() + LAST + b"\r\n" + jpeg(noise(1)))
            assert begun.wait(30)
            server.stop()
            go_on.set()
            answer = heard(one)

    assert b"HTTP/1.1 201" in answer


def test_a_collection_that_another_service_has_is_refused(tmp_path):
    """`failure` is what the command ends with."""
    chosen = settings(tmp_path)
    with opened(chosen):
        second = Service(chosen)
        with pytest.raises(AssertionError), _opened(second):
            pass

    assert isinstance(second.failure, IndexLockedError)


@contextlib.contextmanager
def _opened(service):
    import asyncio

    from service.desk import alive

    async def begin():
        async with alive(service):
            pass

    asyncio.run(begin())
    yield


def test_what_is_nowhere_is_told_in_a_problem(desk):
    """By address and by method."""
    nowhere, wrong = desk.ask("GET", "/v2/nothing"), desk.ask("PATCH", HOME)

    assert [(one.status_code, one.json()["code"]) for one in (nowhere, wrong)] == [
        (404, "not_found"),
        (405, "method_not_allowed"),
    ]
    assert set(wrong.headers["allow"].split(", ")) == {"GET", "HEAD", "PUT"}
