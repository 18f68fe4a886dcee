"""Hosts and pages that ask."""

import pytest

JSON = [("Content-Type", "application/json")]


@pytest.mark.parametrize("target", ["/v1/things", "/healthz"])
@pytest.mark.parametrize(
    "hosts",
    [
        ["evil.test"],
        [None],
        ["127.0.0.1", "127.0.0.1"],
        ["evil.test:80@127.0.0.1"],
        ["127.0.0.1/../x"],
        ["127.0.0.1:99999"],
        ["127.0.0.1:"],
        ["127.0.0.1:5000 evil.test"],
        ["127.0.0.1#"],
        ["localhost.evil.test"],
        ["[::1"],
        ["::1"],
        ["0.0.0.1"],
        ["127.1"],
        [""],
        ["localhosté"],
        ["a" * 10_000],
    ],
)
def test_requests_for_other_hosts_are_refused(house, target, hosts):
    """A page that gave its own name this machine's address gets nothing, not even health."""
    reply = house.asker().get(target, [("Host", host) for host in hosts])

    assert (reply.status, reply.code) == (400, "bad_host")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "localhost.", "127.0.0.1:1", "[::1]:5000", "pics.example", "pics.example:443"]
)
def test_this_machines_names_and_those_that_are_set_are_answered(house, host):
    """Whatever the port, which may be mapped."""
    assert house.asker(hosts=("pics.example",)).get(headers=[("Host", host)]).status == 200


@pytest.mark.parametrize(("server", "host"), [("192.0.2.7", "192.0.2.7"), ("2001:db8::7", "[2001:db8::7]:5000")])
def test_the_address_that_was_reached_is_answered(house, server, host):
    """A service on all addresses has no name of its own."""
    asker = house.asker()
    asker.server = server

    assert asker.get(headers=[("Host", host)]).status == 200


@pytest.mark.parametrize("target", ["http://127.0.0.1/v1/things", "http://evil.test/healthz", "evil.test:443", "*"])
def test_a_target_that_names_a_host_is_refused(house, target):
    """Two hosts in one request are one too many."""
    assert house.asker().get(target).code == "bad_host"


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", "http://127.0.0.1:5001", "http://localhost:5000", "ftp://127.0.0.1:5000", ""]
)
def test_pages_of_other_sites_are_refused(house, method, origin):
    """Another port is another site; nobody is allowed across."""
    reply = house.asker().ask(method, "/v1/things", [("Origin", origin)])

    assert (reply.status, reply.code) == (403, "forbidden")
    assert not [name for name, _ in reply.headers if name.startswith("access-control")]


def test_several_origins_are_refused(house):
    """The first of them could be ours."""
    origin = ("Origin", "http://127.0.0.1:5000")

    assert house.asker().post(headers=[origin, origin]).code == "forbidden"


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("localhost", "http://localhost"),
        ("localhost", "http://localhost:80"),
        ("pics.example", "https://pics.example"),
        ("pics.example:443", "https://pics.example"),
    ],
)
def test_the_page_of_this_service_may_ask(house, host, origin):
    """Also behind a proxy that speaks TLS."""
    headers = [("Host", host), ("Origin", origin), ("Sec-Fetch-Site", "same-origin")]

    assert house.asker(hosts=("pics.example",)).post(headers=headers).status == 200


@pytest.mark.parametrize(
    ("method", "sites", "status"),
    [
        ("POST", [], 200),
        ("POST", ["same-origin"], 200),
        ("POST", ["none"], 200),
        ("POST", ["same-site"], 403),
        ("POST", ["cross-site"], 403),
        ("POST", ["none", "cross-site"], 403),
        ("POST", [""], 403),
        ("DELETE", ["cross-site"], 403),
        ("GET", ["cross-site"], 403),
    ],
)
def test_forms_of_other_sites_change_nothing(house, method, sites, status):
    """Browsers say where a request is from; other programs say nothing."""
    headers = [("Sec-Fetch-Site", site) for site in sites]

    assert house.asker().ask(method, "/v1/things/7" if method == "DELETE" else "/v1/things", headers).status == status


def test_a_key_proves_that_no_form_was_sent(house):
    """No page can make a browser send one across sites unasked."""
    key = house.key("search")

    assert house.asker().post(headers=[*key, ("Sec-Fetch-Site", "cross-site")]).status == 200
    assert house.asker().post(headers=[*key, ("Origin", "http://evil.test")]).code == "forbidden"
