"""The library: deleting that can be undone, filters, order; and one picture with its neighbours."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from web.story.running import heading, photographs, shot

from pictrace.service import keys


@pytest.fixture
def two(empty, visitor):
    """A page that shows a library of two pictures, on a clock that can be put forward."""
    page = visitor.opens(empty, "#/add")
    page.clock.install()
    page.locator(".drop-zone input").first.set_input_files([shot("chelsea.png"), shot("coffee.png")])
    expect(page.get_by_text("2 new", exact=True)).to_be_visible()
    page.get_by_role("link", name="Library", exact=True).click()
    expect(page.locator(".library-count")).to_have_text("2 pictures")
    page.sent = []
    page.on("request", lambda one: page.sent.append(one.method) if one.method == "DELETE" else None)
    return page


def delete_first(page) -> None:
    page.get_by_role("gridcell").first.get_by_role("link").focus()
    page.keyboard.press("Delete")
    expect(page.locator(".library-count")).to_have_text("1 picture")


def test_deleting_is_undone(two) -> None:
    """What was deleted by mistake comes back, and the service never hears of it."""
    delete_first(two)
    two.get_by_role("button", name="Undo").click()
    expect(two.locator(".library-count")).to_have_text("2 pictures")
    two.clock.fast_forward(10_000)
    two.reload()
    expect(two.locator(".library-count")).to_have_text("2 pictures")
    assert two.sent == []


def test_deleting_is_sent_once_it_is_too_late(two) -> None:
    """When the time to undo is over, the service is told, and the picture is gone."""
    delete_first(two)
    assert two.sent == []
    with two.expect_response(lambda one: one.request.method == "DELETE") as told:
        two.clock.fast_forward(10_000)
    assert told.value.status == 204
    two.reload()
    expect(two.locator(".library-count")).to_have_text("1 picture")


def test_what_comes_back_is_said_when_it_is_deleted(starts, visitor, tmp_path: Path) -> None:
    """Who deletes a picture of a folder that is served is told that its file stays, and is found again."""
    page = visitor.opens(starts(folders=(photographs(tmp_path / "photographs", ["chelsea.png", "coffee.png"]),)))
    page.get_by_role("link", name="Library", exact=True).click()
    expect(page.locator(".library-count")).to_have_text("2 pictures")
    delete_first(page)
    expect(page.locator(".toast")).to_contain_text("the next look through the folder finds them again")
    page.get_by_role("button", name="Undo").click()


def test_a_filter_narrows_the_library(gallery, visitor) -> None:
    """What is typed is in the address, and what cannot be understood is explained beside the field."""
    visitor.allowed = {400}
    page = visitor.opens(gallery, "#/library")
    expect(page.locator(".library-count")).to_have_text("4 pictures")
    page.get_by_label("Filter", exact=True).fill("width >")
    expect(page.locator("#filter-error")).to_contain_text("This filter cannot be read.")
    page.get_by_label("Filter", exact=True).fill("width = 741")
    expect(page.locator(".library-count")).to_have_text("1 picture matches")
    expect(page.locator("#filter-error")).to_be_hidden()
    assert "filter=width" in page.url


def test_neighbours_are_a_key_away(gallery, visitor) -> None:
    """A picture opened from the library leads to the next one, and back to its place."""
    page = visitor.opens(gallery, "#/library?sort=oldest")
    page.get_by_role("gridcell").first.get_by_role("link").click()
    heading(page, "chelsea.png")
    expect(page.locator(".picture-place")).to_have_text("1 of 4")
    page.keyboard.press("ArrowRight")
    heading(page, "coffee.png")
    page.keyboard.press("Escape")
    expect(page.locator(".library-count")).to_have_text("4 pictures")


def test_leafing_through_is_not_counted(starts, visitor, tmp_path: Path) -> None:
    """Who has a key may look at one picture after another, as fast as they are shown."""
    visitor.allowed = {401}
    service = starts(folders=(photographs(tmp_path / "photographs", ["chelsea.png", "coffee.png"]),))
    _, key = keys.add(service.keys, "reader", rights=("admin",))
    page = visitor.opens(service, "#/jobs")
    page.get_by_label("Key", exact=True).fill(key)
    page.keyboard.press("Enter")
    expect(page.locator(".job[data-state=done]")).to_be_visible()
    page.goto(f"{service.url}#/picture/1")
    expect(page.locator("[data-step=previous]")).to_be_enabled()
    for name, step in [("chelsea.png", "ArrowLeft"), ("coffee.png", "ArrowRight")] * 15:
        heading(page, name)
        page.keyboard.press(step)


def test_two_are_picked_and_compared(gallery, visitor) -> None:
    """Two pictures of the library are laid beside each other."""
    page = visitor.opens(gallery, "#/library?sort=oldest")
    cells = page.get_by_role("gridcell")
    for place in (0, 1):
        cells.nth(place).get_by_role("link").focus()
        page.keyboard.press(" ")
    page.get_by_role("button", name="Compare").click()
    heading(page, "No relation was found")
    expect(page.locator("figcaption")).to_have_text("chelsea.png first, then coffee.png.")
