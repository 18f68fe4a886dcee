"""Every signal that ships keeps every promise of `pictrace.testing.signal`."""

import pytest

from pictrace import registry
from pictrace.testing import check_signal
from pictrace.testing.signal import CHECKS
from pictrace.types import Evidence, Relation


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", registry.names("signals"))
def test_a_signal_keeps_its_promises(name, check):
    """The promise in the check's name is kept."""
    check(registry.load("signals", name)())


@pytest.mark.parametrize("name", registry.names("signals"))
def test_a_signal_is_named_after_its_file(name):
    """What a user types is what evidence is signed with."""
    assert name == registry.load("signals", name).name


def test_check_signal_names_the_broken_promise():
    """A signal that finds everything alike is found out."""

    class Enthusiast:
        name, family, ceiling = "enthusiast", "hope", Relation.COPY

        def compare(self, query, candidate, before):
            return Evidence(self.name, self.family, self.ceiling, 9.0)

    with pytest.raises(AssertionError, match="nothing speaks for strangers"):
        check_signal(Enthusiast)
