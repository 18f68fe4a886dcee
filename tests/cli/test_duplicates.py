"""`pictrace dedupe find`, `decide` and `decisions`."""

import csv
import json
import os
import shutil

import pytest
from photographs import jpeg, photo

from pictrace.collection import Collection
from pictrace.edits import cropped
from pictrace.settings import Settings


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A photograph, its crop and its twin under a name that spreadsheets would run, and one alone."""
    folder = tmp_path_factory.mktemp("duplicates")
    (folder / "whole.jpg").write_bytes(jpeg(photo("coffee.png")))
    (folder / "crop.jpg").write_bytes(jpeg(cropped(0.05)(photo("coffee.png"))))
    (folder / "<b>&=1+1.jpg").write_bytes(jpeg(photo("coffee.png")))
    (folder / "alone.jpg").write_bytes(jpeg(photo("chelsea.png")))
    with Collection(folder / "filled.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(folder)
    return folder


@pytest.fixture
def own(filled, tmp_path) -> str:
    """A copy of it to write to."""
    shutil.copytree(filled / "filled.pictrace", tmp_path / "own.pictrace", ignore=shutil.ignore_patterns("*lock"))
    return str(tmp_path / "own.pictrace")


def found(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_find_names_every_file(pictrace, filled, capsys):
    """One row each, the medoid first, and what was done, which is nothing."""
    assert pictrace("dedupe", "find", "-c", str(filled / "filled.pictrace")) == 0
    out = capsys.readouterr().out

    assert all(name in out for name in ("whole.jpg", "crop.jpg", "<b>&=1+1.jpg"))
    assert "alone.jpg" not in out
    assert "1 group, 2 files more than pictures. Nothing was done to them." in out
    assert out.count("medoid") == 1


def test_find_says_what_could_be_freed(pictrace, filled, capsys):
    """All but the largest file, and the command that comes next."""
    sizes = [(filled / name).stat().st_size for name in ("whole.jpg", "crop.jpg", "<b>&=1+1.jpg")]
    pictrace("dedupe", "find", "-c", str(filled / "filled.pictrace"))

    freed = f"{(sum(sizes) - max(sizes)) / 1000:.3g} kB could be freed"
    assert f"{freed} if the largest file of each stays; next: pictrace dedupe plan" in capsys.readouterr().out


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """Three small files of one picture, and two large ones of another, in a collection of their own."""
    folder = tmp_path_factory.mktemp("a-folder-with-a-long-name") / "pictures"
    folder.mkdir()
    for number in range(3):
        (folder / f"small{number}.jpg").write_bytes(jpeg(photo("coffee.png"), 30))
    for number in range(2):
        photo("chelsea.png").save(folder / f"large{number}.png")
    with Collection(folder.parent / "own.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(folder)
    return str(folder.parent / "own.pictrace")


@pytest.mark.parametrize(("sort", "first"), [("bytes", "large"), ("size", "small")])
def test_what_comes_first_can_be_chosen(pictrace, several, capsys, sort, first):
    """What frees most, or most files; and no more groups than are wanted."""
    pictrace("dedupe", "find", "-c", several, "--sort", sort, "--limit", "1", "--json")
    (group,) = found(capsys)

    assert all(first in one["path"] for one in group["members"])


def test_a_few_groups_are_shown_and_all_are_counted(pictrace, several, capsys):
    """The table says that there is more, and where its files are once."""
    pictrace("dedupe", "find", "-c", several, "--sort", "size", "-n", "1")
    out = capsys.readouterr().out

    assert "2 groups, 3 files more than pictures" in out
    assert "Shown are the first 1 group" in out
    assert "small0.jpg" in out
    assert "large0.png" not in out
    assert out.replace("\n", "").count("a-folder-with-a-long-name") == 1


def test_quiet_says_only_what_it_comes_to(pictrace, several, capsys):
    """Two lines, and nothing of progress."""
    pictrace("dedupe", "find", "-c", several, "--quiet")
    told = capsys.readouterr()

    assert (len(told.out.splitlines()), told.err) == (2, "")


def test_a_reference_that_protects_nothing_is_told(pictrace, several, capsys, tmp_path):
    """It is there, and no file in it is indexed; of a folder that covers some nothing is said."""
    for folder in (tmp_path, os.path.split(several)[0]):
        pictrace("dedupe", "find", "-c", several, "--json", "--reference", str(folder))

    assert capsys.readouterr().err.count("warning: nothing that is indexed is below") == 1


def test_a_reference_that_is_no_folder_is_refused(pictrace, filled, capsys):
    """A slip of the pen would leave the archive without protection."""
    for command in (["find"], ["plan", "-o", "plan.json"]):
        assert pictrace("dedupe", *command, "-c", str(filled / "filled.pictrace"), "--reference", "Archvie") == 2
        assert "nothing is at" in capsys.readouterr().err


def test_find_json_is_one_group_a_line(pictrace, filled, capsys):
    """With everything that the table shows and more."""
    pictrace("dedupe", "find", "-c", str(filled / "filled.pictrace"), "--json")
    (group,) = found(capsys)

    assert (group["relation"], len(group["members"])) == ("copy", 3)
    assert group["score"] == group["weakest"]["score"] < 1


def test_find_exact_passes_over_crops(pictrace, filled, capsys):
    """Only the same bytes or pixels."""
    pictrace("dedupe", "find", "-c", str(filled / "filled.pictrace"), "--relation", "exact", "--json")
    (group,) = found(capsys)

    assert {member["path"].rpartition("/")[2] for member in group["members"]} == {"whole.jpg", "<b>&=1+1.jpg"}


def test_find_writes_a_table(pictrace, filled, tmp_path):
    """A line per file, for spreadsheets."""
    pictrace("dedupe", "find", "-c", str(filled / "filled.pictrace"), "--csv", "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))

    assert [row["medoid"] for row in rows].count("True") in {1, 2}
    assert {row["path"].rpartition("/")[2] for row in rows} == {"whole.jpg", "crop.jpg", "<b>&=1+1.jpg"}


def test_a_path_is_no_formula(pictrace, tmp_path, capsys):
    """A name that begins as one is told with an apostrophe before it."""
    with Collection(tmp_path / "named.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add_image(jpeg(photo("coffee.png")), name="=1+1")
        collection.add_image(jpeg(photo("coffee.png"), 80), name="whole")
    pictrace("dedupe", "find", "-c", "named.pictrace", "--csv", "out.csv")

    assert "'=1+1" in (tmp_path / "out.csv").read_text()


def test_find_writes_a_page(pictrace, filled, tmp_path):
    """Every file with its picture, names escaped."""
    pictrace("dedupe", "find", "-c", str(filled / "filled.pictrace"), "--html", "out.html")
    page = (tmp_path / "out.html").read_text()

    assert page.count('<article class="tile">') == 3
    assert "&lt;b&gt;&amp;=1+1.jpg" in page
    assert "<b>" not in page


def test_references_are_told(pictrace, filled, capsys):
    """A folder that is only compared against."""
    pictrace("dedupe", "find", "-c", str(filled / "filled.pictrace"), "--reference", str(filled), "--json")

    assert found(capsys) == []


def test_find_against_another_collection(pictrace, filled, tmp_path, capsys):
    """What is there too is told with the other's picture as the reference."""
    with Collection(tmp_path / "mine.pictrace", settings=Settings(workers=1, threads=1)) as mine:
        mine.add_image(jpeg(cropped(0.1)(photo("chelsea.png"))), name="mine.jpg")
    pictrace("dedupe", "find", "-c", "mine.pictrace", "--against", str(filled / "filled.pictrace"), "--json")
    (group,) = found(capsys)

    assert [(one["path"].rpartition("/")[2], one["reference"]) for one in group["members"]] == [
        ("alone.jpg", True),
        ("mine.jpg", False),
    ]


