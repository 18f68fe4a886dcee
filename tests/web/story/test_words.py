"""Searching with words: alone, beside a picture, without what is not wanted, and where nothing reads them."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from photographs import jpeg
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from web.story.running import Running, heading, photographs, running
from web.story.test_access import RULES

from pictrace.collection import Collection

SHADES = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (20, 40, 210), "yellow": (230, 220, 30)}
ENCODER = "readers.colours"


def shade(name: str) -> bytes:
    """A picture that is nearly of one colour."""
    noise = np.random.default_rng(1).integers(-20, 20, (120, 160, 3))
    return jpeg(Image.fromarray(np.clip(SHADES[name] + noise, 0, 255).astype(np.uint8)))


@pytest.fixture(scope="module")
def shades(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Running]:
    """A service of four shades, 1 to 4, whose collection reads words."""
    place = tmp_path_factory.mktemp("shades")
    made = Running(place, plugins=(ENCODER,))
    with Collection(made.settings.collection, settings=made.settings, encoders=(ENCODER,)) as collection:
        for name in SHADES:
            collection.add_image(shade(name), name=f"{name}.jpg")
    with running(place, plugins=(ENCODER,)) as service:
        yield service


def test_words_are_typed_and_found(shades, visitor) -> None:
    """The nearest comes first, the page says that nothing is calibrated, and its address brings the search back."""
    page = visitor.opens(shades)
    page.get_by_label("What the picture shows, or its address").fill("something red")
    page.keyboard.press("Enter")
    heading(page, "4 pictures, the nearest first")
    expect(page.locator(".card .file").first).to_have_text("red.jpg")
    expect(page.locator(".card .badge").first).to_have_text("Near")
    expect(page.locator(".warning")).to_contain_text("In order of nearness, without scores")
    expect(page.locator(".card .score")).to_have_text(["No. 1", "No. 2", "No. 3", "No. 4"])
    expect(page.locator(".query-name")).to_have_text("“something red”")
    page.reload()
    heading(page, "4 pictures, the nearest first")
    page.get_by_role("link", name="Look at red.jpg").click()
    expect(page).to_have_url(re.compile("#/picture/1$"))


def test_what_is_not_wanted_is_taken_off(shades, visitor) -> None:
    """Beside the words, by a field of its own."""
    page = visitor.opens(shades, "#/search?text=yellow")
    expect(page.locator(".card .file").first).to_have_text("yellow.jpg")
    page.get_by_label("Without").fill("green")
    page.keyboard.press("Enter")
    expect(page.locator(".card .file").first).to_have_text("red.jpg")
    assert "text=yellow&minus=green" in page.url


def test_a_picture_and_words_are_mixed(shades, visitor) -> None:
    """An uploaded picture, which is no answer itself, and what it is to be together with."""
    page = visitor.opens(shades)
    file = {"name": "grass.jpg", "mimeType": "image/jpeg", "buffer": shade("green")}
    page.locator(".drop input").first.set_input_files(file)
    page.get_by_label("Together with words").fill("red")
    page.keyboard.press("Enter")
    heading(page, "3 pictures, the nearest first")
    expect(page.locator(".card .file").first).to_have_text("yellow.jpg")
    expect(page.locator(".card .score").first).to_have_text("No. 1")
    expect(page.get_by_role("link", name="Compare: yellow.jpg")).to_be_visible()
    page.get_by_text("Options", exact=True).click()
    expect(page.get_by_label("Filter")).to_be_visible()
    expect(page.get_by_label("Least score")).to_have_count(0)
    page.get_by_label("Together with words").fill("")
    page.keyboard.press("Enter")
    expect(page.locator(".card .badge").first).not_to_have_text("Near")


ENDED = "async (job) => { while ((await (await fetch(job)).json()).state !== 'done'); }"


def change_spaces(page: Page, service: Running, action: str) -> None:
    """A service's collection reads words from now on, or no longer."""
    collection = f"{service.url}v1/collections/default"
    job = page.request.post(f"{collection}/spaces", data={"action": action, "name": ENCODER}).json()
    page.evaluate(ENDED, f"{collection}/jobs/{job['id']}")


