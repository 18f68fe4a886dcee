"""The guard before the application: every request passes it before a byte of its body is read."""

import asyncio
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pictrace.errors import PictraceError, ShuttingDownError
from pictrace.service._body import Body, check_length
from pictrace.service._browser import LOOPBACK, bracketed, check_host, check_origin
from pictrace.service._callers import Admission, Caller
from pictrace.service._rules import Rule, Rules
from pictrace.service._scope import has_body, is_json, values
from pictrace.service._target import check_headers, check_target
from pictrace.service.keys import KeyStore
from pictrace.service.problems import Problem
from pictrace.service.sessions import Sessions
from pictrace.settings import ServicePolicy

__all__ = ["GONE", "HEADERS", "Caller", "Guard", "Record", "Rule", "answer_problem"]

HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
"""What every answer carries, unless the application has set it otherwise."""

GONE = 499
"""The status in records of requests whose client went away; nobody is sent it."""

_NEVER = frozenset({b"server", b"x-powered-by"})
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


@dataclass(frozen=True)
class Record:
    """What is told of a request once it is over; `route` is a template, and empty where there is none.

    `code` is that of the problem it was answered with, `bug` an exception that nobody foresaw.
    """

    method: str
    route: str
    status: int
    code: str
    seconds: float
    request_id: str
    key_id: str
    client: str
    bug: Exception | None = None


