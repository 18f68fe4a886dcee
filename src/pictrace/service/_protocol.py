"""The server's side of a connection: slow, silent, unclear and too many clients are shown the door."""

import asyncio
import ipaddress
import json
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, cast

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from pictrace.errors import (
    BadRequestError,
    HeadersTooLargeError,
    OverloadedError,
    RequestTimeoutError,
    ServiceError,
    TooManyInFlightError,
)
from pictrace.service import _scope
from pictrace.service._framing import StrictConnection
from pictrace.service._line import Line
from pictrace.service.guard import HEADERS, Record
from pictrace.service.problems import Problem
from pictrace.settings import ServicePolicy


def protocol(policy: ServicePolicy, watchers: Sequence[Callable[[Record], object]]) -> type[H11Protocol]:
    """What uvicorn is given as `http`: a protocol with these limits, which tells the watchers of what it refuses."""
    made = {"policy": policy, "watchers": tuple(watchers), "counts": Counter[str]()}
    return type("Protocol", (GuardedProtocol,), made)


class GuardedProtocol(H11Protocol):
    """uvicorn's protocol with deadlines for heads and answers, bounds for connections, and strict framing."""

    policy: ClassVar[ServicePolicy]
    watchers: ClassVar[tuple[Callable[[Record], object], ...]]
    counts: ClassVar[Counter[str]]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.conn: StrictConnection = StrictConnection(header_bytes=self.policy.header_bytes)
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._counted = ""
        self._is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        line = Line(transport, must_linger=self._may_be_sending)
        super().connection_made(cast("asyncio.Transport", line))
        many = len(self.connections)
        if many > self.policy.connections:
            self._is_refused = many <= 2 * self.policy.connections  # a flood is not waited for
            self._refuse(OverloadedError("there are too many connections"))
        elif self._are_too_many():
            self._is_refused = True
            self._refuse(TooManyInFlightError("there are too many connections from this address"))
        else:
            self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_head_timer()
        self._stop_write_timer()
        cast("Line", self.transport).end()
        if self._counted:
            self.counts[self._counted] -= 1
            if not self.counts[self._counted]:
                del self.counts[self._counted]

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._is_waiting():
            self._start_head_timer()
            return
        self._stop_head_timer()
        if not self.flow.write_paused:
            self._stop_write_timer()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_write_timer()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_write_timer()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._start_write_timer()
        if self._is_waiting() and self.conn.trailing_data[0]:
            self._start_head_timer()

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn while it handles what h11 raised."""
        del msg
        status = getattr(sys.exception(), "error_status_hint", 400)
        limit = self.policy.header_bytes
        other = (
            HeadersTooLargeError(f"the headers have more than {limit} bytes")
            if status == 431
            else BadRequestError("this is no HTTP/1.1")
        )
        self._refuse(self.conn.refusal or other)

    def shutdown(self) -> None:
        if self._is_waiting():
            self.transport.close()
        else:
            self.cycle.keep_alive = False

    def timeout_keep_alive_handler(self) -> None:
        self.transport.close()

    def _are_too_many(self) -> bool:
        """Counts the connection, unless it is a proxy's or of this machine itself; whether that is one too many."""
        address = self.client[0] if self.client else _scope.NOBODY
        proxies = [ipaddress.ip_network(text) for text in self.policy.trusted_proxies]
        is_free = address == _scope.NOBODY or (_scope.is_loopback(address) and not self.policy.limit_loopback)
        if is_free or _scope.is_within(ipaddress.ip_address(address), proxies):
            return False
        self._counted = _scope.network(address)
        self.counts[self._counted] += 1
        return self.counts[self._counted] > self.policy.connections_per_ip

    def _is_waiting(self) -> bool:
        """Whether the next request is not there yet."""
        return self.cycle is None or self.cycle.response_complete

    def _may_be_sending(self) -> bool:
        return self._is_refused or self.conn.their_state in {h11.SEND_BODY, h11.ERROR}

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.transport.is_closing() or not self._is_waiting():
            return
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._is_refused = True
            seconds = self.policy.header_seconds
            self._refuse(RequestTimeoutError(f"the headers were not complete after {seconds:g} seconds"))
        else:
            self.transport.abort()

    def _refuse(self, error: ServiceError) -> None:
        """Answers with a problem, if no answer has begun, and closes the connection."""
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.abort()
            return
        is_told, number = not self._is_waiting(), str(uuid.uuid4())
        if is_told:
            # The guard tells of this request, by the name that the client is told here.
            number = self.cycle.scope.setdefault("state", {}).setdefault("request_id", number)
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        problem = Problem.of(error, request_id=number)
        content = json.dumps(problem.to_dict()).encode("ascii")
        own = {"x-request-id": problem.request_id, "content-length": str(len(content)), "connection": "close"}
        headers = list((HEADERS | problem.headers() | own).items())
        answer = h11.Response(status_code=problem.status, headers=headers, reason=STATUS_PHRASES[problem.status])
        sent = [self.conn.send(event) for event in (answer, h11.Data(data=content), h11.EndOfMessage())]
        self.transport.write(b"".join(part or b"" for part in sent))
        self.transport.close()
        if not is_told:
            self._tell(problem)

    def _tell(self, problem: Problem) -> None:
        client = self.client[0] if self.client else _scope.NOBODY
        record = Record("", "", problem.status, problem.code, 0.0, problem.request_id, "", client)
        for watcher in self.watchers:
            watcher(record)

    def _start_write_timer(self) -> None:
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(self.policy.write_seconds, self._write_is_late)

    def _write_is_late(self) -> None:
        self._write_timer = None
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def _start_head_timer(self) -> None:
        if self._head_timer is None and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(self.policy.header_seconds, self._head_is_late)

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
