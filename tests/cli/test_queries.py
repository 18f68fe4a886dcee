"""Words on the command line: what is a picture stays one, and the rest is words where the collection reads them."""

import json
from pathlib import Path

import numpy as np
import pytest
from photographs import jpeg
from PIL import Image
from readers import colours

from pictrace.cli._queries import is_picture
from pictrace.collection import Collection
from pictrace.settings import Settings

SHADES = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (20, 40, 210), "yellow": (230, 220, 30)}


@pytest.fixture
def reading(tmp_path_factory, monkeypatch) -> str:
    """A collection of four shades, 1 to 4, with an encoder that reads words."""
    monkeypatch.setenv("PICTRACE_PLUGINS", "readers.colours")
    path = tmp_path_factory.mktemp("reading") / "shades.pictrace"
    ours = Settings(workers=1, threads=1, plugins=("readers.colours",))
    with Collection(path, settings=ours, encoders=("readers.colours",)) as shades:
        for name, colour in SHADES.items():
            noise = np.random.default_rng(1).integers(-20, 20, (64, 64, 3))
            shades.add_image(jpeg(Image.fromarray(np.clip(colour + noise, 0, 255).astype(np.uint8))), name=name)
    return str(path)


def found(capsys) -> list[str]:
    return [json.loads(line)["path"] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    "text", ["-", "id:4", "https://a.example/b.jpg", "holiday.JPG", "photos/holiday", "42", "", "C:\\photos\\a"]
)
def test_what_names_a_picture_is_no_words(text):
    """Also where no such file is there: a slip of the pen is told as one."""
    assert is_picture(text)


@pytest.mark.parametrize("text", ["red bicycle", "a cat and/or a dog", "St. Petersburg", "赤い自転車", "2 cats"])
def test_what_names_no_picture_is_words(text):
    """In whatever language."""
    assert not is_picture(text)


def test_words_find_what_they_say(pictrace, reading, capsys):
    """A sentence, places in place of scores that nobody has measured, and the nearest first."""
    code = pictrace("search", "something red", "-c", reading, "-n", "2")
    said = capsys.readouterr()

    assert code == 0
    assert said.out.startswith("Found 2 pictures near to the query among 4 pictures. Every picture was compared")
    assert "note: places say which pictures are nearest" in said.err
    head, _, *rows = said.out.splitlines()[1:]
    assert (head.split()[:2], [row.split()[1] for row in rows]) == (["relation", "place"], ["1", "2"])


def test_scores_that_were_measured_are_told(pictrace, reading, capsys, monkeypatch):
    """Where the model's card says what a cosine means."""
    monkeypatch.setattr(colours.Encoder, "text_calibration", ((0.0, -4.0), (1.0, 4.0)))
    assert pictrace("search", "red", "-c", reading, "-n", "1") == 0
    head, _, row = capsys.readouterr().out.splitlines()[1:]

    assert (head.split()[1], row.split()[1:3]) == ("score", ["98", "%"])


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (["yellow"], "yellow"),
        (["yellow", "--minus", "green"], "red"),
        (["red", "--plus", "id:2"], "yellow"),
        (["3*blue", "--plus", "red"], "blue"),
        (["id:1", "--plus", "0.9*id:2"], "yellow"),
    ],
)
def test_pictures_and_words_are_mixed(pictrace, reading, capsys, arguments, first):
    """Added, taken off and weighed."""
    assert pictrace("search", *arguments, "-c", reading, "--json") == 0
    assert found(capsys)[0] == first


def test_an_existing_file_is_a_picture_whatever_it_is_called(pictrace, reading, capsys, tmp_path):
    """Words by that name need to be asked for."""
    image = Image.fromarray(np.full((32, 32, 3), (20, 40, 210), np.uint8))
    (tmp_path / "red").write_bytes(jpeg(image))

    assert pictrace("search", "blue", "--plus", "red", "-c", reading, "--json") == 0
    assert found(capsys)[0] == "blue"
    assert pictrace("search", "red", "--mode", "text", "-c", reading, "--json") == 0
    assert found(capsys)[0] == "red"


def test_a_missing_file_is_told_with_what_reads_words(pictrace, shelf, capsys):
    """Where no encoder of the collection does."""
    assert pictrace("search", "red bicycle", "-c", shelf.collection) != 0
    said = capsys.readouterr().err

    assert "red bicycle" in said
    assert "to search with words, add the encoder siglip2" in said


def test_words_are_refused_where_nothing_reads_them(pictrace, shelf, capsys):
    """Asked for by name, they are no file that is missing."""
    assert pictrace("search", "red", "--mode", "text", "-c", shelf.collection) == 2
    assert "no encoder of this collection reads words" in capsys.readouterr().err


def test_a_slip_of_the_pen_is_told_as_one(pictrace, reading, capsys):
    """It is searched for as words only where that is asked for."""
    assert pictrace("search", "holiday.jpg", "-c", reading) != 0
    assert "holiday.jpg" in capsys.readouterr().err


def test_a_page_of_words_is_refused(pictrace, reading, capsys):
    """There is no picture to draw beside the matches."""
    assert pictrace("search", "red", "-c", reading, "--html", "page.html") == 2
    assert not Path("page.html").exists()


def test_it_is_explained_how_near_a_picture_is(pictrace, reading, capsys):
    """As text, without a score that nobody has measured, and as JSON."""
    assert pictrace("explain", "blue", "3", "-c", reading) == 0
    told = capsys.readouterr().out
    assert "nearer to the query than 75 % of the pictures" in told
    assert "score" not in told
    assert pictrace("explain", "blue", "3", "-c", reading, "--json") == 0
    assert json.loads(capsys.readouterr().out)["readings"][0]["place"] == 1
