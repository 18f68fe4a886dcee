"""The whole service in this process: its life runs on a loop of its own, and requests come as a browser's would."""

import asyncio
import contextlib
import json
import math
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from photographs import FOLDER

from pictrace.service.app import Service
from pictrace.service.shelf import Held, Shelf
from pictrace.settings import Limits, ServicePolicy, Settings

HOME = "/v1/collections/default"
PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png")
ZIP = {"content-type": "application/zip"}
SECONDS = 30.0
"""After which a test has failed; nothing waits for that long otherwise."""

PATIENCE = 180.0
"""The same for jobs whose processes let all others compute first, as those that look for duplicates."""


@dataclass
class Desk:
    """A service that runs, and somebody who asks it; `client` is httpx's, on the loop of the service."""

    service: Service
    client: httpx.AsyncClient
    loop: asyncio.AbstractEventLoop

    @property
    def shelf(self) -> Shelf:
        return self.service._shelf

    @property
    def held(self) -> Held:
        """The default collection."""
        return self.shelf.get("default")

    def ask(self, method: str, target: str, **given: Any) -> httpx.Response:
        return self.wait(self.client.request(method, target, **given))

    def get(self, target: str = "", **given: Any) -> httpx.Response:
        return self.ask("GET", HOME + target, **given)

    def post(self, target: str, **given: Any) -> httpx.Response:
        return self.ask("POST", HOME + target, **given)

    def delete(self, target: str, **given: Any) -> httpx.Response:
        return self.ask("DELETE", HOME + target, **given)

    def add(self, data: bytes, name: str = "", **fields: str) -> dict[str, Any]:
        """The record of a picture that was uploaded."""
        answer = self.post("/images", files={"image": (name or "one.jpg", data)}, data=fields)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def listens(
        self,
        target: str,
        enough: Callable[[str], bool],
        act: Callable[[int], object] = lambda told: None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> list[tuple[str, Any]]:
        """The events heard until they are enough, and then the listener goes; `act` is told how many there are."""

        def is_enough(parts: list[bytes]) -> bool:
            act(len(parts))
            return enough(b"".join(parts).decode())

        parts = self.wait(_taken(self.service, _scope(target, headers or {}), is_enough))
        return events_of(b"".join(parts).decode())

    def blocks(self, target: str, *, most: float = math.inf) -> list[bytes]:
        """What an answer is sent in, until there are `most` of it and the client goes."""
        return self.wait(_taken(self.service, _scope(target, {}), lambda parts: len(parts) >= most))

    def wait(self, what: Any) -> Any:
        """What a coroutine gives, run beside the service."""
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(SECONDS)

    def ended(self, number: str, *, seconds: float = SECONDS) -> dict[str, Any]:
        """The job once it has ended."""
        jobs = self.held.jobs
        until(lambda: jobs.get(number).state in {"done", "failed", "cancelled"}, seconds=seconds)
        return self.get(f"/jobs/{number}").json()


def until(is_so: Callable[[], object], *, seconds: float = SECONDS) -> None:
    """Waits for what another thread does."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        threading.Event().wait(0.005)


def settings(folder: Path, *, limits: Limits | None = None, **others: Any) -> Settings:
    """One worker, and everything in a folder; `service` is a mapping, other settings are as they are."""
    service = {"keys": str(folder / "keys.json"), "collections": str(folder / "more"), "free_bytes": 1}
    service |= others.pop("service", {})
    return Settings(
        collection=str(folder / "default.pictrace"),
        workers=1,
        threads=1,
        service=ServicePolicy(**service),
        limits=limits or Limits(),
        **others,
    )


@contextlib.contextmanager
def opened(chosen: Settings, *, folders: Sequence[str] = ()) -> Iterator[Desk]:
    """A service with these settings, alive inside the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    service = Service(chosen, folders=folders)
    transport = httpx.ASGITransport(service, raise_app_exceptions=False, client=("127.0.0.1", 50000))
    client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:5000", timeout=SECONDS)
    desk = Desk(service, client, loop)
    life = contextlib.AsyncExitStack()
    try:
        desk.wait(life.enter_async_context(alive(service)))
        yield desk
        desk.wait(life.aclose())
    finally:
        desk.wait(client.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(SECONDS)
        loop.close()


@contextlib.asynccontextmanager
async def alive(service: Service) -> AsyncIterator[None]:
    """The life of an application, which httpx does not run."""
    orders: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    told: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    life = asyncio.create_task(service({"type": "lifespan", "state": {}}, orders.get, told.put))
    await orders.put({"type": "lifespan.startup"})
    begun = await told.get()
    assert begun["type"] == "lifespan.startup.complete", service.failure
    try:
        yield
    finally:
        await orders.put({"type": "lifespan.shutdown"})
        await life


def _scope(target: str, headers: Mapping[str, str]) -> dict[str, Any]:
    named = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": target,
        "raw_path": target.encode(),
        "query_string": b"",
        "headers": [*named, (b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 5000),
    }


async def _taken(service: Service, scope: dict[str, Any], is_enough: Callable[[list[bytes]], bool]) -> list[bytes]:
    """The parts of an answer's body, until they are enough and the client goes."""
    gone = asyncio.Event()
    parts: list[bytes] = []
    first = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in first:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if part := message.get("body"):
            parts.append(part)
            if await asyncio.to_thread(is_enough, parts):
                gone.set()

    await service(scope, receive, send)
    return parts


def events_of(text: str) -> list[tuple[str, Any]]:
    """Names and data of Server-Sent Events."""
    blocks = [block.split("\n") for block in text.split("\n\n") if block and not block.startswith(":")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def fill(desk: Desk) -> None:
    """`PHOTOS` are there, with ids 1 to 3."""
    for name in PHOTOS:
        desk.add((FOLDER / name).read_bytes(), name)
