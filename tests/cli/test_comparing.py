"""`pictrace compare` and `pictrace explain`."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from photographs import FOLDER

from pictrace.results import Change, ChangeKind
from pictrace.types import Level, Relation

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
CHELSEA = str(FOLDER / "chelsea.png")


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_compare_says_how_two_pictures_are_related(pictrace, shelf, capsys):
    """No collection is needed."""
    code = pictrace("compare", shelf.crop, str(FOLDER / "chelsea.png"))
    out = capsys.readouterr().out

    assert code == 0
    assert out.startswith("The same photograph, edited. (copy, ")
    assert "all of the first is inside the second" in out


def test_compare_json_names_the_second(pictrace, shelf, capsys, tmp_path):
    """The record is that of a match, and the page shows both."""
    second = str(FOLDER / "chelsea.png")
    pictrace("compare", "-", second, "--json", "--html", "pair.html", stdin=Path(shelf.crop).read_bytes())
    found = lines(capsys.readouterr().out)

    assert [(second, "copy")] == [(one["path"], one["relation"]) for one in found]
    assert "The same photograph" in (tmp_path / "pair.html").read_text("utf-8")


def test_compare_refuses_stdin_twice(pictrace, capsys):
    """A pipe can be read once."""
    assert pictrace("compare", "-", "-") == 2
    assert "only one" in capsys.readouterr().err


def test_compare_says_what_search_said(pictrace, shelf, capsys):
    """Of two files as of a file and a collection: one score, and one number of places, also on the page."""
    assert pictrace("search", shelf.crop, "-c", shelf.collection, "--json", "-n", "1", "--html", "page.html") == 0
    found = json.loads(capsys.readouterr().out)
    assert pictrace("compare", shelf.crop, str(FOLDER / "chelsea.png"), "--json", "--html", "pair.html") == 0
    told = json.loads(capsys.readouterr().out)

    assert (found["score"], found["signals"]) == (told["score"], told["signals"])
    places = f"{found['signals']['inliers']:.0f} places agree"
    assert all(places in Path(page).read_text("utf-8") for page in ("page.html", "pair.html"))


def test_what_people_see_is_as_recorded(match, capsys):
    """Tables are read by people and, in spite of everything, by scripts; `RECORD_GOLDEN=1` records them anew."""
    from pictrace.cli import comparing

    changes = (
        Change(ChangeKind.CROPPED, "query", numbers={"share": 0.25}, match_box=(100.0, 50.0, 400.0, 300.0)),
        Change(ChangeKind.RESIZED, numbers={"factor": 2.0}),
    )
    levels = (
        Level(Relation.EXACT, 0.0, 0.5),
        Level(Relation.COPY, 0.9876, 0.5, "structure"),
        Level(Relation.SCENE, 0.999, 0.5, "structure", "geometry"),
    )
    comparing._show(replace(match, changes=changes), levels)
    shown = capsys.readouterr().out
    if os.environ.get("RECORD_GOLDEN") == "1":
        (GOLDEN / "compare.txt").write_text(shown, "utf-8")

    assert (GOLDEN / "compare.txt").read_text("utf-8") == shown


def test_compare_tells_what_was_done_and_which_threshold_decided(pictrace, shelf, capsys):
    """In sentences."""
    assert pictrace("compare", shelf.crop, CHELSEA) == 0
    out = capsys.readouterr().out

    assert "- the first is cut out of the second, 64 % of it (36" in out
    assert "Copy is decided by structure: " in out
    assert "nothing speaks for it" in out


def test_compare_takes_pictures_of_a_collection(pictrace, shelf, capsys):
    """By their ids, on either side; the record names them."""
    assert pictrace("compare", "id:2", shelf.crop, "-c", shelf.collection, "--json") == 0
    assert pictrace("compare", shelf.crop, "id:2", "-c", shelf.collection, "--json") == 0
    there, back = lines(capsys.readouterr().out)

    assert (there["id"], there["path"]) == (None, shelf.crop)
    assert (back["id"], back["path"]) == (2, "photos/chelsea.png")
    assert there["relation"] == back["relation"] == "copy"


def test_compare_tells_the_decision_before_the_measures_and_what_its_signals_are(pictrace, shelf, capsys):
    """What is read first is what was asked."""
    pictrace("compare", shelf.crop, CHELSEA)
    out = capsys.readouterr().out

    assert out.index("Copy is decided by") < out.index("structure: whether the pixels") < out.index("aligned_ssim")


@pytest.mark.parametrize("first", ["id:1", "CROP"])
def test_a_page_names_pictures_of_a_collection_by_their_files(pictrace, shelf, tmp_path, first):
    """With the id beside."""
    first = first.replace("CROP", shelf.crop)
    assert pictrace("compare", first, "id:2", "-c", shelf.collection, "--html", "pair.html") == 0
    page = (tmp_path / "pair.html").read_text("utf-8")

    assert "chelsea.png (id 2)" in page
    assert "id:" not in page


def test_json_says_why(pictrace, shelf, capsys):
    """A level for every relation, and what every signal says."""
    pictrace("compare", shelf.crop, CHELSEA, "--json")
    (told,) = lines(capsys.readouterr().out)

    assert [level["relation"] for level in told["levels"]] == ["exact", "copy", "scene", "similar"]
    assert [level["met"] for level in told["levels"]] == [False, True, True, True]
    assert {"signal", "measures", "opinion", "says"} <= told["evidence"][0].keys()
    assert told["says"] == "The same photograph, edited."
    assert told["changes"][0]["kind"] == "cropped"


@pytest.mark.parametrize(("sides", "code"), [(("id:99", "id:1"), 1), (("id:x", "id:1"), 2)])
def test_ids_that_are_not_there_are_named(pictrace, shelf, capsys, sides, code):
    """By number, or as no id at all."""
    assert pictrace("compare", *sides, "-c", shelf.collection) == code
    assert "id" in capsys.readouterr().err


def test_explain_says_how_a_search_comes_to_a_picture(pictrace, shelf, capsys, tmp_path):
    """Its place, how near it is to every encoder, and all that a comparison says."""
    assert pictrace("explain", shelf.crop, "2", "-c", shelf.collection, "--html", "why.html") == 0
    out = capsys.readouterr().out

    assert out.startswith("A search finds it as match 1.\n")
    assert "lite0" in out
    assert "The same photograph, edited." in out
    assert "What was done" in (tmp_path / "why.html").read_text("utf-8")


def test_explain_says_why_not(pictrace, shelf, capsys):
    """A stranger was looked at, and nothing was enough."""
    assert pictrace("explain", shelf.crop, "id:3", "-c", shelf.collection, "--json") == 0
    (told,) = lines(capsys.readouterr().out)

    assert told["relation"] == "different"
    assert (told["found"]["place"], told["found"]["verified"]) == (None, True)
    assert "not enough" in told["found"]["says"]
    assert {near["encoder"] for near in told["found"]["nearest"]} == {"lite0", "pdq"}
