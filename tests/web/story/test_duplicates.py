"""Duplicates: found, gone through by the keyboard, moved into quarantine and brought back, with real files."""

import shutil
import threading
from pathlib import Path

import pytest
from photographs import FOLDER, jpeg, photo
from playwright.sync_api import Page, expect
from web.story.running import heading

from pictrace.edits import mirrored
from pictrace.service import keys, reviewing

PATIENCE = 180_000.0
"""Judging begins with processes that load models and let all others compute first: long on a busy machine."""


def pictures(folder: Path) -> str:
    """A cat four times (once mirrored, once small), a coffee twice, and a rocket."""
    (folder / "phone").mkdir(parents=True)
    cat = photo("chelsea.png")
    (folder / "cat.jpg").write_bytes(jpeg(cat))
    shutil.copy(folder / "cat.jpg", folder / "phone" / "again.jpg")
    (folder / "phone" / "mirrored.jpg").write_bytes(jpeg(mirrored(cat)))
    (folder / "phone" / "small.jpg").write_bytes(jpeg(cat.resize((300, 200)), 60))
    (folder / "coffee.jpg").write_bytes(jpeg(photo("coffee.png")))
    shutil.copy(folder / "coffee.jpg", folder / "phone" / "coffee.jpg")
    shutil.copy(FOLDER / "rocket.jpg", folder / "rocket.jpg")
    return str(folder)


def there(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file with its size and time."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


@pytest.fixture
def found(starts, visitor, tmp_path: Path) -> Page:
    """The page of duplicates of such a folder, once they are found; the folder is `page.folder`."""
    service = starts(folders=(pictures(tmp_path / "pictures"),))
    page = visitor.opens(service, "#/jobs")
    page.folder, page.home = tmp_path / "pictures", service.url
    expect(page.locator(".job[data-state=done]")).to_be_visible()
    page.keyboard.press("d")
    heading(page, "Duplicates")
    page.get_by_role("button", name="Look for duplicates").click()
    expect(page.locator(".class.exact")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".running")).to_be_hidden(timeout=PATIENCE)
    return page


