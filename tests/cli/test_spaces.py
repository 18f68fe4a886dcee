"""The command that changes the encoders of a collection."""

import json

import pytest
from photographs import jpeg, noise

from pictrace import Collection
from pictrace.recipe import EncoderStamp
from pictrace.settings import Settings

GREYS = "seconds.greys"


@pytest.fixture
def place(tmp_path):
    """Where a collection of four pictures is."""
    with Collection(tmp_path / "few.pictrace", settings=Settings(workers=1, threads=1)) as made:
        for seed in range(4):
            made.add_image(jpeg(noise(seed)))
    return str(tmp_path / "few.pictrace")


def lines(capsys):
    """What was said as JSON."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_spaces_are_told(pictrace, place, capsys):
    """In a table and as JSON."""
    assert pictrace("spaces", "-c", place) == 0
    shown = capsys.readouterr().out
    assert pictrace("spaces", "list", "-c", place, "--json") == 0

    assert "lite0" in shown
    assert "4 of 4" in shown
    assert [(one["name"], one["state"], one["rows"]) for one in lines(capsys)] == [
        ("lite0", "active", 4),
        ("pdq", "active", 4),
    ]


def test_an_encoder_is_added_replaced_and_dropped(pictrace, place, capsys):
    """And each says what searches use from then on."""
    assert pictrace("spaces", "add", GREYS, "-c", place) == 0
    assert capsys.readouterr().out == f"Searches use {GREYS} too.\n"
    assert pictrace("spaces", "replace", "lite0", GREYS, "-c", place) == 0
    assert f"Searches use {GREYS} instead of lite0" in capsys.readouterr().out
    assert pictrace("spaces", "drop", "lite0", "-c", place, "--yes", "--json") == 0
    assert [one["name"] for one in lines(capsys)] == ["pdq", GREYS]


@pytest.mark.parametrize(
    ("words", "says"),
    [(("add", "lite0"), "searched by lite0 already"), (("drop", "clip"), "no rows of an encoder 'clip'")],
)
def test_what_cannot_be_done_is_refused(pictrace, place, capsys, words, says):
    """By name, with what to do."""
    assert pictrace("spaces", *words, "-c", place) == 2
    assert says in capsys.readouterr().err


def test_another_version_is_told_and_renewed(pictrace, place, capsys, monkeypatch):
    """By `spaces` and by `doctor`."""
    pictrace("spaces", "add", GREYS, "-c", place)
    monkeypatch.setenv("GREYS_VERSION", "2")
    monkeypatch.setenv("PICTRACE_PLUGINS", GREYS)
    capsys.readouterr()

    assert pictrace("spaces", "-c", place) == 0
    assert f"{GREYS}: the collection's {GREYS} is of version 1, this PicTrace has 2" in capsys.readouterr().out
    assert pictrace("doctor", "-c", place) == 6
    assert f"pictrace spaces renew {GREYS}" in capsys.readouterr().out
    assert pictrace("spaces", "renew", GREYS, "-c", place) == 0
    assert capsys.readouterr().out == f"Searches use {GREYS} in its new version.\n"


def test_what_a_foreign_recipe_says_cannot_steer_the_terminal(pictrace, place, capsys, monkeypatch):
    """A version may hold anything, and is told."""
    monkeypatch.setenv("PICTRACE_PLUGINS", GREYS)
    with Collection(place) as opened, opened._writing() as catalog:
        catalog.add_space(EncoderStamp(GREYS, "\x1b]0;owned\x07", "cosine", 8, "building"))

    assert pictrace("spaces", "-c", place) == 0
    said = capsys.readouterr().out
    assert "is of version \\x1b]0;owned\\x07" in said
    assert "\x1b" not in said


def test_rows_are_not_deleted_unasked(pictrace, place, capsys):
    """Where nobody can answer, it takes --yes."""
    assert pictrace("spaces", "drop", "lite0", "-c", place) == 2
    assert "whether to delete 4 rows of lite0" in capsys.readouterr().err

    with Collection(place) as collection:
        assert [one.name for one in collection.spaces()] == ["lite0", "pdq"]