def test_who_types_words_where_nothing_reads_them_is_told(empty, visitor) -> None:
    """And what would."""
    page = visitor.opens(empty)
    page.get_by_label("Address of a picture").fill("red bicycle")
    page.keyboard.press("Enter")
    expect(page.locator("#address-hint")).to_contain_text("made with siglip2 (many languages) or clip (English)")


def spaces(page: Page, service: Running, **asked: str) -> None:
    """Has the encoders of a service changed; the change is over when a page that is open shows it."""
    answer = page.request.post(f"{service.url}v1/collections/default/spaces", data=asked)
    assert answer.status == 202


def test_an_open_page_notices_that_words_are_read_now_and_no_longer(starts, visitor, tmp_path) -> None:
    """Without being loaded anew, on the first view and beside a picture; what was being typed stays."""
    service = starts(plugins=(ENCODER,), folders=(photographs(tmp_path / "photographs", ["chelsea.png"]),))
    first = visitor.opens(service)
    expect(first.locator(".strip img")).to_have_count(1)
    beside = visitor.opens(service, "#/search?id=1")
    first.get_by_label("Address of a picture").focus()
    change_spaces(first, service, "add")
    expect(first.get_by_label("What the picture shows, or its address")).to_be_focused()
    beside.get_by_label("Without").fill("green")
    change_spaces(first, service, "drop")
    expect(first.get_by_label("Address of a picture")).to_be_focused()
    expect(beside.get_by_label("Without")).to_have_value("green")


def test_a_page_that_heard_nothing_learns_from_an_answer_that_words_are_not_read(starts, visitor) -> None:
    """It says so, and offers no field for words afterwards."""
    visitor.allowed = {409}
    service = starts(plugins=(ENCODER,))
    page = visitor.opens(service)
    change_spaces(page, service, "add")
    words = page.get_by_label("What the picture shows, or its address")
    expect(words).to_be_visible()
    page.route("**/events", lambda route: route.abort())
    page.reload()
    expect(words).to_be_visible()
    change_spaces(page, service, "drop")
    words.fill("red")
    page.keyboard.press("Enter")
    expect(page.locator(".told-first")).to_contain_text("does not read words")
    page.get_by_role("link", name="Another picture").click()
    expect(page.get_by_label("Address of a picture")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "label", "words"),
    [
        ("de", "Was das Bild zeigt, oder seine Adresse", "4 Bilder, die nächsten zuerst"),
        ("ru", "Что на картинке, или её адрес", "4 картинки, ближайшие первыми"),
        ("ja", "写っているもの、または画像の URL", "4 枚、近い順"),
        ("ko", "그림에 있는 것, 또는 그림 주소(URL)", "그림 4개, 가까운 순"),
        ("zh-CN", "图片内容，或图片网址", "4 张图片，由近到远"),
    ],
)
def test_words_are_searched_with_in_every_language(shades, visitor, locale: str, label: str, words: str) -> None:
    """The page says what it asks for and what it found."""
    page = visitor.opens(shades, locale=locale)
    page.get_by_label(label).fill("blue")
    page.keyboard.press("Enter")
    heading(page, words)


def test_nothing_bars_anybody_from_the_words(shades, visitor) -> None:
    """Fields have names, and colours contrast."""
    page = visitor.opens(shades)
    expect(page.get_by_label("What the picture shows, or its address")).to_be_visible()
    found = Axe().run(page, options=RULES).response["violations"]
    page.goto(f"{shades.url}#/search?text=red&minus=blue")
    heading(page, "4 pictures, the nearest first")
    found += Axe().run(page, options=RULES).response["violations"]

    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
