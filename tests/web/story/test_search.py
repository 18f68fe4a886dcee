"""Searching: with a file, the clipboard, an address, a part of a picture; and what is seen while it goes on."""

import re
from pathlib import Path

import pytest
from fetch.upstream import ALLOWED, ok, serving
from playwright.sync_api import expect
from web.story.running import PART, heading, photographs, shot

from pictrace.settings import FetchPolicy

PASTE = """async () => {
  const blob = await (await fetch(document.querySelector(".strip img").src)).blob();
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  await navigator.clipboard.write([new ClipboardItem({ "image/png": canvas.convertToBlob({ type: "image/png" }) })]);
}"""
HEADINGS = """new MutationObserver((records) => {
  window.headings = [...(window.headings ?? []), ...records.filter((one) => one.target.nodeName === "H1")
    .flatMap((one) => [...one.addedNodes].map((node) => node.textContent))];
}).observe(document, { subtree: true, childList: true })"""


CUT = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)"
"""Texts that have no room."""


def test_from_an_empty_collection_to_a_compared_result(empty, visitor) -> None:
    """Pictures are added, one is found by a part of it, and both are compared in all five ways."""
    page = visitor.opens(empty)
    page.get_by_role("link", name="Add pictures").click()
    page.locator(".drop-zone input").first.set_input_files([shot("chelsea.png"), shot("coffee.png")])
    expect(page.get_by_text("2 new", exact=True)).to_be_visible()
    page.get_by_role("link", name="Search", exact=True).click()
    page.locator(".drop input").first.set_input_files(shot("chelsea.png", PART))
    heading(page, "Found 1 copy")
    expect(page.locator(".card .score")).to_have_text(re.compile("9[5-9]%"))
    page.get_by_role("link", name="Compare: chelsea.jpg").click()
    heading(page, "The same photograph, edited")
    for way in ("Matching places", "Slider", "Blink", "Difference", "Side by side"):
        page.get_by_text(way, exact=True).click()
        expect(page.get_by_role("radio", name=way)).to_be_checked()
        expect(page.locator(".stage image").first).to_be_visible()


def test_a_picture_is_pasted(gallery, visitor) -> None:
    """What the clipboard holds is searched with, and recognised."""
    page = visitor.opens(gallery, permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator(".strip img")).to_have_count(4)
    page.evaluate(PASTE)
    page.keyboard.press("Control+v")
    heading(page, "Found 1 copy")
    expect(page.locator(".card .file")).to_have_text("rocket.jpg")


def test_an_address_is_searched_with(tmp_path: Path, starts, visitor) -> None:
    """The service fetches the picture at a URL, and the page's address brings the same search back."""
    folder = photographs(tmp_path / "photographs", ["chelsea.png"])
    with serving({"/cat.jpg": ok(shot("chelsea.png", PART)["buffer"])}) as upstream:
        policy = FetchPolicy(allow_networks=(f"{ALLOWED}/32",), allow_ports=(upstream.port,))
        service = starts(folders=(folder,), fetch=policy)
        page = visitor.opens(service)
        expect(page.locator(".strip img")).to_have_count(1)
        page.get_by_label("Address of a picture").fill(f"http://{ALLOWED}:{upstream.port}/cat.jpg")
        page.keyboard.press("Enter")
        heading(page, "Found 1 copy")
        page.reload()
        heading(page, "Found 1 copy")


def test_an_address_that_is_not_fetched_is_explained(gallery, visitor) -> None:
    """This machine's own addresses are refused, in words."""
    visitor.allowed = {403}
    page = visitor.opens(gallery)
    page.get_by_label("Address of a picture").fill("http://127.0.0.1/cat.jpg")
    page.get_by_role("button", name="Search", exact=True).click()
    heading(page, "The search did not work")
    expect(page.locator(".told-first")).to_have_text("This address may not be fetched.")


def test_a_part_of_a_picture_is_searched_with(gallery, visitor) -> None:
    """A region chosen by numbers is in the address, and what it shows is found."""
    page = visitor.opens(gallery, "#/search?id=1")
    heading(page, "Found the same picture")
    page.get_by_role("button", name="Select a region").click()
    for name, value in {"Left": 60, "Top": 40, "Width": 320, "Height": 220}.items():
        page.get_by_label(name).fill(str(value))
    page.get_by_role("button", name="Search this region").click()
    heading(page, "Found 1 copy")
    assert "region=60%2C40%2C320%2C220" in page.url


def test_stages_are_seen_before_the_answer(gallery, visitor) -> None:
    """Candidates are shown while they are checked, and the answer comes last."""
    page = visitor.opens(gallery)
    page.evaluate(HEADINGS)
    page.locator(".drop input").first.set_input_files(shot("coffee.png", (100, 60, 500, 340)))
    heading(page, "Found 1 copy")

    seen = page.evaluate("window.headings")
    assert seen.index("Checking candidates…") < seen.index("Found 1 copy")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"no picture at all", "This file is not a picture."),
        (b"\xff\xd8\xff\xe0" + bytes(99), "This picture is damaged"),
    ],
)
def test_what_is_no_picture_is_explained(gallery, visitor, data: bytes, sentence: str) -> None:
    """A file that cannot be searched with is refused in words, and another can be chosen."""
    page = visitor.opens(gallery)
    page.locator(".drop input").first.set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": data})
    heading(page, "The search did not work")
    expect(page.locator(".told-first")).to_contain_text(sentence)
    expect(page.locator(".notice").get_by_role("link", name="Another picture")).to_be_visible()


def test_a_comparison_says_what_the_card_said(gallery, visitor) -> None:
    """The score of a card is that of the comparison it leads to, and so many places are told as agree."""
    page = visitor.opens(gallery)
    page.locator(".drop input").first.set_input_files(shot("rocket.jpg", (60, 40, 380, 260)))
    heading(page, "Found 1 copy")
    score = page.locator(".card .score").inner_text()
    page.get_by_role("link", name="Compare: rocket.jpg").click()
    expect(page.locator(".comparison .score")).to_have_text(score)
    page.get_by_text("Matching places", exact=True).click()
    count = page.locator("figcaption").inner_text().split()[0]
    expect(page.locator(".opinions")).to_contain_text(f"{count} of ")
    expect(page.locator("figcaption")).to_have_text(f"{count} places agree.")


@pytest.mark.parametrize("locale", ["de", "ru", "ja"])
def test_what_can_be_done_with_a_match_is_written_out(gallery, visitor, locale: str) -> None:
    """Also on narrow cards in languages of long words."""
    page = visitor.opens(gallery, "#/search?id=1", locale=locale)
    expect(page.locator(".card .score").first).to_be_visible()
    cut = page.locator(".actions .button span").evaluate_all(CUT)

    assert cut == []
