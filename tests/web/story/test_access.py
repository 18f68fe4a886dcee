"""Everybody can use the page: axe-core finds nothing serious in any view, in light and in dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

VIEWS = {
    "home": ("#/", ".strip img"),
    "search": ("#/search?id=1", ".card .score"),
    "compare": ("#/compare?a=1&b=2", ".viewer"),
    "library": ("#/library", ".tile.is-shown"),
    "picture": ("#/picture/1", ".picture-large"),
    "add": ("#/add", ".drop-zone"),
    "jobs": ("#/jobs", ".job"),
}
RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_in_anybodys_way(gallery, visitor, view: str, theme: str) -> None:
    """Names, roles, contrasts, sizes: whatever a program can find out."""
    address, sign = VIEWS[view]
    page = visitor.opens(gallery, address, color_scheme=theme)
    expect(page.locator(sign).first).to_be_visible()

    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []


@pytest.mark.parametrize("view", VIEWS)
def test_a_phone_shows_all_of_it(gallery, visitor, view: str) -> None:
    """Nothing is wider than the screen of a small phone."""
    address, sign = VIEWS[view]
    page = visitor.opens(gallery, address, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    expect(page.locator(sign).first).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
