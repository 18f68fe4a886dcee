"""Every catalog that ships keeps every promise of `pictrace.testing.catalog`."""

import itertools

import pytest

from pictrace import registry
from pictrace.testing import check_catalog
from pictrace.testing.catalog import CHECKS


@pytest.fixture
def new_place(tmp_path):
    """From a catalog's name to paths or URLs where no collection is yet."""
    numbers = itertools.count()
    places = {"sqlite": lambda: str(tmp_path / f"{next(numbers)}.pictrace")}
    return lambda name: places[name]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", registry.names("catalogs"))
def test_a_catalog_keeps_its_promises(name, check, new_place):
    """The promise in the check's name is kept."""
    check(registry.load("catalogs", name), new_place(name)())


def test_check_catalog_runs_every_check(new_place, tmp_path):
    """One call checks a catalog, each promise in a collection of its own."""
    check_catalog(registry.load("catalogs", "sqlite"), new_place("sqlite"))

    assert len(CHECKS) == len(list(tmp_path.iterdir()))
