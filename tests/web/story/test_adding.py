"""Adding pictures: archives, addresses, what is refused; and the jobs that come of it."""

import io
import zipfile

from playwright.sync_api import expect
from web.story.running import heading, shot


def archive() -> dict[str, object]:
    """A ZIP of a photograph and of something that only has a picture's name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("cat.jpg", shot("chelsea.png")["buffer"])
        made.writestr("letter.jpg", b"Dear reader")
    return {"name": "holiday.zip", "mimeType": "application/zip", "buffer": stream.getvalue()}


def test_an_archive_with_a_bad_member(empty, visitor) -> None:
    """What is good in an archive is added; what is not is named, with the reason."""
    page = visitor.opens(empty, "#/add")
    page.locator(".drop-zone input").first.set_input_files(archive())
    card = page.locator(".job")
    expect(card.locator(".job-state")).to_have_text("done")
    expect(card.get_by_text("1 new")).to_be_visible()
    card.get_by_text("1 failed").click()
    expect(card.locator(".failures li")).to_contain_text(["letter.jpg"])
    expect(card.locator(".failures li")).to_contain_text(["This file is not a picture."])
    page.get_by_role("link", name="Jobs").click()
    expect(page.locator(".job h3")).to_have_text("Archive holiday.zip")


def test_a_known_picture_is_recognised(empty, visitor) -> None:
    """What is there already is said to be, and is not there twice."""
    page = visitor.opens(empty, "#/add")
    files = page.locator(".drop-zone input").first
    files.set_input_files(shot("coffee.png"))
    expect(page.get_by_text("1 new", exact=True)).to_be_visible()
    files.set_input_files(shot("coffee.png"))
    expect(page.get_by_text("1 already there", exact=True)).to_be_visible()
    expect(page.locator(".state-pictures")).to_have_text("1 picture")


def test_addresses_become_a_job(empty, visitor) -> None:
    """Several URLs are worked through by the service, which says why it fetched none of them."""
    page = visitor.opens(empty, "#/add")
    page.get_by_label("Addresses").fill("http://127.0.0.1/a.jpg\nhttp://127.0.0.1/b.jpg\nnonsense")
    expect(page.locator("#add-urls-note")).to_contain_text("nonsense")
    page.get_by_role("button", name="Fetch and add").click()
    card = page.locator(".job")
    expect(card.locator("h3")).to_have_text("2 addresses")
    card.get_by_text("2 failed").click()
    expect(card.locator(".failures li").first).to_contain_text("This address may not be fetched.")


def test_what_is_no_picture_fails_alone(empty, visitor) -> None:
    """One bad file among good ones is told apart, and can be tried again."""
    visitor.allowed = {422}
    page = visitor.opens(empty, "#/add")
    bad = {"name": "letter.png", "mimeType": "image/png", "buffer": b"Dear reader"}
    page.locator(".drop-zone input").first.set_input_files([shot("rocket.jpg"), bad])
    expect(page.locator(".upload-error")).to_have_text("This file is not a picture.")
    expect(page.get_by_role("button", name="Try again: letter.png")).to_be_visible()
    expect(page.get_by_text("1 new", exact=True)).to_be_visible()


def test_the_index_is_rebuilt(empty, visitor) -> None:
    """Who runs the service may have the index made anew, and sees it happen."""
    page = visitor.opens(empty, "#/jobs")
    heading(page, "Jobs")
    page.get_by_role("button", name="Rebuild the index").click()
    expect(page.locator(".job h3")).to_have_text("Rebuild of the index")
    expect(page.locator(".job-state")).to_have_text("done")
