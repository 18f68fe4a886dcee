"""A service under attack for every test here, which must be as it was after each of them."""

import os

import pytest
from attacks.besieged import Besieged, besieged, together
from attacks.canary import FAR, Canary, answering, listener, listening
from fetch.upstream import ok
from photographs import PHOTOS, jpeg, noise, photo

IS_FULL = os.environ.get("ATTACKS") == "full"

needs_network = pytest.mark.skipif(not FAR, reason="only in a network of its own: scripts/attacks makes one, if it may")


@pytest.fixture(scope="session")
def full():
    """Whether slow cases run at their full size."""
    return IS_FULL


@pytest.fixture(scope="session")
def answers():
    """What the upstream says, by path; tests put theirs in."""
    return {"/x.jpg": ok(jpeg(photo("coffee.png")))}


@pytest.fixture(scope="session")
def names():
    """What is answered for names; tests put theirs in."""
    return {}


@pytest.fixture(scope="session")
def _canaries(answers):
    with listening(listener(0), answers=answers) as found:
        yield found


@pytest.fixture(scope="session")
def internet(_canaries, answers, names):
    """Servers at every address there is, and one for names; for one file of tests, as there is one network for all."""
    if not FAR:
        yield
        return
    sockets = [listener(80), *(listener(one, far=True) for one in (80, 443, _canaries[0].port))]
    with listening(*sockets, answers=answers) as found, answering(names):
        _canaries.extend(found)
        yield


@pytest.fixture
def canaries(_canaries) -> list[Canary]:
    """All servers that the service can reach, with what came before forgotten; the first is the near one at port P."""
    for canary in _canaries:
        canary.places.clear()
        canary.heads.clear()
        canary.peak = 0
    return _canaries


@pytest.fixture
def port(canaries) -> int:
    """The port P."""
    return canaries[0].port


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """About fifty pictures, six of them photographs."""
    made = tmp_path_factory.mktemp("pictures")
    for name in PHOTOS:
        (made / f"{name}.jpg").write_bytes(jpeg(photo(name)))
    for seed in range(44):
        (made / f"noise{seed}.jpg").write_bytes(jpeg(noise(seed)))
    return made


@pytest.fixture(scope="session")
def golden() -> bytes:
    """A query whose best match must stay the same: a part of a photograph, saved badly."""
    return jpeg(photo("chelsea.png").crop((20, 10, 430, 290)), quality=60)


@pytest.fixture(scope="session")
def _house(tmp_path_factory, _canaries, folder, golden, answers):
    port = _canaries[0].port
    settings = {
        "fetch_allow_networks": "127.0.0.3/32",
        "fetch_allow_ports": f"80,443,{port}",
        "proxy": f"http://127.0.0.1:{port}",  # which the environment names, and nobody may use
        # Rates have cases of their own; here they would only make everything slow.
        "service_rate_per_minute": 1_000_000,
        "service_burst": 1_000_000,
        "service_fetches_per_minute": 1_000_000,
        "service_auth_failures_per_minute": 1_000_000,
    }
    with besieged(tmp_path_factory.mktemp("besieged"), folder, **settings) as house:
        # Threads that are made when they are first needed are not what cases leave behind.
        answers["/warm"] = lambda server, _: server.over.wait(0.5) or None
        url = f"http://127.0.0.3:{port}/warm"
        together(*[lambda: house.ask("POST", "/v1/collections/default/search", {"url": url})] * 16)
        together(*[lambda: house.search(golden)] * 16)
        house.remember(golden)
        yield house


@pytest.fixture
def house(_house, canaries) -> Besieged:
    """The service; after the test it must be as it was before, and no canary may have been asked."""
    yield _house
    _house.restore()
    assert [canary.places for canary in canaries if canary.hits] == []
    _house.check()
