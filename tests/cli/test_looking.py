"""`pictrace list`, `show` and `delete`."""

import json
import shutil

import pytest
from photographs import FOLDER


@pytest.fixture
def own(shelf, tmp_path) -> str:
    """A copy of the shelf to write to."""
    shutil.copytree(shelf.collection, tmp_path / "own.pictrace")
    return str(tmp_path / "own.pictrace")


def test_list_shows_every_place(pictrace, shelf, capsys):
    """One line for each."""
    pictrace("list", "-c", shelf.collection)
    out = capsys.readouterr().out

    assert all(f"photos/{name}.png" in out for name in ("astronaut", "chelsea", "coffee"))
    assert len(out.splitlines()) == 5


def test_list_json_has_one_object_a_place(pictrace, shelf, capsys):
    """In the order of their ids, as many as asked for."""
    pictrace("list", "-c", shelf.collection, "--json", "--limit", "2")
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [(one["id"], one["path"]) for one in found] == [(1, "photos/astronaut.png"), (2, "photos/chelsea.png")]


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--sort", "newest"], [3, 2, 1]),
        (["--sort", "largest"], [1, 3, 2]),
        (["--filter", "width > 500"], [1, 3]),
        (["--filter", "path ~ COFFEE or path ~ chelsea", "--sort", "newest", "-n", "1"], [3]),
        (["--filter", "artist = Monet"], []),
    ],
)
def test_list_sorts_and_filters(pictrace, shelf, capsys, options, ids):
    """Only what was asked for, in the order asked for."""
    pictrace("list", "-c", shelf.collection, "--json", *options)

    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == ids


def test_a_filter_that_nothing_meets_says_so(pictrace, shelf, capsys):
    """An empty table could mean anything."""
    assert pictrace("list", "-c", shelf.collection, "--filter", "width = 1") == 0
    assert capsys.readouterr().out == "No picture meets the filter.\n"


def test_a_mistake_in_a_filter_is_told_with_its_place(pictrace, shelf, capsys):
    """Exit 2, with an example to go by."""
    assert pictrace("list", "-c", shelf.collection, "--filter", "width >= and") == 2
    error = capsys.readouterr().err
    assert "at character 10 of the filter (invalid_parameter)" in error
    assert "for example:" in error


@pytest.mark.parametrize("spelled", ["3", "id:3"])
def test_show_tells_everything(pictrace, shelf, capsys, spelled):
    """An id is understood in both spellings."""
    pictrace("show", spelled, "-c", shelf.collection)
    out = capsys.readouterr().out

    assert "600 x 400 pixels" in out
    assert "photos/coffee.png" in out


def test_show_json_has_all_places(pictrace, shelf, capsys):
    """A picture has one id and any number of places."""
    pictrace("show", "3", "-c", shelf.collection, "--json")

    assert json.loads(capsys.readouterr().out)["locations"] == ["photos/coffee.png"]


def test_delete_does_not_ask_those_who_said_yes(pictrace, own, capsys):
    """Scripts do not hang."""
    assert pictrace("delete", "1", "id:3", "--yes", "-c", own) == 0
    assert "Forgot 2 pictures" in capsys.readouterr().out
    pictrace("list", "-c", own, "--json")
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == [2]


def test_delete_says_which_pictures_come_back(pictrace, tmp_path, capsys, monkeypatch):
    """A file that stays in its folder is found again: said before the answer, and after it."""
    monkeypatch.setattr("pictrace.cli._asking.is_terminal", lambda: True)
    (tmp_path / "photos").mkdir()
    for name in ("chelsea.png", "coffee.png"):
        shutil.copy(FOLDER / name, tmp_path / "photos")
    pictrace("index", "photos", "-c", "own.pictrace")
    (tmp_path / "photos" / "coffee.png").unlink()
    capsys.readouterr()
    code = pictrace("delete", "1", "2", "-c", "own.pictrace", stdin=b"y\n")
    said = capsys.readouterr()

    assert code == 0
    assert "the next look at where they came from finds 1 picture again" in said.err
    assert "the next look at where they came from finds 1 picture again" in said.out


def test_delete_promises_no_return_of_what_is_in_no_folder(pictrace, own, capsys):
    """What was given by its bytes is gone."""
    assert pictrace("delete", "1", "--yes", "-c", own) == 0
    assert capsys.readouterr().out == "Forgot 1 picture; the files are where they were.\n"


def test_delete_refuses_where_nobody_can_answer(pictrace, own, capsys):
    """A silent yes would be a guess."""
    assert pictrace("delete", "1", "-c", own) == 2
    error = capsys.readouterr().err
    assert "whether to forget 1 picture" in error
    assert "--yes" in error
    assert pictrace("show", "1", "-c", own) == 0


@pytest.mark.parametrize(("answer", "left"), [(b"y\n", 2), (b"n\n", 3), (b"\n", 3)])
def test_delete_asks_on_a_terminal(pictrace, own, capsys, monkeypatch, answer, left):
    """Only a yes is a yes."""
    from pictrace.collection import Collection

    monkeypatch.setattr("pictrace.cli._asking.is_terminal", lambda: True)
    code = pictrace("delete", "1", "-c", own, stdin=answer)

    assert code == 0
    with Collection(own) as found:
        assert left == len(found)


@pytest.mark.parametrize("identifier", ["999", "id:999"])
def test_an_unknown_id_is_told_and_nothing_is_forgotten(pictrace, own, capsys, identifier):
    """All or none."""
    assert pictrace("delete", "1", identifier, "--yes", "-c", own) == 1
    assert "(not_found)" in capsys.readouterr().err
    assert pictrace("show", "1", "-c", own) == 0


@pytest.mark.parametrize("identifier", ["x", "", "1.5", "²", "9" * 30])
def test_what_is_no_id_is_a_mistake_in_the_call(pictrace, shelf, capsys, identifier):
    """Exit 2, before anything is opened."""
    assert pictrace("show", identifier, "-c", shelf.collection) == 2
    assert "is no id" in capsys.readouterr().err


def test_a_collection_that_is_not_there_is_not_made_by_looking(pictrace, tmp_path, capsys):
    """The hint says how to make one."""
    assert pictrace("list", "-c", "nowhere.pictrace") == 1
    assert "pictrace index" in capsys.readouterr().err
    assert not (tmp_path / "nowhere.pictrace").exists()


def test_an_empty_collection_says_so(pictrace, own, capsys):
    """Silence could mean anything."""
    pictrace("delete", "1", "2", "3", "--yes", "-c", own)
    capsys.readouterr()

    assert pictrace("list", "-c", own) == 0
    assert capsys.readouterr().out == "The collection is empty.\n"


def test_long_lists_come_in_pages(pictrace, shelf, capsys, monkeypatch):
    """A million pictures do not wait for the last one."""
    monkeypatch.setattr("pictrace.cli.looking._PAGE", 2)
    pictrace("list", "-c", shelf.collection)

    assert capsys.readouterr().out.count("pixels") == 2


@pytest.mark.parametrize("ids", [["9999"], ["1", "9999"]])
def test_delete_names_unknown_ids_before_it_asks_for_anything(pictrace, own, capsys, ids):
    """Whether or not somebody is there."""
    assert pictrace("delete", *ids, "-c", own) == 1
    assert "9999" in capsys.readouterr().err
