"""Pages that the command line writes, as a browser shows them."""

import pytest
from made_groups import group, member
from photographs import jpeg, noise
from playwright.sync_api import Browser

from pictrace import report

WIDE = """() => [...document.querySelectorAll(".tile h3")].filter((one) => one.scrollWidth > one.clientWidth).length"""


@pytest.mark.parametrize("width", [390, 1280])
def test_a_long_name_stays_in_its_place(browser: Browser, tmp_path, width: int) -> None:
    """Cameras and archives write names that are one word of a hundred letters."""
    long = member(2, f"/p/IMG_{'20190812_' * 10}.jpg")
    place = tmp_path / "groups.html"
    place.write_text(report.of_groups([group(member(1), long)], lambda _: jpeg(noise(1))), "utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(place.as_uri())
    wide = page.evaluate(WIDE)
    page.close()

    assert wide == 0
