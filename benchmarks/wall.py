"""Frames of the library's wall while it is scrolled: milliseconds from one to the next, in a Chromium of its own.

Before that, the first view: how many bytes its files take on the wire, and when something of it was seen.

The page is a running service's (`--url`), with as many pictures as that has. It is left alone, scrolled by the wheel
slowly, fast and in leaps, its scrollbar is dragged from end to end, and the picture before each of these says what
the machine does when nothing happens. A browser draws 60 frames a second at most, so that 16.7 ms is a full score;
without a graphics card, or beside other work, the machine itself may not reach it, which `idle` shows.
"""

import argparse
import asyncio
import itertools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from measured import machine

RESULT = Path(__file__).parent / "results/wall.json"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
RECORD = """(() => {
  const all = window.measuredFrames = { frames: [], tasks: [], last: performance.now() };
  new PerformanceObserver((list) => list.getEntries().forEach((task) => all.tasks.push(task.duration)))
    .observe({ type: "longtask" });
  const step = (now) => { all.frames.push(now - all.last); all.last = now; requestAnimationFrame(step); };
  requestAnimationFrame(step);
})()"""
TAKE = """(() => {
  const { frames, tasks } = window.measuredFrames;
  window.measuredFrames.frames = [];
  window.measuredFrames.tasks = [];
  return { frames, tasks, y: scrollY, tall: document.documentElement.scrollHeight };
})()"""
SEEN = """(() => {
  const seen = [...document.querySelectorAll(".tile")].filter((tile) => {
    const box = tile.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight && tile.checkVisibility({ visibilityProperty: true });
  });
  return { tiles: seen.length, shown: seen.filter((tile) => tile.classList.contains("is-shown")).length,
    elements: document.querySelectorAll(".tile").length };
})()"""
LAYOUT = """(async () => {
  const { layOut } = await import("./web/js/rows.js");
  const { ratios } = await (await fetch("./v1/collections/default/wall?sort=newest")).json();
  const typed = Float32Array.from(ratios);
  const times = [];
  for (let turn = 0; turn < 9; turn += 1) {
    const clock = performance.now();
    layOut(typed, { width: 1376 + turn, target: 188, gap: 6 });
    times.push(performance.now() - clock);
  }
  return { pictures: typed.length, times };
})()"""


PAINT = """(async () => {
  while (!document.querySelector("main h1")) await new Promise(requestAnimationFrame);
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const files = all.filter((one) => !new URL(one.name).pathname.startsWith("/v1/"));
  const sum = (name) => files.reduce((before, one) => before + one[name], 0);
  const painted = performance.getEntriesByName("first-contentful-paint")[0];
  return { files: files.length, wire_bytes: sum("transferSize"), unpacked_bytes: sum("decodedBodySize"),
    first_contentful_paint_ms: painted && Math.round(painted.startTime) };
})()"""


@dataclass(slots=True)
class Page:
    """A page of a browser, spoken to in the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/)."""

    socket: aiohttp.ClientWebSocketResponse
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """What a command answers; events in between are passed over."""
        number = next(self.numbers)
        await self.socket.send_json({"id": number, "method": method, "params": params})
        while True:
            said = await self.socket.receive_json()
            if said.get("id") == number:
                if "error" in said:
                    sys.exit(f"{method}: {said['error']['message']}")
                return said["result"]

    async def run(self, script: str) -> Any:
        """What a script in the page comes to."""
        said = await self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in said:
            sys.exit(f"in the page: {said['exceptionDetails']}")
        return said["result"].get("value")

    async def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        await self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)


@dataclass(frozen=True, slots=True)
class Window:
    """The size of what is shown, in CSS pixels."""

    width: int
    height: int


def figures(taken: dict[str, Any]) -> dict[str, object]:
    """Percentiles of the times between frames, and the tasks that held the page up for over 50 ms."""
    frames = np.array(taken["frames"][1:])
    return {
        "frames": len(frames),
        "p50_ms": round(float(np.percentile(frames, 50)), 1),
        "p95_ms": round(float(np.percentile(frames, 95)), 1),
        "p99_ms": round(float(np.percentile(frames, 99)), 1),
        "longest_ms": round(float(frames.max()), 1),
        "over_25_ms": round(float((frames > 25).mean()), 4),
        "per_second": round(1000 / float(frames.mean()), 1),
        "long_tasks": len(taken["tasks"]),
        "long_tasks_ms": round(sum(taken["tasks"])),
    }


def wheel(window: Window, step: int, every_ms: int, seconds: float) -> Callable[[Page], Awaitable[None]]:
    """Turns the wheel: so many pixels, so often."""

    async def turn(page: Page) -> None:
        clock = asyncio.get_running_loop()
        end = clock.time() + seconds
        following = clock.time()
        while clock.time() < end:
            await page.mouse("mouseWheel", window.width / 2, window.height / 2, deltaX=0, deltaY=step)
            following += every_ms / 1000
            await asyncio.sleep(max(0, following - clock.time()))

    return turn


