"""Requests to an ASGI application in this process, byte for byte as a server would pass them on."""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Headers = Sequence[tuple[str, str]]


@dataclass
class Reply:
    """What an application answered, and how many parts of the body it asked for."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    parts_read: int = 0

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem, `ok` for anything that is none."""
        is_problem = self.header("content-type") == "application/problem+json"
        return self.json["code"] if is_problem else "ok"

    def header(self, name: str) -> str | None:
        """The only value of a header."""
        found = [value for key, value in self.headers if key == name]
        assert len(found) < 2
        return found[0] if found else None


@dataclass
class Asker:
    """Asks one application; whatever is not said is as curl on this machine would have it."""

    app: Callable[..., Any]
    client: str = "127.0.0.1"
    server: str = "127.0.0.1"
    host: str = "127.0.0.1:5000"

    def get(self, target: str = "/v1/things", headers: Headers = (), **others: Any) -> Reply:
        return self.ask("GET", target, headers, **others)

    def post(
        self, target: str = "/v1/things", headers: Headers = (), body: Iterable[bytes] = (), **others: Any
    ) -> Reply:
        return self.ask("POST", target, headers, body=body, **others)

    def ask(
        self, method: str, target: str, headers: Headers = (), *, body: Iterable[bytes] = (), pause: float = 0
    ) -> Reply:
        """One request; its body comes in these parts, each `pause` seconds after the one before, and then stops
        unless the last part is empty.
        """
        return asyncio.run(self._ask(method, target, headers, list(body) or [b""], pause))

    async def _ask(self, method: str, target: str, headers: Headers, parts: list[bytes], pause: float) -> Reply:
        path, _, query = target.partition("?")
        given = [(name.lower(), value) for name, value in headers]
        named = given if any(name == "host" for name, _ in given) else [("host", self.host), *given]
        reply = Reply()

        async def receive() -> dict[str, Any]:
            if reply.parts_read == len(parts):
                await asyncio.sleep(3600)
            if reply.parts_read:
                await asyncio.sleep(pause)
            part = parts[reply.parts_read]
            reply.parts_read += 1
            if part == b"GONE":
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": part, "more_body": bool(part)}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                reply.status = message["status"]
                reply.headers = [(name.decode(), value.decode()) for name, value in message["headers"]]
            else:
                reply.body += message.get("body", b"")

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "headers": [
                (name.encode("latin-1"), value.encode("latin-1")) for name, value in named if value is not None
            ],
            "client": (self.client, 50000),
            "server": (self.server, 5000),
        }
        await self.app(scope, receive, send)
        return reply
