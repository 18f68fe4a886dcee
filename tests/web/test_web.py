"""The page's files: they run under a strict policy, load nothing from elsewhere, and stay small."""

import gzip
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

import pictrace

WEB = Path(pictrace.__file__).parent / "web"
SCRIPTS = sorted(WEB.rglob("*.js"))
FIRST_PAINT_BYTES = 100_000
LINES = 300

ALLOWED = r"http://www\.w3\.org/2000/svg|https?://example\.(?:org|com|net)\b.*"
"""Addresses that are never asked for: a name of XML, and those that stand for any other."""


class Elements(HTMLParser):
    """Every start tag of a page, with its attributes, and what stands inside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in {"script", "style"} and data.strip():
            self.inline.append(data)


def page() -> Elements:
    return Elements((WEB / "index.html").read_text("utf-8"))


def imported(path: Path, seen: set[Path]) -> set[Path]:
    """A module and all that it imports before it runs."""
    if path not in seen:
        seen.add(path)
        for name in re.findall(r'^import .*?from "\./([\w.-]+)";$', path.read_text("utf-8"), re.MULTILINE):
            imported(path.parent / name, seen)
    return seen


def first_view() -> set[Path]:
    """What is fetched before a picture can be dropped, English words included."""
    named = [value for _, attributes in page().tags for name in ("src", "href") if (value := attributes.get(name))]
    files = {WEB / value.removeprefix("web/") for value in named if value.startswith("web/")}
    modules = {one for path in files if path.suffix == ".js" for one in imported(path, set())}
    view = imported(WEB / "js" / "search.js", set())
    return files | modules | view | {WEB / "index.html", WEB / "icons.svg", WEB / "i18n" / "en.json"}


def test_nothing_is_inline() -> None:
    """The policy allows no inline script, style or handler, so there is none."""
    elements = page()
    guilty = [(tag, name) for tag, attributes in elements.tags for name in attributes if re.match(r"on|style$", name)]

    assert (elements.inline, guilty) == ([], [])


@pytest.mark.parametrize("path", sorted(path for path in WEB.rglob("*") if path.is_file()), ids=lambda path: path.name)
def test_nothing_is_from_elsewhere(path: Path) -> None:
    """No file names an address on another machine; what is shown to people as an example is no address."""
    addresses = set(re.findall(r"""(?:https?:)?//[\w-]+(?:\.[\w-]+)+[^\s"'`)]*""", path.read_text("utf-8")))

    assert {address for address in addresses if not re.fullmatch(ALLOWED, address)} == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_text_becomes_markup_or_code(path: Path) -> None:
    """What the service sends is only ever text, and style attributes, which the policy refuses, are not set."""
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(\"style\""

    assert re.findall(forbidden, path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_modules_are_short(path: Path) -> None:
    """A module of the page is as short as one in Python."""
    assert len(path.read_text("utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_imports_lead_somewhere(path: Path) -> None:
    """Every module that one names is there."""
    named = re.findall(r'(?:from|import\()\s*"\./([\w.-]+)"', path.read_text("utf-8"))

    assert [name for name in named if not (path.parent / name).is_file()] == []


def test_every_file_the_page_names_is_there() -> None:
    """Style sheets, scripts and pictures in the page's head exist."""
    named = [value for _, attributes in page().tags for name in ("src", "href") if (value := attributes.get(name))]

    assert [value for value in named if value.startswith("web/") and not (WEB / value[4:]).is_file()] == []


def test_the_first_modules_are_fetched_at_once() -> None:
    """The page's head names every module of the first view, so that none waits for the one that imports it."""
    preloaded = {str(attributes["href"]) for _, attributes in page().tags if attributes.get("rel") == "modulepreload"}
    modules = {f"web/js/{path.name}" for path in first_view() if path.suffix == ".js"}

    assert preloaded == modules - {"web/js/app.js", "web/js/theme.js"}


def test_icons_are_drawn() -> None:
    """Every icon that a module asks for by name is in the sprite."""
    symbols = {one.get("id") for one in ET.parse(WEB / "icons.svg").getroot()}  # noqa: S314 - our own file
    users = [text for path in SCRIPTS if re.search(r'icon\b.*from "\./dom\.js"', text := path.read_text("utf-8"))]
    asked = {f"i-{name}" for text in users for name in re.findall(r'icon\("([\w-]+)"\)', text)}

    assert len(asked) > 10
    assert asked - symbols == set()


def test_the_first_view_is_small() -> None:
    """All that comes before a picture can be dropped, packed as it is sent."""
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 6)) for path in first_view()}

    assert sum(sizes.values()) <= FIRST_PAINT_BYTES, sizes
