"""What tests of the service have: guarded applications with an empty file of keys."""

import pytest
from service.guarded import House


@pytest.fixture
def house(tmp_path) -> House:
    return House(tmp_path / "keys.json")
