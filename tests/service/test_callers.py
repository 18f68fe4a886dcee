"""Who may do what."""

import pytest
from service.guarded import fetching

from pictrace.service import keys
from pictrace.service.sessions import COOKIE

FAR = "203.0.113.9"
WRONG = [("X-API-Key", "pt_00000000_" + "a" * 43 + "_00000000")]
ROUTES = [
    ("GET", "/v1/things", "search"),
    ("POST", "/v1/things", "search"),
    ("GET", "/v1/things/7", "search"),
    ("DELETE", "/v1/things/7", "delete"),
    ("POST", "/v1/archives", "index"),
    ("GET", "/metrics", "admin"),
    ("GET", "/nothing", "search"),
    ("PUT", "/v1/things", "search"),
]


@pytest.mark.parametrize(("method", "target", "right"), ROUTES)
def test_routes_need_their_right(house, method, target, right):
    """No key, a wrong one, a revoked one, one for something else, and the right one."""
    revoked, other, own = house.key(right), house.key("fetch"), house.key(right)
    keys.revoke(house.path, revoked[0][1].split("_")[1])
    asker = house.asker()
    statuses = [asker.ask(method, target, headers).status for headers in ([], WRONG, revoked, other, own)]
    well = {"/nothing": 404}.get(target, 405 if method == "PUT" else 200)

    assert statuses == [401, 401, 401, well if well > 400 else 403, well]


def test_an_admin_may_do_everything(house):
    """It is what the word means."""
    key = house.key("admin")
    asker = house.asker()

    assert {asker.ask(method, target, key).status for method, target, _ in ROUTES[:6]} == {200}


def test_health_needs_no_key(house):
    """And none is looked at."""
    house.key("search")

    assert house.asker().get("/healthz", WRONG).status == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_a_key_may_be_a_bearer_token(house, scheme):
    """As most programs send it."""
    text = house.key("search")[0][1]

    assert house.asker().get(headers=[("Authorization", f"{scheme} {text}")]).status == 200


@pytest.mark.parametrize("scheme", ["Basic", "", "Token"])
def test_other_schemes_are_no_key(house, scheme):
    """The answer says which is meant."""
    text = house.key("search")[0][1]
    reply = house.asker().get(headers=[("Authorization", f"{scheme} {text}")])

    assert (reply.status, reply.code) == (401, "unauthenticated")
    assert reply.header("www-authenticate") == 'Bearer realm="pictrace"'


def test_several_keys_are_refused(house):
    """Which of them was meant is anybody's guess."""
    key = house.key("search")

    assert house.asker().get(headers=[*key, *key]).code == "bad_request"
    assert house.asker().get(headers=[*key, ("Authorization", f"Bearer {key[0][1]}")]).code == "bad_request"


def test_the_body_is_not_read_for_strangers(house):
    """A refused upload costs nothing."""
    house.key("search")
    reply = house.asker().post(headers=[("Transfer-Encoding", "chunked")], body=[b"a" * 1000] * 64)

    assert (reply.status, reply.parts_read) == (401, 0)
    assert reply.header("connection") == "close"


def test_a_revoked_key_is_refused_at_once(house):
    """While the service runs."""
    key = house.key("search")
    asker = house.asker()
    assert asker.get(headers=key).status == 200

    keys.revoke(house.path, key[0][1].split("_")[1])
    assert asker.get(headers=key).status == 401


def test_the_first_key_closes_the_door(house):
    """While the service runs."""
    asker = house.asker()
    assert asker.get().status == 200

    house.key("search")
    assert asker.get().status == 401


