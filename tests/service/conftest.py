"""What tests of the service have: guarded applications with an empty file of keys, and whole services."""

import pytest
from service.desk import fill, opened, settings
from service.guarded import House


@pytest.fixture
def house(tmp_path) -> House:
    return House(tmp_path / "keys.json")


@pytest.fixture(scope="session")
def desk(tmp_path_factory):
    """A service with three photographs; nobody writes to it."""
    with opened(settings(tmp_path_factory.mktemp("desk"))) as made:
        fill(made)
        yield made


@pytest.fixture(scope="module")
def yard(tmp_path_factory):
    """A service that the tests of one module may write to, each with pictures of its own."""
    with opened(settings(tmp_path_factory.mktemp("yard"))) as made:
        yield made
