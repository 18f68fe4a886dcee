"""Keys: how they are made, stored, found and revoked."""

import datetime as dt
import json
import re
import stat
import threading

import pytest

from pictrace.errors import ConfigurationError, IndexLockedError, NotFoundError, UsageError
from pictrace.service import keys
from pictrace.service.keys import Key, KeyStore


@pytest.fixture
def path(tmp_path):
    """Where the keys are; neither the file nor its folder is there."""
    return tmp_path / "own" / "keys.json"


def test_a_key_is_prefix_id_secret_and_checksum(path):
    """Thirty-two random bytes, and never twice the same."""
    key, text = keys.add(path, "reader", rights=["search"])
    other, another = keys.add(path, "reader", rights=["search"])

    assert re.fullmatch(r"pt_[0-9a-f]{8}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}", text)
    assert text.startswith(f"pt_{key.id}_")
    assert key.id != other.id
    assert text[12:55] != another[12:55]


def test_the_secret_is_not_stored(path):
    """Only its hash is, in a file for its owner alone."""
    key, text = keys.add(path, "reader", rights=["search", "fetch"])
    stored = json.loads(path.read_text())

    assert text[12:55] not in path.read_text()
    assert stored["format"] == 1
    assert stored["keys"][0]["rights"] == ["search", "fetch"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key.sha256 not in repr(key)


def test_several_keys_are_valid_at_once(path):
    """So that one can be replaced without a gap."""
    made = [keys.add(path, f"key {number}", rights=["search"]) for number in range(3)]
    store = KeyStore(path)

    assert [store.found(text) for _, text in made] == [key for key, _ in made]
    assert not store.is_empty


@pytest.mark.parametrize("at", [0, 3, 10, 12, 30, 54, 56, 63])
def test_a_key_with_one_other_character_is_none(path, at):
    """Wherever it is."""
    _, text = keys.add(path, "reader", rights=["search"])
    wrong = text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]

    assert KeyStore(path).found(wrong) is None


@pytest.mark.parametrize("text", ["", "pt_", "x" * 100_000, "pt_0000000é_" + "a" * 43 + "_00000000", "\0"])
def test_what_is_no_key_is_none(path, text):
    """Of any length and alphabet."""
    keys.add(path, "reader", rights=["search"])

    assert KeyStore(path).found(text) is None


def test_a_secret_with_a_right_checksum_and_a_wrong_id_is_none(path):
    """The checksum proves nothing."""
    _, text = keys.add(path, "reader", rights=["search"])
    begin = f"pt_00000000_{text[12:55]}"

    assert KeyStore(path).found(f"{begin}_{keys._checksum(begin)}") is None


def test_a_running_store_sees_a_revocation_within_a_second(path):
    """The file is looked at once a second, not with every request."""
    time = [0.0]
    key, text = keys.add(path, "reader", rights=["search"])
    store = KeyStore(path, clock=lambda: time[0])
    assert store.found(text) == key

    keys.revoke(path, key.id)
    time[0] = 0.99
    assert store.found(text) == key
    time[0] = 1.0
    assert store.found(text) is None


def test_a_running_store_sees_a_new_key(path):
    """Also the first one."""
    time = [0.0]
    store = KeyStore(path, clock=lambda: time[0])
    assert store.is_empty

    key, text = keys.add(path, "reader", rights=["search"])
    time[0] = 1.0

    assert store.found(text) == key
    assert store.has_active


def test_losing_the_file_opens_nothing(path):
    """A store that had keys is never empty again."""
    time = [0.0]
    _, text = keys.add(path, "reader", rights=["search"])
    store = KeyStore(path, clock=lambda: time[0])
    assert not store.is_empty

    path.unlink()
    time[0] = 1.0

    assert not store.is_empty
    assert store.found(text) is None


def test_a_damaged_file_lets_nobody_in(path):
    """Until it is sound again; each look says so."""
    time = [0.0]
    _, text = keys.add(path, "reader", rights=["search"])
    store = KeyStore(path, clock=lambda: time[0])
    assert store.found(text)

    path.write_text("{")
    time[0] = 1.0

    for _ in range(2):
        with pytest.raises(ConfigurationError, match="a damaged one"):
            store.found(text)


def test_only_revoked_keys_are_not_no_keys(path):
    """Whoever took the last key away did not mean to open the door."""
    key, text = keys.add(path, "reader", rights=["search"])
    keys.revoke(path, key.id)
    store = KeyStore(path)

    assert (store.is_empty, store.has_active, store.found(text)) == (False, False, None)


def test_revoking_twice_keeps_the_first_time(path):
    """It is no error."""
    key, _ = keys.add(path, "reader", rights=["search"])

    assert keys.revoke(path, key.id) == keys.revoke(path, key.id)


def test_a_key_that_is_not_there_cannot_be_revoked(path):
    """A mistyped id is told of."""
    with pytest.raises(NotFoundError, match="there is no key 'abc'"):
        keys.revoke(path, "abc")


