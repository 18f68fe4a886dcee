"""The session of a page: a cookie for a key."""

import pytest
from service.desk import HOME, opened, settings, until

from pictrace.service import events, keys


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A service with a key for everything, one to add only, one to search and add, and one that will end."""
    chosen = settings(tmp_path_factory.mktemp("locked"))
    rights = ["admin"], ["index"], ["search", "index"], ["search"]
    made = [keys.add(chosen.keys_path, "one", rights=one) for one in rights]
    with opened(chosen) as desk:
        yield desk, chosen, made


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def test_a_cookie_stands_for_the_key(locked):
    """No script can read it, and no other site use it."""
    desk, _, ((_, key), *_) = locked
    answer = desk.ask("POST", "/v1/session", headers=bearer(key))
    cookie = answer.headers["set-cookie"]
    desk.client.cookies.clear()
    secret = cookie.partition("=")[2].partition(";")[0]
    inside = desk.get(headers={"Cookie": f"pictrace_session={secret}"})
    desk.ask("DELETE", "/v1/session", headers={"Cookie": f"pictrace_session={secret}"})
    outside = desk.get(headers={"Cookie": f"pictrace_session={secret}"})

    assert (answer.status_code, answer.content) == (204, b"")
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert key not in cookie
    assert (inside.status_code, outside.status_code) == (200, 401)


def test_a_session_ends_with_its_key(locked):
    """Within a second."""
    desk, chosen, (*_, (made, key)) = locked
    secret = desk.ask("POST", "/v1/session", headers=bearer(key)).cookies["pictrace_session"]
    desk.client.cookies.clear()
    cookie = {"Cookie": f"pictrace_session={secret}"}
    before = desk.get(headers=cookie).status_code
    keys.revoke(chosen.keys_path, made.id)
    until(lambda: desk.get(headers=cookie).status_code == 401)

    assert before == 200


@pytest.mark.parametrize("end", ["key", "session", "file"])
def test_a_stream_ends_with_what_opened_it(tmp_path, monkeypatch, end):
    """A page that lost its right hears nothing more, without having been asked to go."""
    monkeypatch.setattr(events, "_SILENCE_S", 0.05)
    chosen = settings(tmp_path)
    made, key = keys.add(chosen.keys_path, "one", rights=["search"])
    with opened(chosen) as desk:
        secret = desk.ask("POST", "/v1/session", headers=bearer(key)).cookies["pictrace_session"]
        desk.client.cookies.clear()
        cookie = {"Cookie": f"pictrace_session={secret}"}
        ends = {
            "key": lambda: keys.revoke(chosen.keys_path, made.id),
            "session": lambda: desk.ask("DELETE", "/v1/session", headers=cookie),
            "file": lambda: chosen.keys_path.write_text("damaged"),
        }
        told = desk.listens(
            f"{HOME}/events", lambda _: False, lambda told: ends[end]() if told == 1 else None, headers=cookie
        )

    assert [name for name, _ in told] == ["collection"]


def test_a_stream_without_a_key_ends_with_the_first_one(tmp_path, monkeypatch):
    """From then on everybody needs one."""
    monkeypatch.setattr(events, "_SILENCE_S", 0.05)
    chosen = settings(tmp_path)
    with opened(chosen) as desk:

        def act(told):
            if told == 1:
                keys.add(chosen.keys_path, "one", rights=["search"])

        told = desk.listens(f"{HOME}/events", lambda _: False, act)

    assert [name for name, _ in told] == ["collection"]


def test_one_caller_listens_only_so_often(tmp_path):
    """Others have their own share."""
    chosen = settings(tmp_path, service={"listeners_per_caller": 1})
    mine, yours = ({"X-API-Key": keys.add(chosen.keys_path, "one", rights=["search"])[1]} for _ in range(2))
    with opened(chosen) as desk:
        refused = []

        def act(told):
            refused.append(desk.get("/events", headers=mine))
            refused.append(desk.listens(f"{HOME}/events", lambda text: "event" in text, headers=yours))

        desk.listens(f"{HOME}/events", lambda text: "event" in text, act, headers=mine)

    assert (refused[0].status_code, refused[0].json()["code"]) == (429, "too_many_in_flight")
    assert refused[0].headers["retry-after"] == "5"
    assert [name for name, _ in refused[1]] == ["collection"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), (bearer("pt_wrong"), 401), ({"Authorization": "Basic eDp5"}, 401), ({"Authorization": "Bearer"}, 401)],
)
def test_without_a_key_there_is_no_session(locked, headers, status):
    """Nor with one that is no key."""
    answer = locked[0].ask("POST", "/v1/session", headers=headers)

    assert (answer.status_code, "set-cookie" in answer.headers) == (status, False)


def test_another_scheme_begins_no_session(desk):
    """Also where no key is needed, so that what is sent is not looked at before."""
    answer = desk.ask("POST", "/v1/session", headers={"Authorization": "Basic eDp5"})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("proxies", "said", "is_secure"),
    [
        (["127.0.0.1/32"], "https", True),
        (["127.0.0.1/32"], "http, HTTPS", True),
        (["127.0.0.1/32"], "https, http", False),
        (["127.0.0.1/32"], "", False),
        (["192.0.2.0/24"], "https", False),
        ([], "https", False),
    ],
)
def test_over_tls_the_cookie_is_for_tls_only(tmp_path, proxies, said, is_secure):
    """As your own proxy says, and nobody else."""
    chosen = settings(tmp_path, service={"trusted_proxies": tuple(proxies)})
    key = keys.add(chosen.keys_path, "one", rights=["search"])[1]
    with opened(chosen) as desk:
        headers = bearer(key) | ({"X-Forwarded-Proto": said} if said else {})
        cookies = [
            desk.ask(method, "/v1/session", headers=headers).headers["set-cookie"] for method in ("POST", "DELETE")
        ]

    assert ["; Secure" in cookie for cookie in cookies] == [is_secure] * 2


def test_a_key_that_may_not_search_opens_none(locked):
    """A page is for searching."""
    desk, _, (_, (_, key), *_) = locked

    assert desk.ask("POST", "/v1/session", headers=bearer(key)).status_code == 403


def test_where_no_key_is_needed_there_is_nothing_to_stand_for(desk):
    """It is asked for all the same."""
    assert desk.ask("POST", "/v1/session").status_code == 400
    assert desk.ask("DELETE", "/v1/session").status_code == 204


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "", 403),
        ("POST", "/search", 403),
        ("GET", "/jobs", 200),
        ("POST", "/jobs", 403),
        ("DELETE", "/images/1", 403),
    ],
)
def test_a_key_does_what_it_is_for(locked, method, target, status):
    """This one is for adding."""
    desk, _, (_, (_, key), *_) = locked

    assert desk.ask(method, f"/v1/collections/default{target}", headers={"X-API-Key": key}).status_code == status


def test_a_url_needs_its_own_right(locked):
    """To search with as to add."""
    desk, _, (_, _, (_, key), _) = locked
    answers = [
        desk.post(target, json={"url": "http://a.example/"}, headers={"X-API-Key": key})
        for target in ("/search", "/images")
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(403, "forbidden")] * 2