def test_a_decision_is_honoured_and_carried(pictrace, own, filled, tmp_path, capsys):
    """What was decided in one collection holds in another that holds the same pictures."""
    pictrace("dedupe", "decide", "1", "2", "different", "-c", own)
    pictrace("dedupe", "decide", "1", "3", "different", "-c", own)
    capsys.readouterr()
    pictrace("dedupe", "decisions", "-c", own)
    (tmp_path / "decided.jsonl").write_text(capsys.readouterr().out)
    shutil.copytree(filled / "filled.pictrace", "other.pictrace", ignore=shutil.ignore_patterns("*lock"))
    pictrace("dedupe", "decisions", "-c", "other.pictrace", "--import", "decided.jsonl")
    capsys.readouterr()
    pictrace("dedupe", "find", "-c", "other.pictrace", "--json")

    assert all(
        1 not in {member["id"] for member in group["members"]} or group["relation"] == "exact"
        for group in found(capsys)
    )


def test_a_decision_can_be_forgotten(pictrace, own, capsys):
    """The file of decisions takes them back as well."""
    pictrace("dedupe", "decide", "1", "2", "both", "-c", own)
    pictrace("dedupe", "decisions", "-c", own)
    line = capsys.readouterr().out.splitlines()[-1]
    pictrace("dedupe", "decisions", "-c", own, "--import", "-", "--forget", stdin=line.encode())
    capsys.readouterr()
    pictrace("dedupe", "decisions", "-c", own)

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["decide", "1", "1", "both"], 2),
        (["decide", "1", "99", "both"], 1),
        (["decide", "1", "2", "maybe"], 2),
        (["decisions", "--import", "nowhere.jsonl"], 2),
        (["decisions", "--forget"], 2),
        (["find", "--min-score", "2"], 2),
        (["find", "--csv", "one", "--html", "one"], 2),
        (["find", "--against", "nowhere.pictrace"], 1),
    ],
    ids=str,
)
def test_nonsense_is_refused(pictrace, own, arguments, code, capsys):
    """One sentence, an exit code, and nothing changed."""
    assert pictrace("dedupe", *arguments, "-c", own) == code
    assert capsys.readouterr().out == ""