@pytest.mark.parametrize(
    ("expires", "revoked", "state"),
    [
        ("", "", "active"),
        ("2026-01-01T00:00:01Z", "", "active"),
        ("2026-01-01T00:00:00Z", "", "expired"),
        ("2025-12-31T23:59:59Z", "", "expired"),
        ("", "2025-12-31T23:59:59Z", "revoked"),
    ],
)
def test_a_key_ends(expires, revoked, state):
    """At its time, to the second, or when it was revoked."""
    key = Key("00000000", "a", ("search",), "0" * 64, "2025-01-01T00:00:00Z", expires, revoked)

    assert key.state("2026-01-01T00:00:00Z") == state


def test_an_expired_key_is_not_found(path):
    """Its hash is still there."""
    key, text = keys.add(path, "reader", rights=["search"], days=1)
    past = (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    path.write_text(path.read_text().replace(key.expires, past))

    assert KeyStore(path).found(text) is None


def test_admin_includes_every_right():
    """And no other right includes another."""
    admin, reader = (Key("00000000", "a", (one,), "0" * 64, "") for one in ("admin", "search"))

    assert all(admin.has(right) for right in keys.RIGHTS)
    assert [right for right in keys.RIGHTS if reader.has(right)] == ["search"]


@pytest.mark.parametrize(
    ("name", "rights", "days", "words"),
    [
        ("", ["search"], None, "1 to 64 printable characters"),
        ("a\nb", ["search"], None, "1 to 64 printable characters"),
        ("x" * 65, ["search"], None, "1 to 64 printable characters"),
        ("a", ["serach"], None, "there is no right 'serach'"),
        ("a", [""], None, "a key needs a right"),
        ("a", ["search"], 0, "after 1 to 36500 days, not 0"),
        ("a", ["search"], 36501, "after 1 to 36500 days, not 36501"),
    ],
)
def test_senseless_keys_are_not_made(path, name, rights, days, words):
    """And nothing is written."""
    with pytest.raises(UsageError, match=words):
        keys.add(path, name, rights=rights, days=days)

    assert not path.exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 2, "keys": []}',
        '{"format": 1, "keys": {}}',
        '{"format": 1, "keys": [{}]}',
        '{"format": 1, "keys": [3]}',
        "[" * 100_000,
        '{"format": 1, "keys": [{"id": "a", "name": "b", "rights": ["all"], "sha256": "c", "created": ""}]}',
        '{"format": 1, "keys": [{"id": "a", "name": "b", "rights": ["search"], "sha256": "c", "created": ""}]}',
        '{"format": 1, "keys": [{"id": "a", "name": "b", "rights": [], "sha256": "%s", "created": "2"}]}' % ("0" * 64),
    ],
)
def test_other_files_are_refused(path, text):
    """A file that is no list of keys is never taken for an empty one."""
    path.parent.mkdir()
    path.write_text(text)

    with pytest.raises(ConfigurationError, match="is no file of keys, or a damaged one"):
        keys.load(path)


def test_a_file_that_others_may_write_to_is_refused(path):
    """They could let themselves in."""
    keys.add(path, "reader", rights=["search"])
    path.chmod(0o620)

    with pytest.raises(ConfigurationError, match="others may write to the file of keys"):
        keys.load(path)


@pytest.mark.parametrize("name", ["folder", "no\0path"])
def test_a_place_where_no_file_can_be_is_refused(tmp_path, name):
    """By name, with exit code 6."""
    (tmp_path / "folder").mkdir()

    with pytest.raises(ConfigurationError, match=r"cannot be (read|written)"):
        keys.add(tmp_path / name, "reader", rights=["search"])


def test_a_folder_that_takes_no_file_is_told(tmp_path):
    """Here one whose names are too short for the file that is written first."""
    with pytest.raises(ConfigurationError, match="cannot be written"):
        keys.add(tmp_path / ("k" * 248), "reader", rights=["search"])


def test_an_id_is_never_used_again(path, monkeypatch):
    """Not even that of a revoked key."""
    numbers = iter(["00000000", "00000000", "00000001"])
    monkeypatch.setattr(keys.secrets, "token_hex", lambda _: next(numbers))

    assert [keys.add(path, "a", rights=["search"])[0].id for _ in range(2)] == ["00000000", "00000001"]


def test_keys_that_are_made_at_once_are_all_kept(path):
    """Each writer waits for the one before."""
    makers = [threading.Thread(target=keys.add, args=(path, "a"), kwargs={"rights": ["search"]}) for _ in range(8)]
    for one in makers:
        one.start()
    for one in makers:
        one.join()

    assert len(keys.load(path)) == 8


def test_a_writer_that_hangs_is_not_waited_for_forever(path, monkeypatch):
    """The other one is told."""
    monkeypatch.setattr(keys, "_LOCK_SECONDS", 0.05)

    with keys._held(path), pytest.raises(IndexLockedError, match="another process is changing the keys"):
        keys.add(path, "reader", rights=["search"])
