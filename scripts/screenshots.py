"""Takes pictures of the page: a real service with photographs of scikit-image and edits of them, seen by Chromium."""

import argparse
import io
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests")]

from photographs import FOLDER, jpeg, photo  # noqa: E402 - the tests' photographs
from web.story.running import SECONDS, Running, running, shot  # noqa: E402 - and their service

from pictrace import report  # noqa: E402
from pictrace.collection import Collection  # noqa: E402
from pictrace.demo import PHOTOGRAPHS, samples  # noqa: E402
from pictrace.evaluation import Plan, evaluate  # noqa: E402

DOCUMENTED = (
    "search", "search-dark", "search-phone", "compare", "compare-lines-dark", "library", "library-phone-dark",
    "compare-slider-phone", "review", "eval",
)  # fmt: skip
"""Those that the documentation shows."""

SEEN = """() => [...document.images].every((one) => {
  const { top, bottom, width } = one.getBoundingClientRect();
  return !width || bottom < 0 || top > innerHeight || !one.checkVisibility() || (one.complete && one.naturalWidth > 0);
})"""
"""Every picture within the window has come."""

SIZES = {"": (1440, 900), "-phone": (390, 844)}
MOST_BYTES = 120_000


def put(place: Path) -> str:
    """A folder of photographs, some of them there in several forms."""
    place.mkdir()
    for name in (*PHOTOGRAPHS, "motorcycle_right.png"):
        shutil.copy(FOLDER / name, place / name)
    bike, cat, coffee = photo("motorcycle_left.png"), photo("chelsea.png"), photo("coffee.png")
    edited = {
        "bike for the web": bike.resize((420, 283)),
        "bike, detail": ImageOps.mirror(bike.crop((230, 90, 640, 420))),
        "cat in grey": ImageOps.grayscale(cat).convert("RGB"),
        "coffee, turned": coffee.rotate(8, expand=True, fillcolor=(240, 240, 240)),
    }
    for name, image in edited.items():
        (place / f"{name}.jpg").write_bytes(jpeg(image, 85))
    return str(place)


def home(page: Page) -> None:
    expect(page.locator(".strip img")).to_have_count(12)


def search(page: Page) -> None:
    page.locator(".drop input").first.set_input_files(shot("motorcycle_left.png", (120, 60, 700, 470)))
    expect(page.locator(".card .score").nth(3)).to_be_visible()


def compare(page: Page) -> None:
    search(page)
    page.locator(".card", has_text="detail").locator("[data-part=compare]").click()
    expect(page.locator(".viewer")).to_be_visible()


def way(name: str) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        compare(page)
        page.get_by_role("radio", name=name).check(force=True)

    return show


def go(place: str, sign: str) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        page.evaluate("(place) => { location.hash = place; }", place)
        expect(page.locator(sign).first).to_be_visible()

    return show


def add(page: Page) -> None:
    go("#/add", ".drop-zone")(page)
    files = [shot("astronaut.png"), shot("coffee.png", (0, 0, 400, 300)), shot("rocket.jpg", (100, 0, 500, 400))]
    bad = {"name": "letter.png", "mimeType": "image/png", "buffer": b"Dear reader"}
    page.locator(".drop-zone input").first.set_input_files([*files, bad])
    expect(page.locator(".upload-error")).to_be_visible()
    expect(page.get_by_role("heading", name="Finished")).to_be_visible()


def duplicates(page: Page) -> None:
    go("#/duplicates", ".duplicates-view form:visible, .classes li:visible")(page)
    if not page.locator(".classes li").count():
        page.get_by_role("button", name="Look for duplicates").click()
    expect(page.locator(".found-groups .group").first).to_be_visible(timeout=60_000)
    expect(page.locator(".running")).to_be_hidden(timeout=60_000)


def review(page: Page) -> None:
    duplicates(page)
    page.locator(".group", has_text="3 files").first.click()
    expect(page.locator(".review-changes li").first).to_be_visible()


def region(page: Page) -> None:
    search(page)
    page.locator(".panel .frame").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


VIEWS: dict[str, Callable[[Page], None]] = {
    "home": home,
    "search": search,
    "compare": compare,
    "compare-lines": way("Matching places"),
    "compare-slider": way("Slider"),
    "compare-difference": way("Difference"),
    "library": go("#/library", ".tile.is-shown"),
    "picture": go("#/picture/5", ".picture-large"),
    "add": add,
    "jobs": go("#/jobs", ".job"),
    "duplicates": duplicates,
    "review": review,
    "region": region,
    "keys": keys,
}


def take(browser: Browser, service: Running, name: str, size: str, theme: str) -> bytes:
    """One view as PNG, once its pictures are there."""
    width, height = SIZES[size]
    phone = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2} if size else {}
    seen = {"width": width, "height": height}
    context = browser.new_context(viewport=seen, color_scheme=theme, reduced_motion="reduce", locale="en-US", **phone)
    context.set_default_timeout(SECONDS * 1000)
    page = context.new_page()
    page.goto(service.url)
    expect(page.locator(".state-index")).not_to_be_empty()
    VIEWS[name](page)
    page.wait_for_function(SEEN)
    taken = page.screenshot(animations="disabled", caret="hide")
    context.close()
    return taken


def evaluated(browser: Browser, place: Path) -> bytes:
    """The beginning of an evaluation's page, of the demonstration's photographs, as PNG; takes a minute or two."""
    samples(place / "demonstration")
    with Collection(place / "photographs.pictrace") as collection:
        collection.add(place / "demonstration")
        found = evaluate(collection, Plan(pictures=8, strangers=4))
    (place / "eval.html").write_text(report.of_evaluation(found, "photographs"), "utf-8")
    page = browser.new_page(viewport={"width": 1180, "height": 1240}, color_scheme="light")
    page.goto((place / "eval.html").as_uri())
    taken = page.screenshot(animations="disabled")
    page.close()
    return taken


def packed(png: bytes) -> bytes:
    """The same as WebP, no larger than the documentation may have it."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in (88, 80, 70, 60, 50):
        stream = io.BytesIO()
        image.save(stream, "WEBP", quality=quality, method=6)
        if stream.tell() <= MOST_BYTES:
            break
    return stream.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", type=Path, metavar="DIR", help="every view as PNG into a folder")
    parser.add_argument("--only", default="", help="those whose names begin like this")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("there is no Chromium; the Debian package is chromium")
    target = options.all or ROOT / "docs/images"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as place, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        with running(Path(place) / "kept", folders=(put(Path(place) / "photographs"),)) as service:
            warm = browser.new_page()
            warm.goto(f"{service.url}#/jobs")
            expect(warm.locator(".job[data-state=done]")).to_be_visible(timeout=60_000)
            warm.close()
            for name, size, theme in ((a, b, c) for c in ("light", "dark") for b in SIZES for a in VIEWS):
                full = f"{name}{size}{'-dark' if theme == 'dark' else ''}"
                if not full.startswith(options.only) or (not options.all and full not in DOCUMENTED):
                    continue
                taken = take(browser, service, name, size, theme)
                path = target / f"{full}.{'png' if options.all else 'webp'}"
                path.write_bytes(taken if options.all else packed(taken))
                print(path, path.stat().st_size)
        if "eval".startswith(options.only):
            taken = evaluated(browser, Path(place))
            path = target / f"eval.{'png' if options.all else 'webp'}"
            path.write_bytes(taken if options.all else packed(taken))
            print(path, path.stat().st_size)
        browser.close()


if __name__ == "__main__":
    main()
