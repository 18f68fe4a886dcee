"""`pictrace keys`."""

import json

import pytest


@pytest.fixture(autouse=True)
def _own_file(monkeypatch, tmp_path):
    monkeypatch.setenv("PICTRACE_SERVICE_KEYS", str(tmp_path / "keys.json"))


def test_a_new_key_is_shown_once(pictrace, capsys):
    """Alone on stdout, so that it can go into a file."""
    assert pictrace("keys", "add", "reader", "--rights", "search,fetch") == 0
    said = capsys.readouterr()
    assert said.out.startswith("pt_")
    assert said.out.count("\n") == 1
    assert "for search, fetch. Keep it" in said.err

    pictrace("keys", "list", "--json")
    assert said.out.split("_")[2] not in capsys.readouterr().out


def test_keys_are_listed(pictrace, capsys):
    """With what they are for, and until when."""
    pictrace("keys", "add", "reader", "--expires", "30", "--json")
    made = json.loads(capsys.readouterr().out)
    pictrace("keys", "list", "--json")
    listed = json.loads(capsys.readouterr().out)
    pictrace("keys", "list")

    assert made.pop("key").startswith(f"pt_{listed['id']}_")
    assert made == listed
    assert "reader search active" in " ".join(capsys.readouterr().out.split())


def test_no_keys_are_no_error(pictrace, capsys):
    """The way to make one is told."""
    assert pictrace("keys", "list") == 0
    assert "There is no key; `pictrace keys add" in capsys.readouterr().out


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_key_is_revoked(pictrace, capsys, options):
    """It stays in the list."""
    pictrace("keys", "add", "reader", "--json")
    number = json.loads(capsys.readouterr().out)["id"]

    assert pictrace("keys", "revoke", number, *options) == 0
    assert "revoked" in capsys.readouterr().out
    pictrace("keys", "list", "--json")
    assert json.loads(capsys.readouterr().out)["state"] == "revoked"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["add", "reader", "--rights", "all"], 2, "there is no right 'all'"),
        (["revoke", "00000000"], 1, "there is no key '00000000'"),
    ],
)
def test_mistakes_are_told(pictrace, capsys, arguments, code, words):
    """In a sentence, with what to do."""
    assert pictrace("keys", *arguments) == code
    assert words in capsys.readouterr().err
