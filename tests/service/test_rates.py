"""How often somebody may ask."""

import pytest
from service.guarded import echo, fetching

from pictrace.service._rates import Buckets, whole_seconds

FAR = "203.0.113.9"
UPLOAD = [("Content-Type", "image/png"), ("Content-Length", "0")]


def test_a_burst_passes_and_then_the_rate():
    """Twenty at once, then one a second, forever."""
    time = [0.0]
    buckets = Buckets(60, burst=20, clock=lambda: time[0])
    at_once = sum(not buckets.take("a") for _ in range(200))
    for _ in range(600):
        time[0] += 0.1
        at_once += not buckets.take("a")

    assert at_once == 20 + 60


@pytest.mark.parametrize("cost", [1, 2, 5, 20])
def test_what_is_said_to_wait_is_enough_and_not_too_much(cost):
    """To the moment, whatever the cost."""
    time = [0.0]
    buckets = Buckets(60, burst=20, clock=lambda: time[0])
    buckets.take("a", 20)
    wait = buckets.take("a", cost)

    time[0] = wait - 0.01
    assert buckets.take("a", cost) > 0
    time[0] = wait
    assert buckets.take("a", cost) == 0


def test_a_cost_above_the_burst_can_be_paid():
    """With everything that is there, and the rest is owed."""
    buckets = Buckets(60, burst=3, clock=lambda: 0.0)

    assert buckets.take("a", 5) == 0
    assert buckets.take("a", 1) == buckets.wait("a", 1) == 3.0


def test_refusals_and_looks_cost_nothing():
    """Whoever asks too often does not push the moment away."""
    buckets = Buckets(60, burst=1, clock=lambda: 0.0)
    buckets.take("a")

    assert {buckets.take("a") for _ in range(5)} == {buckets.wait("a")} == {1.0}


def test_buckets_are_bounded():
    """The one that was used last stays."""
    buckets = Buckets(60, burst=1, clock=lambda: 0.0, most=3)
    for name in "abcd":
        buckets.take(name)

    assert len(buckets) == 3
    assert buckets.take("d") > 0
    assert buckets.take("a") == 0


def test_full_buckets_are_let_go():
    """A quiet service keeps nothing."""
    time = [0.0]
    buckets = Buckets(60, burst=1, clock=lambda: time[0])
    for name in "abc":
        buckets.take(name)
    time[0] = 60.0
    buckets.take("d")

    assert len(buckets) == 1


@pytest.mark.parametrize(("wait", "seconds"), [(0.01, 1), (1.0, 1), (1.01, 2)])
def test_retry_after_is_whole_seconds(wait, seconds):
    """Rounded up, so that it is enough."""
    assert whole_seconds(wait) == seconds


def test_a_key_is_limited(house):
    """Wherever it is used from; `Retry-After` is right."""
    key = house.key("search")
    asker = house.asker(burst=3)
    statuses = [asker.get(headers=key).status for _ in range(4)]
    asker.client = FAR
    refused = asker.get(headers=key)

    assert statuses == [200, 200, 200, 429]
    assert (refused.code, refused.header("retry-after")) == ("rate_limited", "1")
    house.time += 1
    assert asker.get(headers=key).status == 200


def test_another_key_is_not_harmed(house):
    """Each has its own."""
    asker = house.asker(burst=1)
    one, other = house.key("search"), house.key("search")

    assert [asker.get(headers=key).status for key in (one, other, one)] == [200, 200, 429]


def test_ones_own_machine_is_not_limited(house):
    """Nobody is in anybody's way there."""
    asker = house.asker(burst=1)

    assert {asker.get().status for _ in range(30)} == {200}


def test_ones_own_machine_can_be_limited(house):
    """If it is wanted."""
    asker = house.asker(burst=1, limit_loopback=True)

    assert [asker.get().status for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (FAR, FAR, 429),
        (FAR, "203.0.113.10", 200),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", 429),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", 200),
        (f"::ffff:{FAR}", FAR, 429),
    ],
)
def test_addresses_are_limited(house, first, second, status):
    """An IPv4 address, or an IPv6 network, which is one household's."""
    asker = house.asker(burst=1, insecure_no_auth=True, client=first)
    assert asker.get().status == 200

    asker.client = second
    assert asker.get().status == status


@pytest.mark.parametrize(
    ("target", "headers", "count"),
    [
        ("/v1/things", [], 20),
        ("/v1/things", [("Content-Type", "application/json"), ("Content-Length", "1")], 20),
        ("/v1/things", [("Content-Type", "image/png"), ("Content-Length", "1")], 10),
        ("/v1/fetches", [("Content-Type", "application/json"), ("Content-Length", "1")], 4),
    ],
)
def test_some_requests_count_more(house, target, headers, count):
    """Uploads twice, URLs that are fetched five times."""
    asker = house.asker(fetching if target.endswith("fetches") else echo, insecure_no_auth=True, client=FAR)
    replies = [asker.post(target, headers, [b"1", b""]).status for _ in range(25)]

    assert replies == [200] * count + [429] * (25 - count)


def test_fetches_have_a_rate_of_their_own(house):
    """And a refused one costs nothing of the other."""
    asker = house.asker(fetching, burst=1000, fetches_per_minute=2, insecure_no_auth=True, client=FAR)
    replies = [asker.post("/v1/fetches") for _ in range(3)]

    assert [reply.status for reply in replies] == [200, 200, 429]
    assert "too many URLs to fetch" in replies[2].json["detail"]
    assert replies[2].header("retry-after") == "30"


def test_health_is_never_limited(house):
    """Whoever looks after the service may look."""
    asker = house.asker(burst=1, insecure_no_auth=True, client=FAR)

    assert {asker.get("/healthz").status for _ in range(30)} == {200}


def test_refusals_for_want_of_a_key_are_limited(house):
    """They cost something as well."""
    house.key("search")
    asker = house.asker(burst=2, client=FAR)

    assert [asker.get().status for _ in range(3)] == [401, 401, 429]
