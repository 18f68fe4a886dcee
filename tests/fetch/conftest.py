"""What every test of fetching has: an upstream that may be asked, and a canary that must not be."""

import pytest
from fetch.upstream import serving


@pytest.fixture
def answers():
    """What the upstream says, by path; tests put theirs in."""
    return {}


@pytest.fixture
def upstream(answers):
    """A server at the allowed address."""
    with serving(answers) as server:
        yield server


@pytest.fixture
def canary(upstream):
    """A server on the same port of a refused address: whoever gets through to it has broken the guard."""
    with serving({}, "127.0.0.1", upstream.port) as server:
        yield server
        assert server.hits == 0


@pytest.fixture
def base(upstream):
    """What the URLs of the upstream begin with."""
    return f"http://{upstream.server_address[0]}:{upstream.port}"
