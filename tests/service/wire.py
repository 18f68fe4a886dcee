"""A real server on a free port of this machine, and clients that write to it byte by byte."""

import contextlib
import io
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from service.guarded import House, alive, echo

from pictrace.service.guard import Record
from pictrace.service.server import Journal, Server
from pictrace.settings import ServicePolicy, Settings

SECONDS = 10.0
"""After which a test has failed; nothing waits for that long otherwise."""


@dataclass
class Heard:
    """Everything that came until the server closed the connection."""

    raw: bytes
    seconds: float

    @property
    def statuses(self) -> list[int]:
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", self.raw)]

    @property
    def code(self) -> str:
        """The code of the problem that came last."""
        return json.loads(self.raw.rpartition(b"\r\n\r\n")[2])["code"]


@dataclass
class Running:
    """A server that runs."""

    server: Server
    records: list[Record]
    stream: io.StringIO

    def connect(self) -> socket.socket:
        made = socket.create_connection(self.server.address, timeout=SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def hears(self, *parts: bytes) -> Heard:
        """What comes back for these parts, until the server closes the connection."""
        with self.connect() as line:
            begun = time.monotonic()
            with contextlib.suppress(ConnectionError):
                for part in parts:
                    line.sendall(part)
            return Heard(heard(line), time.monotonic() - begun)


def heard(line: socket.socket) -> bytes:
    """All that comes until the other side closes; a connection that stays open fails the test."""
    found = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while part := line.recv(1 << 16):
            found += part
    return bytes(found)


@contextlib.contextmanager
def running(house: House, app: Any = echo, **settings: Any) -> Iterator[Running]:
    """A guarded application, served with these settings."""
    policy = ServicePolicy(**settings, keys=str(house.path))
    stream = io.StringIO()
    guard = house.asker(alive(app), **settings).app
    server = Server(guard, Settings(service=policy), journal=Journal(stream), watchers=[house.records.append], port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Running(server, house.records, stream)
    finally:
        server.stop()
        thread.join(SECONDS)
        assert not thread.is_alive()
