"""A journal that no run of ours wrote, or that was written to since, has nothing done to any file."""

import json
import os

import pytest
from copied_files import copies, names, planned, tree

from pictrace.dedupe import applying, undoing
from pictrace.dedupe._disk import Disk
from pictrace.dedupe._journal import FILE
from pictrace.errors import JournalDamagedError


class Killed(BaseException):
    """The end of a process before one of its steps."""


class Dying(Disk):
    """Hands that let go before the step of a number."""

    def __init__(self, step):
        self.left = step
        super().__init__(self._count)

    def _count(self, _):
        self.left -= 1
        if self.left <= 0:
            raise Killed


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home.pictrace"
    home.mkdir()
    return home


def rewritten(journal, **changes):
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    done = [{**line, **{name: value for name, value in changes.items() if name in line}} for line in lines]
    journal.write_text("".join(json.dumps(line) + "\n" for line in done if line["step"] != "end"))


@pytest.mark.parametrize(
    "changes",
    [
        {"temporary": "{0}/mine.txt"}, {"info": "{0}/mine.txt"}, {"target": "{0}/mine.txt"}, {"how": "remove"},
        {"path": "{0}/in/../mine.txt"}, {"path": "mine.txt"}, {"number": "1"}, {"keeper": "a"}, {"set": -1},
        {"info": "{0}/info/ab.jpg.trashinfo", "target": "{0}/files/ab.jpg"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("again", [applying.apply, undoing.undo])
def test_a_forged_journal_touches_nothing(tmp_path, home, changes, again):
    """Whatever name is changed in it, applying and taking back refuse it before the first step."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    journal = applying.apply(plan).journal
    (tmp_path / "mine.txt").write_bytes(b"mine")
    filled = {name: value.format(tmp_path) if isinstance(value, str) else value for name, value in changes.items()}
    rewritten(type(tmp_path)(journal), **filled)
    before = tree(tmp_path)
    with pytest.raises(JournalDamagedError):
        again(plan)

    (home / "dedupe.lock").unlink(missing_ok=True)
    assert {name: facts[2] for name, facts in tree(tmp_path).items()} == {
        name: facts[2] for name, facts in before.items() if not name.endswith("dedupe.lock")
    }


@pytest.mark.parametrize("to", ["{0}/elsewhere.jpg", "{0}/in/..", "{0}/in/b/ab.jpg"])
def test_nothing_comes_back_to_another_folder(tmp_path, home, to):
    """A file is under its name or beside it."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    journal = type(tmp_path)(applying.apply(plan).journal)
    with journal.open("a") as file:
        file.write(json.dumps({"step": "undo", "number": 1, "to": to.format(tmp_path)}) + "\n")

    with pytest.raises(JournalDamagedError):
        undoing.undo(plan)
    assert names(tmp_path / "in") == ["a.jpg"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_journal_of_somebody_else_is_not_carried_out(tmp_path, home):
    """It could have any file of ours moved to any place."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    os.chown(applying.apply(plan).journal, 65534, 65534)

    with pytest.raises(JournalDamagedError, match="somebody else"):
        undoing.undo(plan)


def test_what_was_put_aside_and_written_to_is_told(tmp_path, home):
    """It is left where it is, and nothing is brought back under a name that it does not deserve."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    applying.apply(plan)
    (kept,) = (home / "quarantine").rglob("*.jpg")
    kept.unlink()
    kept.symlink_to(tmp_path / "in" / "a.jpg")

    assert [one.code for one in undoing.undo(plan).troubles] == ["not_as_planned"]
    assert names(tmp_path / "in") == ["a.jpg"]


@pytest.mark.parametrize("step", range(1, 30))
def test_what_is_saved_under_a_name_after_a_kill_stays(tmp_path, home, step):
    """Linking was interrupted, and the next run finds another file where the linked one was."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"), action="hardlink")
    try:
        applying.apply(plan, disk=Dying(step))
    except Killed:
        (tmp_path / "in" / "ab.jpg").unlink()
        (tmp_path / "in" / "ab.jpg").write_bytes(b"new")
        applying.apply(plan)

        assert (tmp_path / "in" / "ab.jpg").read_bytes() == b"new"


@pytest.mark.parametrize("step", range(1, 30))
def test_a_quarantine_that_was_emptied_after_a_kill_holds_up_nobody(tmp_path, home, step):
    """What else there is to do is done."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg", "abc.jpg"))
    try:
        applying.apply(plan, disk=Dying(step))
    except Killed:
        for kept in (home / "quarantine").rglob("*.jpg"):
            kept.unlink()
        applying.apply(plan)

        assert names(tmp_path / "in") == ["a.jpg"]


def test_undoing_a_link_removes_no_file_of_anybody(tmp_path, home):
    """Names that are used on the way are such as nobody has."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"), action="hardlink")
    applying.apply(plan)
    (tmp_path / "in" / "ab.jpg.1.part").write_bytes(b"mine")
    undoing.undo(plan)

    assert (tmp_path / "in" / "ab.jpg.1.part").read_bytes() == b"mine"


def test_a_journal_is_read_to_its_end(tmp_path, home):
    """However many lines it has, and never cut short."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    journal = type(tmp_path)(applying.apply(plan).journal)
    assert journal.name == FILE
    with journal.open("a") as file:
        file.write('{"step": "failed", "path": "", "code": "", "detail": "%s"}\n' % ("x" * (1 << 20)))
    size = journal.stat().st_size

    with pytest.raises(JournalDamagedError):
        undoing.undo(plan)
    assert journal.stat().st_size == size
