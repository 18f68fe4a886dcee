"""Every index that ships keeps every promise of `pictrace.testing.index`."""

import pytest

from pictrace import registry
from pictrace.testing import check_index
from pictrace.testing.index import checks_of

PROMISES = [
    pytest.param(name, check, space, id=f"{name}-{check.__name__}-{space.metric}")
    for name in registry.names("indexes")
    for check, space in checks_of(registry.load("indexes", name))
]


@pytest.mark.parametrize(("name", "check", "space"), PROMISES)
def test_an_index_keeps_its_promises(name, check, space, tmp_path):
    """The promise in the check's name is kept."""
    check(registry.load("indexes", name), space, tmp_path / "rows.index")


def test_check_index_runs_every_check(tmp_path):
    """One call checks an index in both kinds of space."""
    check_index(registry.load("indexes", "exact"), tmp_path)

    assert (tmp_path / "cosine.index").exists()
    assert (tmp_path / "hamming.index").exists()


def test_check_index_names_the_broken_promise(tmp_path):
    """An index that finds nothing in a single row, a known kind of mistake, is found out."""

    class Forgetful(registry.load("indexes", "exact")):
        def search(self, rows, limit):
            return [
                hits if len(self) > 1 else type(hits)(hits.keys[:0], hits.distances[:0])
                for hits in super().search(rows, limit)
            ]

    with pytest.raises(AssertionError, match="1 rows give 1 hits"):
        check_index(Forgetful, tmp_path)
