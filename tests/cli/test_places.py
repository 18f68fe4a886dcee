"""Where a match was seen: all of its places, and which of them are gone."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from photographs import FOLDER

from pictrace.collection import Collection
from pictrace.settings import Settings


@pytest.fixture
def twice(tmp_path) -> Path:
    """A folder with one photograph as `a.png` and `b.png`, indexed as `twice.pictrace`."""
    folder = tmp_path / "twice"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        shutil.copyfile(FOLDER / "coffee.png", folder / name)
    with Collection(tmp_path / "twice.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(folder)
    return folder


def searched(pictrace, capsys, *options: str) -> str:
    assert pictrace("search", "id:1", "-c", "twice.pictrace", *options) == 0
    return capsys.readouterr().out


def test_the_table_names_every_place(pictrace, twice, capsys):
    """A copy in another folder is no secret."""
    out = searched(pictrace, capsys)

    assert out.count(str(twice)) == 2
    assert "vanished" not in out


def test_a_place_that_is_gone_is_marked_and_comes_last(pictrace, twice, capsys):
    """What can be opened is named first."""
    (twice / "a.png").unlink()

    *_, first, second = searched(pictrace, capsys).splitlines()

    assert first.endswith("b.png")
    assert second.endswith("a.png (vanished)")


def test_json_has_all_places_and_a_path_that_is_there(pictrace, twice, capsys):
    """Places stay in the order of finding; programs see which are gone."""
    (twice / "a.png").unlink()
    both = [str(twice / name) for name in ("a.png", "b.png")]

    found = json.loads(searched(pictrace, capsys, "--json"))

    assert (found["path"], found["paths"], found["vanished"]) == (both[1], both, both[:1])


def test_paths_only_gives_the_place_that_is_there(pictrace, twice, capsys):
    """One path for each match, the one that other programs can open."""
    (twice / "a.png").unlink()

    assert searched(pictrace, capsys, "-f") == f"{twice / 'b.png'}\n"


def test_a_picture_that_is_gone_everywhere_is_still_named(pictrace, twice, capsys):
    """It is known where it was."""
    shutil.rmtree(twice)

    assert searched(pictrace, capsys).count("(vanished)") == 2
    assert searched(pictrace, capsys, "-f") == f"{twice / 'a.png'}\n"


def test_the_page_names_every_place(pictrace, twice, capsys, tmp_path):
    """The one that is there in the title, the other below."""
    (twice / "a.png").unlink()
    searched(pictrace, capsys, "--html", "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")

    assert "</span>b.png</h2>" in page
    assert f"<li>{twice / 'a.png'} (vanished)</li>" in page


def test_members_of_an_archive_are_gone_with_it(pictrace, tmp_path, capsys):
    """A member is where its archive is."""
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.write(FOLDER / "coffee.png", "coffee.png")
    with Collection(tmp_path / "twice.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(tmp_path / "some.zip")
    before = searched(pictrace, capsys)
    (tmp_path / "some.zip").unlink()

    assert "vanished" not in before
    assert "some.zip!/coffee.png (vanished)" in searched(pictrace, capsys)


def test_a_given_name_is_not_looked_for(pictrace, shelf, capsys):
    """What a program calls its picture need not be a file."""
    code = pictrace("search", "id:1", "-c", shelf.collection)
    out = capsys.readouterr().out

    assert (code, "photos/astronaut.png" in out, "vanished" in out) == (0, True, False)


def test_a_place_that_may_not_be_looked_at_is_not_gone(pictrace, twice, capsys, monkeypatch):
    """No permission is no proof."""

    def refused(*_: object) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr("os.lstat", refused)

    assert "vanished" not in searched(pictrace, capsys)
