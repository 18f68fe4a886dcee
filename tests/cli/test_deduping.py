"""`pictrace dedupe plan`, `apply`, `undo` and `journal`."""

import json
import os
from pathlib import Path

import pytest
from photographs import jpeg, photo

from pictrace.collection import Collection
from pictrace.edits import cropped
from pictrace.settings import Settings


@pytest.fixture
def album(tmp_path, monkeypatch):
    """Pictures in `album`, indexed in the collection that commands use: a twin, a crop, one alone."""
    folder = tmp_path / "album"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(jpeg(photo("coffee.png")))
    (folder / "ab.jpg").write_bytes(jpeg(photo("coffee.png")))
    (folder / "crop.jpg").write_bytes(jpeg(cropped(0.05)(photo("coffee.png"))))
    (folder / "<b>alone.jpg").write_bytes(jpeg(photo("chelsea.png")))
    with Collection(tmp_path / "own.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(folder)
    monkeypatch.setenv("PICTRACE_COLLECTION", str(tmp_path / "own.pictrace"))
    monkeypatch.setenv("PICTRACE_WORKERS", "1")
    return folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def said(capsys):
    return json.loads(capsys.readouterr().out)


def test_a_plan_is_made_applied_and_taken_back(pictrace, album, capsys):
    """The whole way, and the pictures are as they were."""
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in album.iterdir()}
    assert pictrace("dedupe", "plan", "-o", "plan.json") == 0
    assert "1 file would go" in capsys.readouterr().out
    assert pictrace("dedupe", "apply", "plan.json", "--yes") == 0
    assert names(album) == ["<b>alone.jpg", "a.jpg", "crop.jpg"]
    assert "1 file put aside" in capsys.readouterr().out

    assert pictrace("dedupe", "undo", "plan.json", "--yes") == 0
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in album.iterdir()} == before


def test_copies_go_once_they_are_included(pictrace, album, capsys):
    """Until then they wait."""
    pictrace("dedupe", "plan", "-o", "plan.json", "--keep", "path", "--json")
    assert (said(capsys)["accepted"], pictrace("dedupe", "apply", "plan.json", "-y", "--include", "copy")) == (1, 0)

    assert names(album) == ["<b>alone.jpg", "a.jpg"]


