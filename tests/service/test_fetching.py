"""The service's one way to other machines."""

import pytest
from fetch.upstream import ok, policy, serving

from pictrace.errors import ForbiddenError
from pictrace.service.fetching import Fetching
from pictrace.settings import FetchPolicy, Settings


def test_files_are_fetched_again_after_it_was_closed():
    """It opens when it is needed."""
    with serving({"/a.jpg": ok(b"one")}) as upstream:
        fetching = Fetching(Settings(fetch=policy(upstream)))
        url = f"http://127.0.0.3:{upstream.port}/a.jpg"
        found = []
        for _ in range(2):
            found += [fetching.get(url), *(one.data for _, one in fetching.many([url]))]
            fetching.close()

    assert found == [b"one"] * 4


def test_where_nothing_is_fetched_nobody_is_asked():
    """Not even for a name."""
    with pytest.raises(ForbiddenError, match="fetches nothing"):
        Fetching(Settings(fetch=FetchPolicy(enabled=False))).get("http://a.example/")
