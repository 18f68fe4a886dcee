"""What stories have: Chromium, a visitor whose pages must not complain, and services."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from web.story.running import Running, Visitor, photographs, running

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
GALLERY = ("chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module: its driver would be in the way of other tests' event loops."""
    if CHROMIUM is None:
        pytest.skip(f"needs Chromium: none of {', '.join(NAMES)} is installed")
    # Root, as in a container, has no sandbox of Chromium's own.
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield made
        made.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """Somebody whose pages said nothing wrong, and broke no policy, when the story is over."""
    made = Visitor(browser)
    yield made
    for context in made.contexts:
        context.close()
    assert made.complaints == []


@pytest.fixture
def empty(tmp_path: Path, browser: Browser) -> Iterator[Running]:
    """A service without a picture."""
    with running(tmp_path / "empty") as service:
        yield service


@pytest.fixture
def starts(tmp_path: Path, browser: Browser) -> Iterator[Callable[..., Running]]:
    """Starts a service that is not like the others; to be asked for before the visitor, who leaves first."""
    with contextlib.ExitStack() as stack:
        yield lambda **more: stack.enter_context(running(tmp_path / "kept", **more))


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Running]:
    """A service with four photographs, 1 to 4 in the order of `GALLERY`, that no story changes."""
    place = tmp_path_factory.mktemp("gallery")
    with running(place, folders=(photographs(place / "photographs", GALLERY),)) as service:
        page = browser.new_page()
        page.goto(f"{service.url}#/jobs")
        expect(page.locator(".job[data-state=done]")).to_be_visible()
        page.close()
        yield service
