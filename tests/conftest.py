"""What holds for every test: fixed seeds, no network, and nothing of whoever runs them."""

import contextlib
import os
import socket

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "fixed", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("fixed")


@pytest.fixture(autouse=True, scope="session")
def _alone(tmp_path_factory):
    """No test sees the home folder or the settings of whoever runs it, or any machine but this one."""
    connect = socket.socket.connect

    def connect_here(one, address):
        is_local = one.family == getattr(socket, "AF_UNIX", None) or address[0] in {"::1", "localhost"}
        if not is_local and not address[0].startswith("127."):
            raise AssertionError(f"a test called out to {address}")
        return connect(one, address)

    with pytest.MonkeyPatch.context() as patch:
        for name in [*filter(lambda name: name.startswith(("PICTRACE_", "XDG_")), os.environ)]:
            patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(socket.socket, "connect", connect_here)
        yield


@pytest.fixture
def few_rows_are_many(monkeypatch):
    """Indexes are worth building from ten rows on."""
    from pictrace import folding

    monkeypatch.setattr(folding, "FOLD_ROWS", 10)


@pytest.fixture
def catalog(tmp_path):
    """An open catalog of twenty pictures, keys 1 to 20."""
    from stock import twenty

    with contextlib.closing(twenty(tmp_path)) as catalog:
        yield catalog


@pytest.fixture
def folder(tmp_path):
    """Where the index files of that catalog go."""
    return tmp_path / "indexes"


@pytest.fixture
def answers():
    """What the upstream says, by path; tests put theirs in."""
    return {}


@pytest.fixture
def upstream(answers):
    """A server at the one address that tests may fetch from."""
    from fetch.upstream import serving

    with serving(answers) as server:
        yield server


@pytest.fixture
def base(upstream):
    """What the URLs of the upstream begin with."""
    return f"http://{upstream.server_address[0]}:{upstream.port}"


collect_ignore = [] if os.environ.get("ATTACKS") else ["attacks"]
