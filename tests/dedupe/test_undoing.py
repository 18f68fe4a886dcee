"""Everything comes back to where it was, and nothing is overwritten on the way."""

import os
from pathlib import Path

import pytest
from copied_files import codes, copies, names, planned, tree

from pictrace.dedupe import _journal, applying, undoing
from pictrace.errors import JournalDamagedError, NotFoundError


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home.pictrace"
    home.mkdir()
    return home


@pytest.fixture
def plan(tmp_path, home):
    return planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))


def test_a_file_that_has_appeared_since_is_not_overwritten(tmp_path, plan):
    """The one that returns is put beside it, and that is told."""
    content = (tmp_path / "in" / "ab.jpg").read_bytes()
    applying.apply(plan)
    (tmp_path / "in" / "ab.jpg").write_bytes(b"new")
    outcome = undoing.undo(plan)

    assert (codes(outcome), outcome.done) == (["place_taken"], 1)
    assert (tmp_path / "in" / "ab.jpg").read_bytes() == b"new"
    assert (tmp_path / "in" / "ab (restored).jpg").read_bytes() == content


def test_a_run_is_known_from_inside_of_another_one(tmp_path, home, plan, monkeypatch):
    """`..` in its name leads to the run, and to its collection."""
    run = applying.apply(plan).run
    (home / "quarantine" / "other").mkdir()
    monkeypatch.chdir(home / "quarantine" / "other")

    assert undoing.undo(f"../{run}").done == 1
    assert not (home / "quarantine" / "other" / "dedupe.lock").exists()
    assert (home / "dedupe.lock").exists()


def test_a_folder_that_others_have_worked_in_keeps_its_time(tmp_path, plan):
    """Only what applying did to it is taken back."""
    applying.apply(plan)
    (tmp_path / "in" / "new.txt").write_bytes(b"x")
    changed = (tmp_path / "in").stat().st_mtime_ns
    undoing.undo(plan)

    assert (tmp_path / "in").stat().st_mtime_ns >= changed


def test_a_folder_that_is_gone_is_made_again(tmp_path, home):
    """For the file that returns to it."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "b/ab.jpg"))
    applying.apply(plan)
    (tmp_path / "in" / "b").rmdir()
    undoing.undo(plan)

    assert (tmp_path / "in" / "b" / "ab.jpg").read_bytes() == (tmp_path / "in" / "a.jpg").read_bytes()


def test_what_was_thrown_away_meanwhile_is_told(tmp_path, home, plan):
    """An emptied quarantine brings nothing back, and nothing else is harmed."""
    applying.apply(plan)
    next((home / "quarantine").rglob("*.jpg")).unlink()

    assert codes(undoing.undo(plan)) == ["not_as_planned"]
    assert names(tmp_path / "in") == ["a.jpg"]


def test_modes_and_attributes_come_back(tmp_path, plan):
    """With the times of the last access and writing."""
    path = tmp_path / "in" / "ab.jpg"
    path.chmod(0o640)
    before = path.stat()
    applying.apply(plan)
    undoing.undo(plan)

    after = path.stat()
    assert [getattr(after, name) for name in ("st_mode", "st_mtime_ns", "st_atime_ns", "st_ino")] == [
        getattr(before, name) for name in ("st_mode", "st_mtime_ns", "st_atime_ns", "st_ino")
    ]


def test_undoing_twice_is_undoing_once(plan):
    """The second finds nothing to do."""
    applying.apply(plan)
    undoing.undo(plan)

    again = undoing.undo(plan)
    assert (again.done, again.already, again.failed) == (0, 1, 0)


def test_a_run_is_undone_by_its_journal(tmp_path, plan):
    """Or by the folder it is in."""
    outcome = applying.apply(plan)
    assert undoing.undo(outcome.journal).done == 1
    again = applying.apply(plan)

    assert undoing.undo(Path(again.journal).parent).done == 1
    assert names(tmp_path / "in") == ["a.jpg", "ab.jpg"]


def test_several_runs_of_a_plan_are_undone_in_turn(tmp_path, home):
    """The newest first, so that the folders' times are right in the end."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"), copies(tmp_path / "in", "c.jpg", "cd.jpg", seed=2))
    before = tree(tmp_path / "in")
    kept = tmp_path / "in" / "c.jpg"
    hidden = kept.rename(tmp_path / "hidden")
    os.utime(tmp_path / "in", ns=(1, before[str(tmp_path / "in")][1]))
    assert codes(applying.apply(plan)) == ["last_copy"]
    now = (tmp_path / "in").stat()
    hidden.rename(kept)
    os.utime(tmp_path / "in", ns=(now.st_atime_ns, now.st_mtime_ns))
    assert applying.apply(plan).done == 1

    undoing.undo(plan)
    assert tree(tmp_path / "in") == before


def test_a_plan_that_was_never_applied_has_nothing_to_undo(tmp_path, plan):
    """Nor has a folder without a journal."""
    for target in (plan, tmp_path):
        with pytest.raises(NotFoundError):
            undoing.undo(target)


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_half_a_line_at_the_end_is_cut_off(tmp_path, plan, cut):
    """Its writer was killed before it did what the line says."""
    before = tree(tmp_path / "in")
    outcome = applying.apply(plan)
    path = Path(outcome.journal)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"step": "intent", "number": 9' + b" " * cut)
    undoing.undo(plan)

    assert tree(tmp_path / "in") == before
    assert path.read_bytes().startswith(whole)


@pytest.mark.parametrize("damage", [b"x", b"\n", b"{}\n", b'{"step": "done", "number": 7}\n'])
def test_a_journal_that_is_damaged_is_not_acted_upon(tmp_path, plan, damage):
    """The files stay where they are, each under its name."""
    outcome = applying.apply(plan)
    path = Path(outcome.journal)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], damage, *lines[1:]]))

    with pytest.raises(JournalDamagedError):
        undoing.undo(plan)
    assert names(tmp_path / "in") == ["a.jpg"]


def test_a_journal_says_what_was_done(plan):
    """Its lines add up to where every file is."""
    outcome = applying.apply(plan)
    run = _journal.read(Path(outcome.journal).parent)

    assert (run.plan, run.action, run.is_over, run.is_undone) == (plan.id, "quarantine", True, False)
    assert [entry.path for entry in run.at("done")] == [one.path for one in plan.groups[0].remove]