def press(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def sides(page: Page) -> list[str]:
    return page.locator(".side .file").all_inner_texts()


def test_a_review_by_keyboard(found: Page) -> None:
    """From the first group to the applied plan and back with keys alone; every file is moved, and restored."""
    page, before = found, there(found.folder)
    page.get_by_role("link", name="Review: Same picture").press("Enter")
    heading(page, "Group 1 of 1")
    assert sorted(sides(page)) == ["coffee.jpg", "coffee.jpg"]
    expect(page.locator("#polite")).to_contain_text("phone/coffee.jpg")
    press(page, "1")
    heading(page, "All groups are settled.")
    page.get_by_role("link", name="On to the plan").press("Enter")
    page.locator("a[href^='#/review'].button").first.press("Enter")
    expect(page.locator(".pair")).to_be_visible()
    press(page, "ArrowLeft", "1", "1")
    heading(page, "All groups are settled.")
    page.get_by_role("link", name="On to the plan").press("Enter")
    expect(page.locator(".plan")).to_contain_text("4 files are chosen to go")
    page.get_by_role("button", name="Look at the plan").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Move 4 files into quarantine")
    told = page.get_by_role("dialog").locator("li", has_text="coffee.jpg").inner_text()
    assert sum(f"for {page.folder / place / 'coffee.jpg'}" in told for place in ("", "phone")) == 1
    page.get_by_role("button", name="Move into quarantine").press("Enter")
    expect(page.locator(".plan")).to_contain_text("4 files were moved")
    assert len(there(found.folder)) == len(before) - 4
    page.get_by_role("button", name="Take it back").press("Enter")
    expect(page.locator(".plan")).to_contain_text("was taken back")
    assert there(found.folder) == before


SLOW_ANSWERS = """
const send = window.fetch;
window.fetch = async (...given) => {
  if (String(given[0]).endsWith("/picks")) await new Promise((done) => setTimeout(done, 400));
  return send(...given);
};
null;
"""


def test_who_answers_faster_than_the_service_sees_all_of_it_in_the_plan(found: Page) -> None:
    """The plan is read once the last answer has arrived."""
    page = found
    page.evaluate(SLOW_ANSWERS)
    page.get_by_role("link", name="Review: Same picture").press("Enter")
    heading(page, "Group 1 of 1")
    press(page, "1")
    page.get_by_role("link", name="On to the plan").press("Enter")

    expect(page.locator(".plan")).to_contain_text("1 file is chosen to go")


def test_a_review_goes_on_after_a_reload(found: Page) -> None:
    """What was chosen and decided is there again, and the first open pair is shown."""
    page = found
    page.goto(f"{page.home}#/review?certainty=sure")
    expect(page.locator(".pair")).to_be_visible()
    with page.expect_response(lambda one: "/picks" in one.url):
        press(page, "1")
    expect(page.locator(".review")).to_contain_text("2 to compare")
    with page.expect_response(lambda one: "/decisions" in one.url):
        press(page, "n")
    left = sides(page)
    page.reload()
    expect(page.locator(".pair")).to_be_visible()
    assert sides(page) == left
    expect(page.locator(".tiny")).to_have_count(3)


def test_the_last_answer_is_taken_back(found: Page) -> None:
    """Also the one that ended the group, by Ctrl+Z as by its key, and the service hears of it."""
    page = found
    page.goto(f"{page.home}#/review?certainty=exact")
    expect(page.locator(".pair")).to_be_visible()
    press(page, "b")
    heading(page, "All groups are settled.")
    with page.expect_response(lambda one: "/picks" in one.url and one.request.method == "PUT"):
        press(page, "Control+z")
    heading(page, "Group 1 of 1")
    press(page, "2")
    heading(page, "All groups are settled.")
    press(page, "u")
    page.get_by_role("link", name="All duplicates").click()
    expect(page.locator(".class.exact")).to_contain_text("0 of 1 settled")


def test_a_pair_is_looked_at_closely(found: Page) -> None:
    """One key leads from both beside each other to the slider, the difference and back; answers work in all of them."""
    page = found
    page.goto(f"{page.home}#/review?certainty=sure")
    expect(page.locator(".pair")).to_be_visible()
    press(page, "1")
    expect(page.locator(".review-changes")).to_contain_text("What was done")
    press(page, "d")
    expect(page.locator(".slides")).to_be_visible()
    press(page, "d")
    expect(page.locator(".viewer")).to_contain_text("Where they differ")
    press(page, "d")
    expect(page.locator(".pair")).to_be_visible()
    expect(page.locator("#polite")).to_contain_text("Right:")


def test_the_same_pictures_are_accepted_at_once(found: Page) -> None:
    """One button for all groups of equal files, and no file is touched by it."""
    page, before = found, there(found.folder)
    page.get_by_role("button", name="Accept all").click()
    expect(page.locator(".class.exact")).to_contain_text("All settled")
    expect(page.locator(".plan")).to_contain_text("1 file is chosen to go")
    assert there(page.folder) == before


def test_what_is_looked_for_can_be_narrowed(found: Page) -> None:
    """By a filter, and by how sure it has to be."""
    page = found
    page.locator("summary", has_text="Look again").click()
    page.get_by_label("Filter").fill('path ~ "coffee"')
    page.get_by_label("At least so sure, in percent").fill("90")
    page.get_by_role("button", name="Look for duplicates").click()

    expect(page.locator(".found-groups .group")).to_have_count(1, timeout=PATIENCE)
    expect(page.locator(".found-groups")).to_contain_text("coffee.jpg")


def test_who_goes_back_from_the_plan_is_asked_no_more(found: Page) -> None:
    """As on a phone by a gesture: the question does not stand above another view."""
    page = found
    page.get_by_role("button", name="Accept all").click()
    page.get_by_role("button", name="Look at the plan").click()
    expect(page.get_by_role("dialog")).to_contain_text("into quarantine")
    page.go_back()
    heading(page, "Jobs")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_both_steps_of_a_review_stand_side_by_side_on_a_phone(found: Page) -> None:
    """In a language of long words."""
    page = found
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("localStorage.setItem('pictrace.language', 'de')")
    page.goto(f"{page.home}#/review?certainty=exact")
    page.reload()
    previous, following = (page.get_by_role("button", name=name) for name in ("Vorige Gruppe", "Nächste Gruppe"))
    expect(following).to_be_visible()

    assert previous.bounding_box()["y"] == following.bounding_box()["y"]


def test_rules_say_what_stays(found: Page) -> None:
    """Those that are typed are those of the plan."""
    page = found
    page.get_by_role("button", name="Accept all").click()
    page.get_by_label("Which file stays").fill("path, -quality")
    with page.expect_request(lambda request: request.method == "POST") as asked:
        page.get_by_role("button", name="Look at the plan").click()

    expect(page.get_by_role("dialog")).to_be_visible()
    assert asked.value.post_data_json == {"rules": ["path", "-quality"]}


def test_a_settled_group_is_decided_anew(found: Page) -> None:
    """It is opened from the list, and its pair is asked for again."""
    page = found
    page.get_by_role("button", name="Accept all").click()
    page.locator(".group", has_text="Settled").click()
    page.get_by_role("button", name="Decide anew").click()
    expect(page.locator(".pair")).to_be_visible()


def test_groups_are_reviewed_while_more_are_looked_for(starts, visitor, tmp_path: Path, monkeypatch) -> None:
    """What is found so far is shown beside the progress, and answers to it hold once all is found."""
    go_on, keep = threading.Event(), reviewing.found.keep
    monkeypatch.setattr(reviewing, "_PACE_S", 0.0)
    monkeypatch.setattr(reviewing.found, "keep", lambda *given: (go_on.wait(PATIENCE), keep(*given)))
    page = visitor.opens(starts(folders=(pictures(tmp_path / "pictures"),)), "#/jobs")
    expect(page.locator(".job[data-state=done]")).to_be_visible()
    press(page, "d")
    page.get_by_role("button", name="Look for duplicates").click()
    expect(page.locator(".class.sure")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".running")).to_be_visible()
    page.get_by_role("link", name="Review: Sure copies").click()
    expect(page.locator(".pair")).to_be_visible()
    with page.expect_response(lambda one: "/picks" in one.url):
        press(page, "1")
    go_on.set()
    press(page, "Escape")
    expect(page.locator(".running")).to_be_hidden()
    page.get_by_role("link", name="Review: Sure copies").click()
    expect(page.locator(".review")).to_contain_text("2 to compare")