@dataclass
class _Exchange:
    """One request on its way through, and what was answered so far."""

    scope: Scope
    send: Send
    body: Body
    request_id: str
    begun: float
    status: int = 0
    route: str = ""
    caller: Caller | None = None
    bug: Exception | None = None
    is_refused: bool = False

    async def answer(self, message: Message) -> None:
        """The `send` of the application; once the body was refused, that refusal is the answer."""
        if self.is_refused:
            return
        if message["type"] == "http.response.start":
            if self.body.refusal is not None:
                await self.refuse(self.body.refusal)
                return
            self.status = message["status"]
            message = {**message, "headers": self._guarded(message.get("headers", []))}
        await self.send(message)

    async def refuse(self, error: PictraceError) -> None:
        """Answers with a problem."""
        self.is_refused = True
        start, rest = _answered(self.scope, error, self.request_id)
        self.status = start["status"]
        await self.send({**start, "headers": self._guarded(start["headers"])})
        await self.send(rest)

    def _guarded(self, headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        kept = [(name, value) for name, value in headers if name.lower() not in _NEVER]
        there = {name.lower() for name, _ in kept}
        wanted = HEADERS | {"x-request-id": self.request_id}
        if has_body(self.scope) and not self.body.is_complete:
            wanted |= {"connection": "close"}  # the rest of the body is not waited for
        added = [(name.encode("ascii"), value.encode("ascii")) for name, value in wanted.items()]
        return kept + [(name, value) for name, value in added if name not in there]


class Guard:
    """An ASGI application before another: refuses what must not reach it, and tells `watchers` of every request.

    Args:
        app: what is guarded; it finds `request_id`, `caller`, `is_secure` and `sessions` in `request.state`.
        rules: right, cost and length for each method and route template, in the order of the routes; what is
            not among them is answered with 404 or 405 and never reaches the application.
        policy: the settings of the service; with a `host` other than this machine nothing is open without a key.
        keys: the store of keys.
        watchers: called with the `Record` of each request, once it is over.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        rules: Mapping[tuple[str, str], Rule],
        policy: ServicePolicy,
        keys: KeyStore,
        watchers: Sequence[Callable[[Record], object]] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._rules = Rules(rules)
        self._policy = policy
        self._sessions = Sessions()
        self._admission = Admission(policy, keys, sessions=self._sessions, clock=clock)
        self._hosts = LOOPBACK | {bracketed(name) for name in (policy.host, *policy.hosts)}
        self._watchers = tuple(watchers)
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the life of the application; web sockets are refused."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            await self._exchange(scope, receive, send)

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = Body(receive, limit=self._policy.body_bytes, policy=self._policy)
        exchange = _Exchange(scope, send, body, _request_id(scope), self._clock())
        given = {"request_id": exchange.request_id, "sessions": self._sessions}
        scope["state"] = scope.get("state", {}) | given
        try:
            self._admit(exchange, receive)
            await self._app(scope, exchange.body.receive, exchange.answer)
            if not exchange.status:
                await self._ended(exchange, PictraceError("there was no answer"))
        except asyncio.CancelledError:
            # So end requests that are still here when the service has waited long enough for them.
            if not exchange.status:
                await exchange.refuse(ShuttingDownError("the service is about to stop", hint="ask again"))
            raise
        except PictraceError as error:
            await self._ended(exchange, error)
        except Exception as error:  # noqa: BLE001 - the edge: nothing may end without an answer and a record
            exchange.bug = None if exchange.body.is_gone or exchange.body.refusal else error
            await self._ended(exchange, PictraceError("something went wrong"))
        finally:
            self._tell(exchange)

    def _admit(self, exchange: _Exchange, receive: Receive) -> None:
        """Everything that is decided before the body."""
        scope, policy = exchange.scope, self._policy
        check_host(scope, self._hosts)
        check_target(scope, policy)
        length = check_headers(scope, policy)
        check_origin(scope)
        found = self._rules.found(scope["method"], scope["path"])
        exchange.route, rule = found.route, found.rule
        caller = self._admission.caller(scope, needs_key=bool(rule.right))
        exchange.caller = scope["state"]["caller"] = caller
        scope["state"]["is_secure"] = self._admission.is_secure(scope)
        is_upload = has_body(scope) and not is_json(scope)
        caller.spend(rule.upload_cost if is_upload and rule.cost else rule.cost)
        if found.refusal is not None:
            raise found.refusal
        caller.require(rule.right)
        limit = rule.upload_bytes or policy.body_bytes if is_upload else policy.json_bytes
        check_length(length, limit)
        exchange.body = Body(receive, limit=limit, policy=policy)

    async def _ended(self, exchange: _Exchange, error: PictraceError) -> None:
        if exchange.body.is_gone:
            exchange.status = exchange.status or GONE
        elif not exchange.status:
            await exchange.refuse(exchange.body.refusal or error)
        elif not exchange.is_refused:
            # The answer has begun and cannot be taken back: the server closes the connection.
            raise error

    def _tell(self, exchange: _Exchange) -> None:
        record = Record(
            method=exchange.scope["method"],
            route=exchange.route,
            status=exchange.status or GONE,
            code=exchange.scope["state"].get("code", ""),
            seconds=self._clock() - exchange.begun,
            request_id=exchange.request_id,
            key_id=exchange.caller.key_id if exchange.caller else "",
            client=self._admission.address(exchange.scope),
            bug=exchange.bug,
        )
        for watcher in self._watchers:
            watcher(record)


async def answer_problem(scope: Scope, send: Send, error: PictraceError) -> None:
    """Answers a request with the problem that an error becomes, from anywhere behind the guard."""
    for message in _answered(scope, error, scope["state"]["request_id"]):
        await send(message)


def _answered(scope: Scope, error: PictraceError, request_id: str) -> tuple[Message, Message]:
    """The two messages of a problem; its code is left in `state` for the record."""
    problem = Problem.of(error, request_id=request_id)
    scope["state"]["code"] = problem.code
    content = json.dumps(problem.to_dict()).encode("ascii")
    headers = problem.headers() | {"content-length": str(len(content))}
    start = {
        "type": "http.response.start",
        "status": problem.status,
        "headers": [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()],
    }
    return start, {"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content}


def _request_id(scope: Scope) -> str:
    """That of a request which the protocol has refused meanwhile, the client's own if it is a UUID, else a new one."""
    named: str = scope.get("state", {}).get("request_id", "")
    if named:
        return named
    given = values(scope, "x-request-id")
    return given[0].lower() if len(given) == 1 and _UUID.fullmatch(given[0]) else str(uuid.uuid4())
