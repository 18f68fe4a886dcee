"""A server on loopback that answers as it is told, byte for byte, and remembers what it was asked."""

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from pictrace.settings import FetchPolicy

ALLOWED = "127.0.0.3"
"""What the policy of these tests lets through; everything else of this machine is refused."""

Answer = bytes | Callable[["Upstream", "socketserver.StreamRequestHandler"], None]


def ok(body: bytes = b"picture", *headers: str) -> bytes:
    """A plain answer."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", "Content-Type: image/jpeg", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def moved(place: str, status: int = 302) -> bytes:
    """An answer that sends on."""
    return f"HTTP/1.1 {status} Moved\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()


class Upstream(socketserver.ThreadingTCPServer):
    """Answers by path; `hits` counts connections, `heads` holds what was asked.

    `peak` is the most at a time, each from its coming until it is answered: a client may hang up, and come again,
    before this side hears of the end.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: str, port: int, answers: Mapping[str, Answer]) -> None:
        self.answers = answers
        self.heads: list[str] = []
        self.hits = self.busy = self.peak = 0
        self.counting = threading.Lock()
        self.over = threading.Event()
        super().__init__((address, port), _Handler)

    @property
    def port(self) -> int:
        return self.server_address[1]

    @property
    def paths(self) -> list[str]:
        return [head.split()[1] for head in self.heads]

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what these tests are about."""


class _Handler(socketserver.StreamRequestHandler):
    server: Upstream

    def handle(self) -> None:
        with self.server.counting:
            self.server.hits += 1
            self.server.busy += 1
            self.server.peak = max(self.server.peak, self.server.busy)
        self.answers = False
        write = self.wfile.write
        self.wfile.write = lambda data: self._leave() or write(data)
        try:
            self._answer()
        finally:
            self._leave()

    def _leave(self) -> None:
        with self.server.counting:
            self.server.busy -= not self.answers
            self.answers = True

    def _answer(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n") and (line := self.rfile.readline()):
            head += line
        if not head:
            return
        with self.server.counting:
            self.server.heads.append(head.decode("latin-1"))
        answer = self.server.answers.get(head.split()[1].decode("latin-1"), b"HTTP/1.1 404 Gone\r\n\r\nsecret")
        if callable(answer):
            answer(self.server, self)
        else:
            self.wfile.write(answer)


@contextmanager
def serving(answers: Mapping[str, Answer], address: str = ALLOWED, port: int = 0) -> Iterator[Upstream]:
    """A server that is up, and gone at the end."""
    with Upstream(address, port, answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


def policy(*servers: Upstream, **limits: object) -> FetchPolicy:
    """Lets the one address through, on the ports of these servers."""
    ports = tuple(server.port for server in servers)
    return FetchPolicy(allow_networks=(f"{ALLOWED}/32",), allow_ports=ports, **limits)
