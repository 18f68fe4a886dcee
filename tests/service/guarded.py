"""Applications behind a guard, which say what reached them, and their file of keys."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.asgi import Asker

from pictrace.errors import PictraceError
from pictrace.service import keys
from pictrace.service.guard import Guard, Record, Rule, answer_problem
from pictrace.service.keys import KeyStore
from pictrace.settings import ServicePolicy

RULES = {
    ("GET", "/healthz"): Rule(right="", cost=0),
    ("GET", "/v1/things"): Rule(right="search"),
    ("POST", "/v1/things"): Rule(right="search"),
    ("GET", "/v1/things/{id}"): Rule(right="search"),
    ("DELETE", "/v1/things/{id}"): Rule(right="delete"),
    ("POST", "/v1/archives"): Rule(right="index", upload_bytes=3000),
    ("POST", "/v1/fetches"): Rule(right="search", cost=0),
    ("GET", "/metrics"): Rule(),
}


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body, then says how long it was."""
    count = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ConnectionError(message)
        count += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    headers = [(b"server", b"echo/1"), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": str(count).encode()})


def alive(app: Any) -> Any:
    """The application, which also starts and stops when a server tells it."""

    async def both(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await app(scope, receive, send)
            return
        while True:
            said = (await receive())["type"]
            await send({"type": f"{said}.complete"})
            if said == "lifespan.shutdown":
                return

    return both


async def fetching(scope: Any, receive: Any, send: Any) -> None:
    """Finds out from the body that there is a URL to fetch."""
    try:
        scope["state"]["caller"].require("fetch")
        scope["state"]["caller"].spend(5, fetches=1)
    except PictraceError as error:
        await answer_problem(scope, send, error)
    else:
        await echo(scope, receive, send)


@dataclass
class House:
    """Makes guarded applications; `time` is their clock, `records` is what they told."""

    path: Path
    time: float = 1000.0
    records: list[Record] = field(default_factory=list)

    def asker(self, app: Any = echo, *, client: str = "127.0.0.1", **settings: Any) -> Asker:
        """An application behind a guard with these settings."""
        guard = Guard(
            app,
            rules=RULES,
            policy=ServicePolicy(**settings),
            keys=KeyStore(self.path, check_seconds=0.0),
            watchers=[self.records.append],
            clock=lambda: self.time,
        )
        return Asker(guard, client=client)

    def key(self, *rights: str) -> list[tuple[str, str]]:
        """The header with a new key."""
        return [("X-API-Key", keys.add(self.path, "one", rights=rights)[1])]
