"""A real service on a free port of this machine, and visitors who open its page in Chromium."""

import contextlib
import io
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from photographs import FOLDER, jpeg, photo
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from pictrace.service.app import Service
from pictrace.service.server import Journal, Server
from pictrace.settings import FetchPolicy, ServicePolicy, Settings

SECONDS = 20.0
"""After which something that does not happen has failed; nothing waits for that long otherwise."""

VIOLATIONS = "addEventListener('securitypolicyviolation', (one) => console.error('policy:', one.violatedDirective));"

expect.set_options(timeout=SECONDS * 1000)


@dataclass
class Running:
    """A service that runs, until it is stopped; `start` lets it run again, at the same address."""

    place: Path
    folders: Sequence[str] = ()
    fetch: FetchPolicy = field(default_factory=FetchPolicy)
    port: int = 0
    plugins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        policy = ServicePolicy(
            keys=str(self.keys), collections=str(self.place / "others"), graceful_seconds=2.0, keep_alive_seconds=1.0
        )
        collection = str(self.place / "default.pictrace")
        self.settings = Settings(
            collection=collection, workers=1, threads=1, plugins=self.plugins, fetch=self.fetch, service=policy
        )

    @property
    def keys(self) -> Path:
        return self.place / "keys.json"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        service = Service(self.settings, folders=self.folders)
        journal = Journal(io.StringIO())
        self._server = Server(service, self.settings, journal=journal, port=self.port, stopping=service.stopping)
        self.port = self._server.address[1]
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()

    def stop(self) -> None:
        self._server.stop()
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()


@contextlib.contextmanager
def running(place: Path, **more: Any) -> Iterator[Running]:
    """A service with a collection of its own in a folder."""
    place.mkdir(parents=True, exist_ok=True)
    made = Running(place, **more)
    made.start()
    try:
        yield made
    finally:
        made.stop()


@dataclass
class Visitor:
    """Opens pages and keeps what they complain of; `allowed` are statuses that a story is about."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    allowed: set[int] = field(default_factory=set)
    contexts: list[BrowserContext] = field(default_factory=list)

    def opens(self, service: Running, address: str = "#/", **options: Any) -> Page:
        """A page of a service, in a browser that has never been there."""
        told = {"locale": "en-US", "viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        context = self.browser.new_context(**told)
        self.contexts.append(context)
        context.set_default_timeout(SECONDS * 1000)
        context.add_init_script(VIOLATIONS)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("response", self._look)
        page.goto(service.url + address)
        return page

    def _hear(self, kind: str, text: str) -> None:
        # What was refused or could not be reached is looked at as an answer, with its address.
        if kind in {"error", "warning"} and "Failed to load resource" not in text:
            self.complaints.append(text)

    def _look(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.complaints.append(f"{response.status} {response.url}")


def heading(page: Page, text: str) -> None:
    """Waits until a view has this for its heading."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def shot(name: str, box: tuple[int, int, int, int] | None = None, *, mirrored: bool = False) -> dict[str, Any]:
    """A file to be chosen: a photograph of scikit-image, or a part of it, as JPEG."""
    image = photo(name).crop(box) if box else photo(name)
    if mirrored:
        image = image.transpose(0)  # Pillow's FLIP_LEFT_RIGHT
    return {"name": f"{Path(name).stem}.jpg", "mimeType": "image/jpeg", "buffer": jpeg(image)}


def photographs(place: Path, names: Sequence[str]) -> str:
    """A folder with these photographs."""
    place.mkdir(parents=True)
    for name in names:
        (place / name).write_bytes((FOLDER / name).read_bytes())
    return str(place)


PART = (60, 40, 380, 260)
"""Of chelsea.png, the cat's face."""
