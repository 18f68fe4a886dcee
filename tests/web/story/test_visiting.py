"""What holds in every view: links, languages, keys of the keyboard, keys of the service, and the connection."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect
from web.story.running import heading

import pictrace
from pictrace.service import keys

WORDS = Path(pictrace.__file__).parent / "web" / "i18n"
LINKS = [
    ("#/search?id=2", "Found the same picture"),
    ("#/compare?a=1&b=1", "The same picture"),
    ("#/compare?a=1&b=2", "No relation was found"),
    ("#/library?filter=format%20%3D%20%22JPEG%22&sort=oldest", "Library"),
    ("#/picture/3", "motorcycle_left.png"),
    ("#/nowhere", "There is no page at this address."),
    ("#/constructor", "There is no page at this address."),
    ("#/%", "There is no page at this address."),
    ("#/picture/%E0%A4%A", "There is no page at this address."),
    ("#/search", "Find a picture by picture"),
]


@pytest.mark.parametrize(("address", "title"), LINKS)
def test_an_address_leads_to_its_view(gallery, visitor, address: str, title: str) -> None:
    """What a link was copied from is what it opens."""
    page = visitor.opens(gallery, address)
    heading(page, title)


@pytest.mark.parametrize("address", ["#/picture/99", "#/search?id=99", "#/compare?a=1&b=99"])
def test_what_is_gone_is_explained(gallery, visitor, address: str) -> None:
    """A link to a picture that was deleted says so, and leads on."""
    visitor.allowed = {404}
    page = visitor.opens(gallery, address)
    expect(page.locator("main .notice, main .big-note")).to_be_visible()
    expect(page.locator("main").get_by_role("link").last).to_be_visible()


@pytest.mark.parametrize("language", ["ru", "de", "ja", "ko", "zh"])
def test_the_language_is_switched(gallery, visitor, language: str) -> None:
    """Another language is there at once, in every view, and after coming back."""
    words = json.loads((WORDS / f"{language}.json").read_text("utf-8"))
    page = visitor.opens(gallery)
    page.get_by_label("Language").select_option(language)
    heading(page, words["search.title"])
    for place in ("library", "add", "jobs"):
        page.locator(f".places [data-place={place}]").click()
        heading(page, words[{"library": "library.title", "add": "add.title", "jobs": "jobs.title"}[place]])
    page.reload()
    heading(page, words["jobs.title"])
    assert page.evaluate("document.documentElement.lang") == language


def test_everything_is_reached_by_keys(gallery, visitor) -> None:
    """From the library to a result, a comparison and back, without a pointer."""
    page = visitor.opens(gallery)
    heading(page, "Find a picture by picture")
    page.keyboard.press("l")
    expect(page.locator(".tile.is-shown")).to_have_count(4)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.tile-link')"):
            break
    page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    heading(page, "Found the same picture")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    heading(page, "The same picture")
    page.keyboard.press("Escape")
    heading(page, "Found the same picture")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_key_opens_a_session(starts, visitor) -> None:
    """A service that needs a key asks for one, takes no wrong one, keeps it in a cookie, and forgets it again."""
    visitor.allowed = {401}
    service = starts()
    _, key = keys.add(service.keys, "page", rights=("admin",))
    page = visitor.opens(service)
    page.get_by_label("Key", exact=True).fill("pt_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").filter(has_text="This key is not valid.")).to_be_visible()
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("The collection is still empty.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("The collection is still empty.")).to_be_visible()
    assert [one["httpOnly"] for one in page.context.cookies()] == [True]
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_key_can_be_given_later(starts, visitor) -> None:
    """Who gave no key when asked is offered to, and sees the view once it is there."""
    visitor.allowed = {401}
    service = starts()
    _, key = keys.add(service.keys, "page", rights=("search",))
    page = visitor.opens(service, "#/library")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The pictures could not be read")).to_be_visible()
    page.locator("#toasts").get_by_role("button", name="Sign in").click()
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("No pictures yet")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)


@pytest.fixture
def holder(starts, visitor):
    """Opens a page for somebody whose key has these rights, in a service with a collection that is empty."""
    visitor.allowed = {401}

    def signed_in(rights: tuple[str, ...], address: str, **options: str):
        service = starts()
        _, key = keys.add(service.keys, "holder", rights=rights)
        page = visitor.opens(service, address, **options)
        page.locator("#key").fill(key)
        page.keyboard.press("Enter")
        expect(page.locator(".state-pictures")).to_contain_text("0")
        expect(page.get_by_role("dialog")).to_have_count(0)
        return page

    return signed_in


def test_who_may_only_search_is_offered_no_more(holder) -> None:
    """A key without further rights sees no place to add or for jobs, no key for them, and no field for an address."""
    page = holder(("search",), "#/")
    expect(page.get_by_text("The collection is still empty.")).to_be_visible()
    expect(page.locator(".places [data-place]")).to_have_count(3)
    expect(page.locator("main a[href='#/add'], #address")).to_have_count(0)
    for key in ("a", "t"):
        page.keyboard.press(key)
        heading(page, "Find a picture by picture")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").locator("dd")).not_to_contain_text(["Add", "Address of a picture"])
    page.get_by_role("button", name="Close").click()
    page.locator(".places [data-place=library]").click()
    expect(page.get_by_text("Whoever runs this service can add some.")).to_be_visible()
    expect(page.locator("main a[href='#/add']")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "ru", "de", "ja", "ko", "zh"])
@pytest.mark.parametrize("place", ["add", "jobs"])
def test_a_place_that_a_key_does_not_open_is_explained(holder, place: str, language: str) -> None:
    """Whose link leads to what they may not do is told so, whom to ask, and led on."""
    words = json.loads((WORDS / f"{language}.json").read_text("utf-8"))
    page = holder(("search",), f"#/{place}", locale=language)
    heading(page, words[f"{place}.title"])
    expect(page.locator("main")).to_contain_text(words[f"{place}.forbidden"])
    expect(page.locator("main")).to_contain_text(words["shell.ask_key"])
    expect(page.locator("main").get_by_role("button")).to_have_count(0)
    expect(page.locator("main").get_by_role("link")).to_have_text(words["shell.to_search"])


def test_who_may_not_fetch_adds_files_only(holder) -> None:
    """A key with the right to index alone has a place for files, and no field for addresses."""
    page = holder(("search", "index"), "#/add")
    expect(page.locator(".drop-zone")).to_be_visible()
    expect(page.locator(".places [data-place]")).to_have_count(5)
    expect(page.locator("#add-urls")).to_have_count(0)
    page.locator(".places [data-place=search]").click()
    heading(page, "Find a picture by picture")
    expect(page.locator("#address")).to_have_count(0)


def test_a_lost_connection_comes_back(starts, visitor) -> None:
    """That the service is away is said, and that it is there again is noticed without being asked."""
    service = starts()
    visitor.allowed = {503}
    page = visitor.opens(service)
    expect(page.locator(".state-pictures")).to_have_text("0 pictures")
    service.stop()
    expect(page.locator(".state-lost")).to_be_visible()
    service.start()
    expect(page.locator(".state-lost")).to_be_hidden()