def test_a_loose_link_is_taken_in(found: Page) -> None:
    """Two groups that somebody says belong together are one, at once, and two again when that is undone."""
    page = found
    told = page.request.get(f"{page.home}v1/collections/default/duplicates").json()
    ids = [group["medoid"] for group in told["groups"]]

    def linked(route):
        plain = route.fetch().json()
        for group in plain["groups"]:
            group["loose"] = [{"ids": ids, "relation": "copy", "score": 0.9}] * (len(plain["groups"]) > 1)
        route.fulfill(json=plain)

    page.route("**/duplicates?*", linked)
    page.goto(f"{page.home}#/review")
    page.get_by_role("button", name="Take into this group").click()
    expect(page.locator(".tiny")).to_have_count(6)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    heading(page, "Group 1 of 2")


def test_the_focus_stays_on_the_answer(found: Page) -> None:
    """Who answers with a button by Enter has it at hand for the next pair."""
    page = found
    page.goto(f"{page.home}#/review?certainty=sure")
    page.get_by_role("button", name="Keep left").press("Enter")
    expect(page.locator(".review")).to_contain_text("2 to compare")
    expect(page.get_by_role("button", name="Keep left")).to_be_focused()


def held(page: Page) -> str:
    """What has the focus, in words."""
    return page.evaluate("document.activeElement === document.body ? '' : document.activeElement.innerText")


def test_the_focus_is_never_lost_to_the_beginning(found: Page) -> None:
    """Whatever is drawn anew under the hands of somebody without a mouse."""
    page = found
    page.get_by_role("button", name="Sure copies").press("Enter")
    expect(page.get_by_role("button", name="Sure copies")).to_have_attribute("aria-pressed", "true")
    assert held(page) == "Sure copies"
    page.get_by_role("button", name="Accept all").press("Enter")
    expect(page.locator(".class.exact")).to_contain_text("All settled")
    assert held(page) == "Duplicates"
    page.get_by_role("button", name="Look at the plan").press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    page.get_by_role("button", name="Move into quarantine").press("Enter")
    expect(page.locator(".plan")).to_contain_text("moved")
    assert held(page) == "The plan"


def test_keys_are_listed_and_said(found: Page) -> None:
    """Every key of the review is in the list, and a screen reader hears which pair is shown."""
    page = found
    page.goto(f"{page.home}#/review?certainty=exact")
    expect(page.locator("#polite")).to_contain_text("Group 1 of 1. Left: coffee.jpg, 600")
    press(page, "?")
    listed = page.get_by_role("dialog").locator("kbd").all_inner_texts()
    assert {"1", "2", "←", "→", "b", "n", "a", "u, Ctrl+Z", "j", "k", "d"} <= set(listed)


def test_who_may_only_search_is_offered_nothing(starts, visitor, tmp_path: Path) -> None:
    """No start, no review and no plan; why is said."""
    visitor.allowed = {401}
    service = starts(folders=(pictures(tmp_path / "pictures"),))
    _, key = keys.add(service.keys, "reader", rights=("search",))
    page = visitor.opens(service, "#/duplicates")
    page.get_by_label("Key", exact=True).fill(key)
    page.keyboard.press("Enter")
    expect(page.locator(".duplicates-view")).to_contain_text("Your key does not allow looking for duplicates.")
    expect(page.get_by_role("button", name="Look for duplicates")).to_have_count(0)
    page.goto(f"{service.url}#/review")
    expect(page.locator("main")).to_contain_text("Your key does not allow looking for duplicates.")
