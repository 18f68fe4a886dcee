"""Who listens where the service may be led to: one server near, one that is every other address there is, and names."""

import contextlib
import ctypes
import os
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset
from fetch.upstream import ALLOWED, Answer, Upstream

FAR = os.environ.get("ATTACKS_FAR", "")
"""The network namespace in which every address is at home, empty where there is none."""

PUBLIC = frozenset({"93.184.216.34", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"})
"""Addresses that the cases use as those of the internet, and that may be asked."""

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET of linux/sched.h
_NAME_SERVER = ("127.0.0.53", 53)

Records = Mapping[str, Callable[[str, int], list[str]]]
"""For a name, what is answered to the n-th question of a kind, `A` or `AAAA`."""


class Canary(Upstream):
    """Listens on every address of its network, and counts who was asked for, by address."""

    address_family = socket.AF_INET6

    def __init__(self, listener: socket.socket, answers: Mapping[str, Answer]) -> None:
        self._listener = listener
        self.places: Counter[str] = Counter()
        super().__init__("", 0, answers)

    def server_bind(self) -> None:
        self.socket.close()
        self.socket = self._listener
        self.server_address = self.socket.getsockname()

    def verify_request(self, request: socket.socket, client_address: object) -> bool:
        self.places[request.getsockname()[0].removeprefix("::ffff:")] += 1
        return True

    @property
    def hits(self) -> int:
        """Connections to addresses that must never be asked."""
        return sum(count for place, count in self.places.items() if place not in PUBLIC | {ALLOWED})

    @hits.setter
    def hits(self, count: int) -> None:
        """What the upstream counts by itself says nothing here."""


def listener(port: int, *, far: bool = False) -> socket.socket:
    """A socket on all addresses, of this network or of the one behind its door."""
    made: list[socket.socket] = []

    def make() -> None:
        if far:
            with Path(FAR).open("rb") as place:
                if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), _NEW_NETWORK):
                    return
        one = socket.socket(socket.AF_INET6)
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("::", port))
        made.append(one)

    # Only this thread goes through the door, and it ends there; the socket stays behind.
    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made[0]


@contextlib.contextmanager
def listening(*sockets: socket.socket, answers: Mapping[str, Answer]) -> Iterator[list[Canary]]:
    """A canary at each socket."""
    with contextlib.ExitStack() as stack:
        canaries = []
        for one in sockets:
            canary = stack.enter_context(Canary(one, answers))
            thread = threading.Thread(target=canary.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            stack.callback(thread.join)
            stack.callback(canary.shutdown)
            stack.callback(canary.over.set)
            canaries.append(canary)
        yield canaries


@contextlib.contextmanager
def answering(records: Records) -> Iterator[None]:
    """A name server with these records, and no answer that may be kept."""
    asked: Counter[tuple[str, str]] = Counter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(_NAME_SERVER)
        thread = threading.Thread(target=_answer, args=(line, records, asked))
        thread.start()
        try:
            yield
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.sendto(b"", _NAME_SERVER)
            thread.join()


def _answer(line: socket.socket, records: Records, asked: "Counter[tuple[str, str]]") -> None:
    while (heard := line.recvfrom(4096))[0]:
        query = dns.message.from_wire(heard[0])
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if kind in {"A", "AAAA"} and name in records:
            asked[name, kind] += 1
            found = records[name](kind, asked[name, kind])
            if found:
                answer.answer.append(dns.rrset.from_text(question.name, 0, "IN", kind, *found))
        line.sendto(answer.to_wire(), heard[1])
