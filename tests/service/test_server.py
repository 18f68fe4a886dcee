"""Where the service listens, whom it lets in, and how it stops."""

import asyncio
import contextlib
import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest
from service.guarded import echo
from service.wire import Heard, heard, running

from pictrace.errors import ConfigurationError
from pictrace.service import keys
from pictrace.service.server import Journal, Server, check_is_closed, listening, serve
from pictrace.settings import ServicePolicy, Settings

HEAD = b"Host: 127.0.0.1\r\n\r\n"
LAST = b"GET /v1/things HTTP/1.1\r\nConnection: close\r\n" + HEAD


def settings(house, **service) -> Settings:
    """With the empty file of keys."""
    return Settings(service=ServicePolicy(keys=str(house.path), **service))


@pytest.mark.parametrize("host", ["::", "192.0.2.1", "pictures.example"])
def test_other_machines_do_not_come_in_without_a_key(house, host):
    """The service does not even start."""
    with pytest.raises(ConfigurationError, match="there is no key") as caught:
        check_is_closed(settings(house, host=host))

    assert caught.value.exit_code == 6


def test_a_key_that_cannot_be_used_is_none(house):
    """Nobody could come in."""
    key, _ = keys.add(house.path, "one", rights=["search"])
    keys.revoke(house.path, key.id)

    with pytest.raises(ConfigurationError, match="there is no key"):
        check_is_closed(settings(house, host="::"))


@pytest.mark.parametrize(
    "service",
    [{"host": "127.0.0.1"}, {"host": "::1"}, {"host": "localhost"}, {"host": "::", "insecure_no_auth": True}],
)
def test_ones_own_machine_needs_no_key(house, service):
    """Nor does everybody, if that is wanted."""
    check_is_closed(settings(house, **service))


def test_with_a_key_it_may_be_reached_from_everywhere(house):
    """That is what keys are for."""
    keys.add(house.path, "one", rights=["search"])

    check_is_closed(settings(house, host="::"))


def test_a_port_in_use_is_told(house):
    """In one clear error, and no socket is left behind."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"port {port} of 127\.0\.0\.1 .*: address already"):
            Server(echo, settings(house), journal=Journal(io.StringIO()), port=port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "a\x00b", "é" * 100])
def test_an_address_that_is_not_here_is_told(host):
    """As a setting that does not fit."""
    with pytest.raises(ConfigurationError, match="cannot be listened on"):
        listening(host, 0)


def test_an_application_that_does_not_start_is_told(house):
    """Instead of an exit code that means something else."""

    async def broken(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    stream = io.StringIO()

    with pytest.raises(ConfigurationError, match="the service does not start"):
        serve(broken, settings(house, port=port), journal=Journal(stream))
    assert '"said": "no"' in stream.getvalue()


def test_the_url_is_what_a_browser_opens(house):
    """With the port that was free."""
    server = Server(echo, settings(house), journal=Journal(io.StringIO()), port=0)
    host, port = server.address
    server._socket.close()

    assert (host, server.url) == ("127.0.0.1", f"http://127.0.0.1:{port}")


def test_requests_end_before_the_service_does(house):
    """They have some seconds for it, and nobody new comes in."""
    begun, go_on = threading.Event(), threading.Event()

    async def slow(scope, receive, send):
        begun.set()
        await asyncio.to_thread(go_on.wait, 10)
        await echo(scope, receive, send)

    with running(house, slow) as server, server.connect() as line:
        line.sendall(b"GET /v1/things HTTP/1.1\r\n" + HEAD)
        begun.wait(10)
        server.server.stop()
        _refused(server.server.address)
        go_on.set()
        answer = heard(line)

    assert Heard(answer, 0).statuses == [200]


def test_requests_that_do_not_end_are_ended(house):
    """With an answer that says so."""
    begun = threading.Event()

    async def endless(scope, receive, send):
        begun.set()
        await asyncio.sleep(3600)

    with running(house, endless, graceful_seconds=0.1) as server, server.connect() as line:
        line.sendall(b"GET /v1/things HTTP/1.1\r\n" + HEAD)
        begun.wait(10)
        server.server.stop()
        answer = Heard(heard(line), 0)

    assert (answer.statuses, answer.code) == ([503], "shutting_down")


def test_idle_connections_do_not_hold_it_up(house):
    """Whether they were ever used or are half a request."""
    with running(house) as server, server.connect() as silent, server.connect() as half:
        half.sendall(b"GET /v1")
        server.server.stop()

        assert Heard(heard(silent), 0).statuses == []
        assert Heard(heard(half), 0).statuses == []


PROGRAM = """
import sys
from service.guarded import alive, echo
from pictrace.service.server import Journal, Server
from pictrace.settings import load

server = Server(alive(echo), load(), journal=Journal(sys.stderr), port=0)
print(server.address[1], flush=True)
server.run()
print("stopped")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_well(tmp_path, number):
    """With exit code 0, and what comes after it is still done."""
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PICTRACE_SERVICE_KEYS": str(tmp_path / "k")}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, env=variables) as process:
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            line.sendall(LAST)
            answer = heard(line)
        process.send_signal(number)
        rest = process.communicate(timeout=20)[0]

    assert Heard(answer, 0).statuses == [200]
    assert (process.returncode, rest) == (0, "stopped\n")


def test_what_is_logged_while_it_runs_is_lines_of_json(house):
    """Tracebacks of other parts too: whoever reads the log reads nothing else."""

    async def odd(scope, receive, send):
        try:
            _ = 1 / 0
        except ZeroDivisionError:
            logging.getLogger("anybody").exception("a job failed")
            logging.getLogger("python_multipart.multipart").warning("a form was odd")
        await echo(scope, receive, send)

    with running(house, odd) as server:
        server.hears(LAST)
    said = [json.loads(line) for line in server.stream.getvalue().splitlines()]

    assert [line["said"] for line in said if "said" in line] == ["a job failed"]
    assert "ZeroDivisionError" in said[0]["trace"]


def test_what_uvicorn_says_of_requests_is_not_said_twice(house):
    """Each has its line already; other loggers are left as they were."""

    async def broken(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ZeroDivisionError

    with running(house, broken) as server:
        server.hears(LAST)
        server.hears(b"x\n\n")

    assert [json.loads(line)["event"] for line in server.stream.getvalue().splitlines()] == ["request"]
    assert [record.status for record in server.records] == [200, 400]


def _refused(address) -> None:
    """Comes back once nobody listens there."""
    with contextlib.suppress(ConnectionRefusedError):
        while True:
            socket.create_connection(address, timeout=10).close()
            threading.Event().wait(0.01)
