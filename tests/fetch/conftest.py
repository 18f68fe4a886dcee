"""What every test of fetching has beside an upstream that may be asked: a canary that must not be."""

import pytest
from fetch.upstream import serving


@pytest.fixture
def canary(upstream):
    """A server on the same port of a refused address: whoever gets through to it has broken the guard."""
    with serving({}, "127.0.0.1", upstream.port) as server:
        yield server
        assert server.hits == 0