def drag(window: Window, seconds: float) -> Callable[[Page], Awaitable[None]]:
    """Drags the scrollbar's thumb from the top to the bottom, and back."""

    async def pull(page: Page) -> None:
        await page.run("scrollTo(0, 0)")
        await asyncio.sleep(0.3)
        x, top, bottom = window.width - 7, 22, window.height - 24
        await page.mouse("mousePressed", x, top, button="left", buttons=1, clickCount=1)
        steps = int(seconds * 60)
        for step in range(steps):
            share = 1 - abs(1 - 2 * step / steps)
            await page.mouse("mouseMoved", x, top + (bottom - top) * share, button="left", buttons=1)
            await asyncio.sleep(1 / 60)
        await page.mouse("mouseReleased", x, top, button="left")

    return pull


async def idle(_: Page) -> None:
    await asyncio.sleep(3)


async def measure(page: Page, window: Window) -> dict[str, object]:
    """Figures of every way to scroll."""
    ways: dict[str, Callable[[Page], Awaitable[None]]] = {
        "idle": idle,
        "wheel_slow": wheel(window, step=100, every_ms=100, seconds=6),
        "wheel_fast": wheel(window, step=120, every_ms=20, seconds=6),
        "wheel_leaps": wheel(window, step=2400, every_ms=60, seconds=6),
        "scrollbar": drag(window, seconds=6),
    }
    found: dict[str, object] = {}
    for name, way in ways.items():
        begun = await page.run(TAKE)
        await way(page)
        taken = await page.run(TAKE)
        await asyncio.sleep(1.5)
        at_rest = await page.run(SEEN)
        await page.run(TAKE)
        found[name] = {"moved_px": round(abs(taken["y"] - begun["y"])), **figures(taken), "then": at_rest}
        print(name, json.dumps(found[name]), file=sys.stderr)
    return found


async def browse(url: str, chromium: str, window: Window) -> dict[str, object]:
    """Starts a browser, and measures the wall of a service in it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as room:
        size = f"--window-size={window.width},{window.height}"
        process = await asyncio.create_subprocess_exec(
            chromium,
            *FLAGS,
            size,
            f"--user-data-dir={room}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            port = await opened(Path(room) / "DevToolsActivePort")
            async with aiohttp.ClientSession() as session:
                targets = await (await session.get(f"http://127.0.0.1:{port}/json/list")).json(content_type=None)
                address = next(one["webSocketDebuggerUrl"] for one in targets if one["type"] == "page")
                async with session.ws_connect(address, max_msg_size=0) as socket:
                    return await visit(Page(socket), url, window)
        finally:
            process.terminate()
            await process.wait()


async def opened(note: Path) -> int:
    """The port that a browser writes down once it listens."""
    for _ in range(200):
        if port := await asyncio.to_thread(written, note):
            return port
        await asyncio.sleep(0.1)
    sys.exit("Chromium did not start")


def written(note: Path) -> int:
    """The port in a browser's note, 0 as long as it is not there."""
    try:
        return int(note.read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return 0


async def visit(page: Page, url: str, window: Window) -> dict[str, object]:
    """Opens the library, waits for its first pictures, and measures."""
    await page.ask(
        "Emulation.setDeviceMetricsOverride",
        width=window.width,
        height=window.height,
        deviceScaleFactor=1,
        mobile=False,
    )
    clock = asyncio.get_running_loop()
    await page.ask("Page.navigate", url=f"{url.rstrip('/')}/#/")
    await asyncio.sleep(1)
    paint = await page.run(PAINT)
    await page.ask("Page.navigate", url="about:blank")
    began = clock.time()
    await page.ask("Page.navigate", url=f"{url.rstrip('/')}/#/library")
    for _ in range(300):
        if (await page.run("document.querySelectorAll('.tile.is-shown').length")) > 5:
            break
        await asyncio.sleep(0.1)
    else:
        sys.exit(f"{url} shows no pictures")
    first = clock.time() - began
    await asyncio.sleep(1)
    layout = await page.run(LAYOUT)
    await page.run(RECORD)
    return {
        "pictures": layout["pictures"],
        "first_view": paint,
        "first_pictures_s": round(first, 2),
        "layout_p50_ms": round(float(np.median(layout["times"])), 2),
        "layout_longest_ms": round(max(layout["times"]), 2),
        "ways": await measure(page, window),
        "browser": (await page.ask("Browser.getVersion"))["product"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://localhost:5000", help="the service whose library is scrolled")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome") or "chromium")
    parser.add_argument("--width", type=int, default=1440)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--result", type=Path, default=RESULT)
    options = parser.parse_args()
    window = Window(options.width, options.height)
    found = asyncio.run(browse(options.url, options.chromium, window))
    load = round(os.getloadavg()[0], 1)
    result = {"machine": machine(), "load_average": load, "window": [window.width, window.height], **found}
    options.result.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