@pytest.mark.parametrize(
    ("settings", "client", "headers", "status"),
    [
        ({}, "127.0.0.1", [], 200),
        ({"host": "::1"}, "::1", [], 200),
        ({"host": "localhost"}, "127.0.0.1", [], 200),
        ({"host": "::"}, "127.0.0.1", [], 401),
        ({"host": "192.0.2.1"}, "192.0.2.1", [], 401),
        ({}, FAR, [], 401),
        ({}, "", [], 200),
        ({}, "127.0.0.1", [("X-Forwarded-For", FAR)], 401),
        ({}, "127.0.0.1", [("Forwarded", f"for={FAR}")], 401),
        ({"trusted_proxies": ("127.0.0.0/8",)}, "127.0.0.1", [("X-Forwarded-For", FAR)], 401),
        ({"host": "::", "insecure_no_auth": True}, FAR, [("X-Forwarded-For", FAR)], 200),
    ],
)
def test_without_any_key_only_ones_own_machine_comes_in(house, settings, client, headers, status):
    """Nobody from outside, also through a proxy on this machine, unless that is wanted."""
    assert house.asker(client=client, **settings).get(headers=headers).status == status


def test_ten_wrong_keys_are_enough(house):
    """Then a right one is refused as well, but only from there."""
    key = house.key("search")
    asker = house.asker(client=FAR)
    statuses = [asker.get(headers=WRONG).status for _ in range(12)]
    refused = asker.get(headers=key)
    elsewhere = house.asker(client="203.0.113.10").get(headers=key)

    assert statuses == [401] * 10 + [429] * 2
    assert (refused.status, refused.header("retry-after")) == (429, "6")
    assert elsewhere.status == 200
    house.time += 6
    assert asker.get(headers=key).status == 200


def test_wrong_keys_are_counted_on_ones_own_machine_too(house):
    """Another user of it may be the one who tries."""
    house.key("search")
    asker = house.asker(auth_failures_per_minute=1)

    assert [asker.get(headers=WRONG).status for _ in range(2)] == [401, 429]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        (FAR, ["1.2.3.4"], FAR),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", ["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", ["6.6.6.6", "1.2.3.4, 10.0.0.2"], "1.2.3.4"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["1.2.3.4, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", [", ".join(["6.6.6.6"] * 500 + ["1.2.3.4"])], "1.2.3.4"),
    ],
)
def test_only_your_own_proxies_are_believed(house, peer, forwarded, client):
    """The nearest address that none of them has is the client's."""
    asker = house.asker(client=peer, trusted_proxies=("10.0.0.0/8",), insecure_no_auth=True)
    asker.get(headers=[("X-Forwarded-For", value) for value in forwarded])

    assert house.records[0].client == client


def test_spoofed_addresses_evade_no_limit(house):
    """A new one with every request."""
    asker = house.asker(client=FAR, burst=5, insecure_no_auth=True)
    statuses = [asker.get(headers=[("X-Forwarded-For", f"1.2.3.{number}")]).status for number in range(6)]

    assert statuses == [200] * 5 + [429]


def test_a_damaged_file_of_keys_lets_nobody_in(house):
    """It is no mistake of the client's, and none of its words get out."""
    key = house.key("search")
    asker = house.asker()
    house.path.write_text("{")
    reply = asker.get(headers=key)

    assert (reply.status, reply.code) == (503, "configuration_refused")
    assert b"keys.json" not in reply.body


@pytest.mark.parametrize(("rights", "status"), [(("search",), 403), (("search", "fetch"), 200)])
def test_the_application_asks_for_rights_that_the_body_needs(house, rights, status):
    """Whether there is a URL to fetch is in the body."""
    assert house.asker(fetching).post("/v1/fetches", house.key(*rights)).status == status


def test_a_page_whose_key_was_revoked_guesses_nothing(house):
    """It asks for a hundred thumbnails at once, and its owner still has another key."""
    text, other = house.key("search")[0][1], house.key("search")
    asker = house.asker()
    session = [("Cookie", f"{COOKIE}={asker.app._sessions.open(text)}")]
    keys.revoke(house.path, text.split("_")[1])

    assert {asker.get(headers=session).status for _ in range(15)} == {401}
    assert asker.get(headers=other).status == 200
