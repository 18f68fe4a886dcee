"""Seals, and the secret behind them."""

import os
import stat

import pytest

from pictrace.service._seal import Seal


def test_a_secret_is_made_once_for_nobody_else_to_read(tmp_path):
    """And seals hold from one process to the next."""
    secret = tmp_path / "own" / "jobs.key"
    first = Seal(tmp_path, secret).of({"a": "\udcff"})

    assert Seal(tmp_path, secret).is_on({"a": "\udcff"}, first)
    assert (stat.S_IMODE(secret.stat().st_mode), len(secret.read_bytes())) == (0o600, 32)


@pytest.mark.parametrize("data", [b"", b"short", b"x" * 33])
def test_a_damaged_secret_is_made_anew(tmp_path, data):
    """An empty one could be guessed."""
    secret = tmp_path / "jobs.key"
    secret.write_bytes(data)
    Seal(tmp_path, secret)

    assert len(secret.read_bytes()) == 32
    assert secret.read_bytes() != data


def test_a_secret_that_cannot_be_kept_holds_for_now(tmp_path, caplog):
    """Also where a pipe or a link took its place."""
    os.mkfifo(tmp_path / "jobs.key")
    one, other = Seal(tmp_path, tmp_path / "jobs.key"), Seal(tmp_path, tmp_path / "jobs.key")

    assert one.is_on({"a": 1}, one.of({"a": 1}))
    assert not other.is_on({"a": 1}, one.of({"a": 1}))
    assert "jobs do not go on after a restart" in caplog.text
