"""`pictrace serve`, as a process of its own."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
from photographs import jpeg, noise

from pictrace.collection import Collection

HEAD = b"Host: 127.0.0.1\r\n\r\n"


@pytest.fixture
def serve(tmp_path):
    """Starts `pictrace serve ARGUMENTS` on a free port; what still runs at the end is killed."""
    begun = []

    def start(*arguments):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        where = ["--collection", str(tmp_path / "c.pictrace"), "--port", str(port)]
        environment = os.environ | {
            "PICTRACE_SERVICE_KEYS": str(tmp_path / "keys.json"),
            "PICTRACE_SERVICE_COLLECTIONS": str(tmp_path / "more"),
            "PICTRACE_WORKERS": "1",
            "PICTRACE_THREADS": "1",
        }
        command = [sys.executable, "-m", "pictrace", "serve", *where, *arguments]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=tmp_path
        )
        begun.append(process)
        return process, port

    yield start
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


def connected(port):
    """A connection to a server that may still be starting."""
    end = time.monotonic() + 30
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port), timeout=30)
        assert time.monotonic() < end


def asked(port, target, method="GET"):
    """Status and body of one request."""
    with connected(port) as line:
        line.sendall(f"{method} {target} HTTP/1.1\r\nConnection: close\r\n".encode() + HEAD)
        raw = b"".join(iter(lambda: line.recv(1 << 16), b""))
    return int(raw.split()[1]), raw.partition(b"\r\n\r\n")[2]


def test_it_serves_and_ends_well(serve, tmp_path):
    """The page and the API; a listener who stays connected holds nothing up."""
    process, port = serve()
    assert asked(port, "/readyz")[0] == 200
    page = asked(port, "/")
    with connected(port) as line:
        line.sendall(b"GET /v1/collections/default/events HTTP/1.1\r\n" + HEAD)
        heard = line.recv(1 << 16)
        process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        code = process.wait(15)
        seconds = time.monotonic() - begun
        rest = b"".join(iter(lambda: line.recv(1 << 16), b""))
    said = process.stdout.read()

    assert (page[0], b"<html" in page[1]) == (200, True)
    assert b"200 OK" in heard
    assert (code, seconds < 10, b"503" in rest) == (0, True, False)
    assert said == f"PicTrace is at http://localhost:{port} (Ctrl-C ends it)\n"


def test_a_second_one_on_the_same_collection_is_refused(serve, tmp_path):
    """It names who has it, and the exit code says that it is locked."""
    first, port = serve()
    assert asked(port, "/readyz")[0] == 200
    second, _ = serve()
    _, error = second.communicate(timeout=60)

    assert second.returncode == 3
    assert re.search(rf"\b{first.pid}\b", error)
    assert socket.gethostname() in error
    assert "Traceback" not in error


def test_who_indexes_beside_it_is_refused(serve, tmp_path):
    """Who reads is not."""
    from pictrace.errors import IndexLockedError

    _, port = serve()
    assert asked(port, "/readyz")[0] == 200
    with Collection(tmp_path / "c.pictrace") as other:
        with pytest.raises(IndexLockedError):
            other.add_image(jpeg(noise(1)))
        assert len(other) == 0


def test_folders_are_indexed_while_it_answers(serve, tmp_path):
    """And those that are not there are told before anything listens."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.jpg").write_bytes(jpeg(noise(1)))
    bad, _ = serve(str(tmp_path / "nowhere"))
    _, error = bad.communicate(timeout=60)
    _, port = serve(str(tmp_path / "pictures"))
    end = time.monotonic() + 60
    while not (jobs := json.loads(asked(port, "/v1/collections/default/jobs")[1])["jobs"])[0]["ended"]:
        assert time.monotonic() < end

    assert (bad.returncode, "nowhere" in error) == (1, True)
    assert (jobs[0]["state"], jobs[0]["added"]) == ("done", 1)


def test_a_port_in_use_is_told(serve):
    """With the exit code of a setting that is refused."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        process, _ = serve("--port", str(other.getsockname()[1]))
        _, error = process.communicate(timeout=60)

    assert process.returncode == 6
    assert "cannot be listened on" in error


def test_other_machines_need_a_key(serve):
    """An address that they reach is not listened on."""
    process, _ = serve("--host", "0.0.0.0")  # noqa: S104 - it is refused
    _, error = process.communicate(timeout=60)

    assert process.returncode == 6
    assert "there is no key" in error