def listed(capsys, pictrace):
    capsys.readouterr()
    assert pictrace("list", "--json") == 0
    return sorted(json.loads(line)["path"].rpartition("/")[2] for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(("action", "left"), [("hardlink", ["a.jpg", "ab.jpg"]), ("quarantine", ["a.jpg"])])
def test_what_moved_is_no_longer_listed(pictrace, album, action, left):
    """A hard link is still at its place."""
    pictrace("dedupe", "plan", "-o", "plan.json", "--action", action)
    assert pictrace("dedupe", "apply", "plan.json", "--yes") == 0

    with Collection(album.parent / "own.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        places = [place.uri for record in collection.list() for place in record.locations]
    assert sorted(one.rpartition("/")[2] for one in places if "crop" not in one and "alone" not in one) == left


def test_what_is_taken_back_is_listed_again(pictrace, album, capsys):
    """A crop that was nowhere else had left the collection with its file."""
    pictrace("dedupe", "plan", "-o", "plan.json", "--keep", "path")
    assert pictrace("dedupe", "apply", "plan.json", "--yes", "--include", "copy") == 0
    assert listed(capsys, pictrace) == ["<b>alone.jpg", "a.jpg"]
    assert pictrace("dedupe", "undo", "plan.json", "--yes") == 0

    assert "crop.jpg" in listed(capsys, pictrace)


def test_where_somebody_else_writes_the_collection_is_left_as_it_is(pictrace, album, capsys):
    """The files are put aside, and what is still to be done is said."""
    pictrace("dedupe", "plan", "-o", "plan.json")
    with Collection(album.parent / "own.pictrace") as held:
        held.hold()
        assert pictrace("dedupe", "apply", "plan.json", "--yes") == 0

    assert "pictrace index --prune" in capsys.readouterr().err


def test_a_plan_that_was_applied_is_not_overwritten(pictrace, album, capsys):
    """It is what `undo` goes by; once taken back it may go."""
    plan = ("dedupe", "plan", "-o", "plan.json")
    assert (pictrace(*plan), pictrace(*plan)) == (0, 0)
    pictrace("dedupe", "apply", "plan.json", "--yes")
    before = Path("plan.json").read_bytes()
    assert pictrace(*plan) == 2
    assert "dedupe undo plan.json" in capsys.readouterr().err
    assert Path("plan.json").read_bytes() == before
    pictrace("dedupe", "undo", "plan.json", "--yes")

    assert pictrace(*plan) == 0


@pytest.mark.parametrize("command", ["apply", "undo"])
def test_nothing_is_done_where_nobody_can_be_asked(pictrace, album, capsys, command):
    """Exit code 2, and a hint."""
    pictrace("dedupe", "plan", "-o", "plan.json")

    assert pictrace("dedupe", command, "plan.json") == 2
    assert "give --yes if you are sure" in capsys.readouterr().err
    assert len(names(album)) == 4


def test_a_rehearsal_needs_no_consent(pictrace, album, capsys):
    """For it changes nothing."""
    pictrace("dedupe", "plan", "-o", "plan.json")
    capsys.readouterr()

    assert pictrace("dedupe", "apply", "plan.json", "--dry-run", "--json") == 0
    assert (said(capsys)["dry_run"], len(names(album))) == (True, 4)


def test_what_could_not_be_done_is_told(pictrace, album, capsys):
    """File by file, and by the exit code."""
    pictrace("dedupe", "plan", "-o", "plan.json")
    os.truncate(album / "a.jpg", 5)
    capsys.readouterr()

    assert pictrace("dedupe", "apply", "plan.json", "--yes", "--json") == 1
    assert [one["code"] for one in said(capsys)["failures"]] == ["last_copy"]


def test_deleting_takes_two_flags(pictrace, album, capsys):
    """One for the plan, one for good."""
    pictrace("dedupe", "plan", "-o", "plan.json", "--action", "delete")

    assert pictrace("dedupe", "apply", "plan.json", "--yes") == 2
    assert "cannot be taken back" in capsys.readouterr().err
    assert pictrace("dedupe", "apply", "plan.json", "--yes", "--delete") == 0
    assert len(names(album)) == 3


def test_protected_files_stay(pictrace, album, capsys):
    """By folder or by name."""
    for option in (("--protect", "a*.jpg"), ("--reference", str(album))):
        pictrace("dedupe", "plan", "-o", "plan.json", *option, "--relation", "exact", "--json")
        assert said(capsys)["accepted"] == 0


def test_a_pattern_that_protects_nothing_is_told(pictrace, album, capsys):
    """Most are slips of the pen."""
    pictrace("dedupe", "plan", "-o", "plan.json", "--protect", "*.jpg", "--protect", "*_edited.*")
    told = capsys.readouterr().err

    assert "warning: no indexed file matches *_edited.*" in told
    assert told.count("warning") == 1


def test_groups_may_come_from_find(pictrace, album, capsys):
    """As JSON lines, from a file or stdin."""
    pictrace("dedupe", "find", "--json")
    found = capsys.readouterr().out.encode()

    assert pictrace("dedupe", "plan", "-o", "plan.json", "--groups", "-", "--json", stdin=found) == 0
    assert said(capsys)["accepted"] == 1
    assert pictrace("dedupe", "plan", "-o", "plan.json", "--groups", "-", stdin=b"{}\n") == 2


def test_an_unknown_rule_is_a_slip(pictrace, album, capsys):
    """Told with what was meant."""
    assert pictrace("dedupe", "plan", "-o", "plan.json", "--keep", "resolutoin") == 2
    assert "did you mean 'resolution'?" in capsys.readouterr().err


def test_no_other_file_is_overwritten(pictrace, album, tmp_path):
    """A plan may take the place of an earlier one only."""
    (tmp_path / "mine.json").write_text("{}")

    assert pictrace("dedupe", "plan", "-o", "mine.json") == 2
    assert pictrace("dedupe", "plan", "-o", "plan.json") == pictrace("dedupe", "plan", "-o", "plan.json") == 0


def test_a_page_shows_the_plan(pictrace, album, tmp_path):
    """Self-contained, with every name escaped."""
    (album / "<b>alone.jpg").rename(album / "a<b>.jpg")
    (album / "a<b>.jpg").write_bytes((album / "a.jpg").read_bytes())
    pictrace("index", str(album))
    assert pictrace("dedupe", "plan", "-o", "plan.json", "--html", "plan.html") == 0
    page = (tmp_path / "plan.html").read_text()

    assert "default-src &#x27;none&#x27;" in page
    assert ("a&lt;b&gt;.jpg" in page, "a<b>.jpg" in page) == (True, False)
    assert all(word in page for word in (">stays<", ">goes<", ">waits<", "data:image/jpeg"))
    assert "<dt>group</dt><dd>1</dd>" in page


def test_the_journal_lists_what_was_done(pictrace, album, capsys):
    """And can be given to `undo`."""
    pictrace("dedupe", "journal")
    assert "Nothing was ever done" in capsys.readouterr().out
    pictrace("dedupe", "plan", "-o", "plan.json")
    pictrace("dedupe", "apply", "plan.json", "--yes")
    capsys.readouterr()
    pictrace("dedupe", "journal", "--json")
    run = said(capsys)

    assert (run["action"], run["done"], run["back"], run["is_undone"]) == ("quarantine", 1, 0, False)
    assert pictrace("dedupe", "undo", run["journal"], "--yes") == 0
    assert len(names(album)) == 4


def test_what_is_no_plan_is_refused(pictrace, album, capsys):
    """With its code."""
    assert pictrace("dedupe", "apply", str(album / "a.jpg"), "--yes") == 1
    assert "plan_invalid" in capsys.readouterr().err


def test_folders_are_named_from_where_one_is(pictrace, album, tmp_path, monkeypatch, capsys):
    """A plan for `../own.pictrace` can be applied, and what is in `../safe` stays."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    made = pictrace("dedupe", "plan", "-o", "p.json", "-c", "../own.pictrace", "--reference", "../album/ab.jpg")
    kept = [
        one["path"]
        for group in json.loads((tmp_path / "work" / "p.json").read_text())["groups"]
        for one in group["keep"]
    ]

    assert (made, kept[0]) == (0, str(album / "ab.jpg"))
    assert pictrace("dedupe", "apply", "p.json", "--yes", "--quarantine", "../aside") == 0
    assert names(album) == ["<b>alone.jpg", "ab.jpg", "crop.jpg"]
