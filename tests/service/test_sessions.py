"""Sessions: a secret that stands for a key, for a while."""

import pytest

from pictrace.service import sessions as module
from pictrace.service.sessions import SECONDS, Sessions


@pytest.mark.parametrize(("later", "key"), [(0, "k"), (SECONDS - 1, "k"), (SECONDS, None), (SECONDS + 1, None)])
def test_a_session_ends_by_itself(later, key):
    """After twelve hours."""
    clock = [100.0]
    sessions = Sessions(lambda: clock[0])
    secret = sessions.open("k")
    clock[0] += later

    assert sessions.key(secret) == key


def test_a_session_ends_when_it_is_told_to():
    """Others go on."""
    sessions = Sessions()
    one, other = sessions.open("a"), sessions.open("b")
    sessions.close(one)
    sessions.close(one)
    sessions.close("\udcff")

    assert (sessions.key(one), sessions.key(other), sessions.key(""), one == other) == (None, "b", None, False)


def test_there_are_only_so_many(monkeypatch):
    """The oldest ends first."""
    monkeypatch.setattr(module, "_MOST", 2)
    sessions = Sessions()
    secrets = [sessions.open(name) for name in "abc"]

    assert [sessions.key(secret) for secret in secrets] == [None, "b", "c"]
