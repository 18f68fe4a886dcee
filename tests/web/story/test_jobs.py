"""Jobs as the page follows them: what it is told late is never taken for what is so now."""

import re

from playwright.sync_api import expect

JOBS = re.compile(r"/jobs$")
DONE = ".job[data-state=done]"
FRAMES = "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"


def test_an_older_answer_changes_nothing(empty, visitor) -> None:
    """A list of jobs that arrives after the news of them does not bring back what was so before."""
    page = visitor.opens(empty, "#/library")
    asked = []
    page.route(JOBS, lambda route: route.fallback() if route.request.method == "POST" else asked.append(route))
    page.get_by_role("link", name="Jobs", exact=True).click()
    with page.expect_response(lambda one: one.request.method == "POST") as begun:
        page.get_by_role("button", name="Rebuild the index").click()
    expect(page.locator(DONE)).to_be_visible()
    with page.expect_response(JOBS):
        asked[-1].fulfill(json={"jobs": [{**begun.value.json(), "state": "running"}]})
    page.evaluate(FRAMES)
    expect(page.locator(DONE)).to_be_visible()


def test_an_answer_later_than_the_news_changes_nothing(empty, visitor) -> None:
    """A job that is done before the page hears that it was queued stays done."""
    page = visitor.opens(empty, "#/jobs")
    held = []
    page.route(
        JOBS, lambda route: held.append((route, route.fetch())) if route.request.method == "POST" else route.fallback()
    )
    page.get_by_role("button", name="Rebuild the index").click()
    expect(page.locator(DONE)).to_be_visible()
    with page.expect_response(JOBS):
        held[0][0].fulfill(response=held[0][1])
    page.evaluate(FRAMES)
    expect(page.locator(DONE)).to_be_visible(timeout=100)


def test_what_ended_before_the_stream_began_is_seen(empty, visitor) -> None:
    """A job that ends between the page's question and its stream is not shown as running for ever."""
    page = visitor.opens(empty, "#/library")
    streams = []
    page.route("**/events", lambda route: streams.append(route))  # noqa: PLW0108 - Playwright takes no built-in
    with page.expect_request("**/events"):
        page.goto(f"{empty.url}#/jobs")
        page.reload()
    with page.expect_response(lambda one: one.request.method == "POST"):
        page.get_by_role("button", name="Rebuild the index").click()
    expect(page.locator(".job")).to_be_visible()
    while page.request.get(f"{empty.url}v1/collections/default/jobs").json()["jobs"][0]["state"] != "done":
        page.wait_for_timeout(20)
    streams[-1].continue_()
    expect(page.locator(DONE)).to_be_visible()


def test_who_begins_a_job_by_keyboard_stays_where_they_were(empty, visitor) -> None:
    """On the button, from which the next one can be begun."""
    page = visitor.opens(empty, "#/jobs")
    page.get_by_role("button", name="Rebuild the index").press("Enter")
    expect(page.locator(DONE)).to_be_visible()
    expect(page.get_by_role("button", name="Rebuild the index")).to_be_focused()
