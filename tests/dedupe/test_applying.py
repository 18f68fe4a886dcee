"""What a plan lets go goes, and nothing else: each test is named after a way in which others have lost pictures."""

import errno
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from copied_files import codes, copies, group, member, names, planned, saved, tree

from pictrace.dedupe import _disk, applying, undoing
from pictrace.dedupe._disk import Disk
from pictrace.dedupe.applying import Manner
from pictrace.dedupe.planning import Protection
from pictrace.dedupe.plans import Beside
from pictrace.errors import IndexLockedError, LinkRefusedError, NotFoundError, PlanInvalidError, UsageError
from pictrace.types import Relation

SECOND_DEVICE = Path("/dev/shm")  # noqa: S108 - where Linux always has one


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home.pictrace"
    home.mkdir()
    return home


def test_what_goes_is_moved_into_quarantine_and_comes_back(tmp_path, home):
    """The tree is as it was, byte for byte and time for time."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg", "abc.jpg"))
    before = tree(tmp_path / "in")
    done = applying.apply(plan)

    assert (names(tmp_path / "in"), done.done, done.failed) == (["a.jpg"], 2, 0)
    assert len(list((home / "quarantine").rglob("*.jpg"))) == 2
    back = undoing.undo(plan)
    assert (back.done, back.failed, tree(tmp_path / "in")) == (2, 0, before)
    assert list((home / "quarantine").rglob("*.jpg")) == []


def test_only_what_is_accepted_goes(tmp_path, home):
    """Copies wait, and are counted, until their relation is included."""
    one, other = saved(tmp_path / "a.jpg", 640, 480), saved(tmp_path / "b.jpg")
    plan = planned(home, group(member(one), member(other, id=2, relation=Relation.COPY)))

    outcome = applying.apply(plan)
    assert (outcome.done, outcome.waiting, other.exists()) == (0, 1, True)
    assert applying.apply(plan, Manner(include=["copy"])).done == 1
    assert not other.exists()


def test_a_rehearsal_changes_nothing(tmp_path, home):
    """And says what would be done."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    before = tree(tmp_path)
    outcome = applying.apply(plan, Manner(is_rehearsal=True))

    assert (outcome.done, outcome.is_rehearsal, outcome.journal) == (1, True, "")
    assert {name: facts for name, facts in tree(tmp_path).items() if "dedupe.lock" not in name}.keys() == before.keys()


def test_applying_twice_does_everything_once(tmp_path, home):
    """What was done before is told as that, and is no failure."""
    plan = planned(home, copies(tmp_path, "a.jpg", "ab.jpg"))
    applying.apply(plan)

    again = applying.apply(plan)
    assert (again.done, again.already, again.failed) == (0, 1, 0)


def test_a_forest_of_links_loses_nothing(tmp_path, home):
    """Files that were replaced by links since: neither the links nor what they lead to is touched."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    (tmp_path / "in" / "ab.jpg").unlink()
    (tmp_path / "in" / "ab.jpg").symlink_to(tmp_path / "in" / "a.jpg")
    outcome = applying.apply(plan)

    assert (codes(outcome), names(tmp_path / "in")) == (["link_refused"], ["a.jpg", "ab.jpg"])


def test_a_link_is_never_what_stays(tmp_path, home):
    """A link to the file that goes would dangle."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    (tmp_path / "in" / "a.jpg").unlink()
    (tmp_path / "in" / "a.jpg").symlink_to(tmp_path / "in" / "ab.jpg")

    assert codes(applying.apply(plan)) == ["last_copy"]
    assert (tmp_path / "in" / "a.jpg").read_bytes() == (tmp_path / "in" / "ab.jpg").read_bytes()


def test_two_names_of_one_file_are_no_copies(tmp_path, home):
    """The file that stays was replaced by a hard link to the one that goes."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    (tmp_path / "in" / "a.jpg").unlink()
    os.link(tmp_path / "in" / "ab.jpg", tmp_path / "in" / "a.jpg")

    assert codes(applying.apply(plan)) == ["link_refused"]
    assert names(tmp_path / "in") == ["a.jpg", "ab.jpg"]


def test_one_file_reached_by_two_ways_is_one(tmp_path, home):
    """As through a bind mount or a linked folder: two rows of a database, one file on disk."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "b/a.jpg"))
    (tmp_path / "in" / "b" / "a.jpg").unlink()
    (tmp_path / "in" / "b").rmdir()
    (tmp_path / "in" / "b").symlink_to(tmp_path / "in")

    assert codes(applying.apply(plan)) == ["link_refused"]
    assert (tmp_path / "in" / "a.jpg").exists()


def test_a_second_name_elsewhere_is_told(tmp_path, home):
    """Removing one of two names would free nothing."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    os.link(tmp_path / "in" / "ab.jpg", tmp_path / "elsewhere")

    assert codes(applying.apply(plan)) == ["link_refused"]
    assert (tmp_path / "in" / "ab.jpg").exists()


def test_a_file_that_is_listed_twice_is_refused(tmp_path, home):
    """Under two paths of one inode, too."""
    plan = planned(home, copies(tmp_path, "a.jpg", "ab.jpg"))
    (only,) = plan.groups
    twice = replace(only.remove[0], path=f"{tmp_path}/other.jpg")

    with pytest.raises(PlanInvalidError, match="twice"):
        applying.apply(replace(plan, groups=(replace(only, remove=(*only.remove, twice)),)))
    assert (tmp_path / "ab.jpg").exists()


def test_the_last_copy_stays(tmp_path, home):
    """Whatever has become of the one that was to stay: gone, emptied, or written to."""
    for number, change in enumerate((Path.unlink, lambda path: path.write_bytes(b""), lambda path: path.chmod(0o644))):
        plan = planned(home, copies(tmp_path / str(number), "a.jpg", "ab.jpg"))
        change(tmp_path / str(number) / "a.jpg")
        outcome = applying.apply(plan)
        assert codes(outcome) == (["last_copy"] if number < 2 else [])
        assert (tmp_path / str(number) / "ab.jpg").exists() == (number < 2)


def test_two_plans_never_remove_both(tmp_path, home):
    """Of two plans that keep each other's file, the second finds that its own is gone."""
    found = copies(tmp_path / "in", "a.jpg", "ab.jpg")
    one, other = planned(home, found), planned(home, found, keep=("-path",))

    assert applying.apply(one).done == 1
    assert codes(applying.apply(other)) == ["last_copy"]
    assert names(tmp_path / "in") == ["a.jpg"]


def test_two_runs_at_once_never_remove_both(tmp_path, home):
    """Of different collections, too: a run that is at work holds the files it relies on."""
    found = copies(tmp_path / "in", "a.jpg", "ab.jpg")
    (tmp_path / "second.pictrace").mkdir()
    other = planned(tmp_path / "second.pictrace", found, keep=("-path",))
    outcomes = []
    meanwhile = Disk(lambda step: outcomes.append(applying.apply(other)) if step == "move" and not outcomes else None)

    assert applying.apply(planned(home, found), disk=meanwhile).done == 1
    assert (codes(outcomes[0]), names(tmp_path / "in")) == (["last_copy"], ["a.jpg"])


def test_one_run_at_a_time(tmp_path, home):
    """A second one of the same collection is refused at once."""
    plan, caught = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg")), []

    def meanwhile(step):
        if step == "move":
            with pytest.raises(IndexLockedError) as error:
                undoing.undo(plan)
            caught.append(error)

    applying.apply(plan, disk=Disk(meanwhile))
    assert len(caught) == 1


@pytest.mark.parametrize("change", ["written", "gone"])
def test_a_file_that_was_edited_since_stays(tmp_path, home, change):
    """It is no duplicate any more, even with its old size and time."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    path = tmp_path / "in" / "ab.jpg"
    status = path.stat()
    path.write_bytes(bytes(status.st_size)) if change == "written" else path.unlink()
    if change == "written":
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert codes(applying.apply(plan)) == ["not_as_planned"]
    assert path.exists() == (change == "written")


def test_a_file_that_is_replaced_at_the_last_moment_is_put_back(tmp_path, home):
    """Between the proof and the move: what was moved is looked at again."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    path = tmp_path / "in" / "ab.jpg"

    def before(step):
        if step == "move" and path.exists() and path.read_bytes() != b"new":
            path.unlink()
            path.write_bytes(b"new")

    assert codes(applying.apply(plan, disk=Disk(before))) == ["not_as_planned"]
    assert path.read_bytes() == b"new"


def test_an_action_touches_only_what_the_plan_names(tmp_path, home):
    """Never "all but the first of a component": what is not in `remove` stays, whatever its group."""
    one, two, three = copies(tmp_path / "in", "a.jpg", "ab.jpg", "abc.jpg").members
    stranger = saved(tmp_path / "in" / "s.jpg", seed=2)
    plan = planned(home, group(one, two, three), protection=Protection(patterns=("abc.jpg",)))
    (only,) = plan.groups
    applying.apply(replace(plan, groups=(replace(only, remove=()),)))
    assert len(names(tmp_path / "in")) == 4
    applying.apply(plan)

    assert names(tmp_path / "in") == ["abc.jpg", stranger.name]


def test_sidecars_go_along_and_come_back(tmp_path, home):
    """Nothing is left orphaned."""
    found = copies(tmp_path / "in", "a.jpg", "ab.jpg")
    for name in ("ab.xmp", "ab.jpg.xmp", "ab.AAE"):
        (tmp_path / "in" / name).write_bytes(name.encode())
    plan, before = planned(home, found), tree(tmp_path / "in")
    assert (applying.apply(plan).done, names(tmp_path / "in")) == (4, ["a.jpg"])

    undoing.undo(plan)
    assert tree(tmp_path / "in") == before


@pytest.mark.parametrize("change", ["edited", "new", "gone"])
def test_sidecars_that_are_not_as_planned_hold_the_picture(tmp_path, home, change):
    """Somebody has worked on that very picture since."""
    found = copies(tmp_path / "in", "a.jpg", "ab.jpg")
    (tmp_path / "in" / "ab.xmp").write_bytes(b"old")
    plan = planned(home, found)
    {
        "edited": lambda: (tmp_path / "in" / "ab.xmp").write_bytes(b"new"),
        "new": lambda: (tmp_path / "in" / "ab.jpg.xmp").write_bytes(b"new"),
        "gone": (tmp_path / "in" / "ab.xmp").unlink,
    }[change]()

    assert codes(applying.apply(plan)) == ["not_as_planned"]
    assert "ab.jpg" in names(tmp_path / "in")


def test_what_a_picture_beside_it_needs_stays_until_the_last(tmp_path, home):
    """A video of a HEIC and its JPEG goes with the second of them, or with neither."""
    for folder in ("a", "bb"):
        saved(tmp_path / folder / "x.heic", 64, 48)
        saved(tmp_path / folder / "x.jpg", 32, 24)
        (tmp_path / folder / "x.mov").write_bytes(b"video")
    groups = [group(*(member(tmp_path / folder / name) for folder in ("a", "bb"))) for name in ("x.heic", "x.jpg")]
    plan = planned(home, *groups)
    before = tree(tmp_path / "bb")
    halfway = replace(plan, groups=plan.groups[:1])
    assert (applying.apply(halfway).done, names(tmp_path / "bb")) == (1, ["x.jpg", "x.mov"])

    assert (applying.apply(plan).done, names(tmp_path / "bb")) == (2, [])
    undoing.undo(plan)
    assert tree(tmp_path / "bb") == before


def test_a_sidecar_goes_with_a_picture_and_its_raw_file(tmp_path, home):
    """It belongs to both, and both go."""
    found = copies(tmp_path / "in", "a.jpg", "b/a.jpg")
    for name in ("a.CR2", "b/a.CR2", "b/a.mov", "a.mov", "b/a.xmp"):
        (tmp_path / "in" / name).write_bytes(name.rpartition("/")[2].encode())
    plan = planned(home, found)

    assert (applying.apply(plan).done, names(tmp_path / "in" / "b")) == (4, [])


def test_a_set_goes_wholly_or_not_at_all(tmp_path, home):
    """Where a sidecar cannot be moved, the picture returns."""
    found = copies(tmp_path / "in", "a.jpg", "ab.jpg")
    (tmp_path / "in" / "ab.xmp").write_bytes(b"x")
    plan, before = planned(home, found), tree(tmp_path / "in")
    moves = []

    def before_step(step):
        moves.append(step)
        if moves.count("move") == 2 and step == "move":
            raise PermissionError(13, "Permission denied")

    outcome = applying.apply(plan, disk=Disk(before_step))
    assert (outcome.done, codes(outcome), names(tmp_path / "in")) == (
        0,
        ["action_impossible"],
        ["a.jpg", "ab.jpg", "ab.xmp"],
    )
    assert {name: facts[2] for name, facts in tree(tmp_path / "in").items()} == {n: f[2] for n, f in before.items()}


def test_bad_luck_with_one_file_costs_no_other(tmp_path, home):
    """Failures are told one by one, in the journal too."""
    groups = [copies(tmp_path / str(number), "a.jpg", "ab.jpg", seed=number) for number in (1, 2, 3)]
    plan = planned(home, *groups)
    (tmp_path / "2" / "ab.jpg").unlink()
    outcome = applying.apply(plan)

    assert (outcome.done, [one.path for one in outcome.troubles]) == (2, [str(tmp_path / "2" / "ab.jpg")])
    lines = [json.loads(line) for line in Path(outcome.journal).read_text().splitlines()]
    assert [line["code"] for line in lines if line["step"] == "failed"] == ["not_as_planned"]


def test_progress_is_told(tmp_path, home):
    """Each file once."""
    said = []
    plan = planned(home, copies(tmp_path, "a.jpg", "ab.jpg", "abc.jpg"))
    applying.apply(plan, progress=lambda *one: said.append(one))

    assert said == [(1, 2, str(tmp_path / "ab.jpg")), (2, 2, str(tmp_path / "abc.jpg"))]


def test_a_plan_without_its_collection_is_refused(tmp_path):
    """There would be no journal."""
    with pytest.raises(NotFoundError):
        applying.apply(planned(tmp_path / "none.pictrace", copies(tmp_path, "a.jpg", "ab.jpg")))


def test_quarantine_may_be_elsewhere(tmp_path, home):
    """As on the pictures' own disk; hidden, so that no index takes it in."""
    plan, before = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg")), tree(tmp_path / "in")
    applying.apply(plan, Manner(quarantine=str(tmp_path / "q")))
    assert [path.name for path in (tmp_path / "q").rglob("*.jpg")] == ["ab.jpg"]

    undoing.undo(plan)
    assert tree(tmp_path / "in") == before


@pytest.mark.skipif(not SECOND_DEVICE.is_dir(), reason="there is no second device here")
def test_quarantine_on_another_device_is_a_proved_copy(tmp_path, home):
    """Copied, read back, and only then taken away."""
    plan, before = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg")), tree(tmp_path / "in")
    store = SECOND_DEVICE / f"pictrace-test-{os.getpid()}"
    try:
        applying.apply(plan, Manner(quarantine=str(store)))
        assert names(tmp_path / "in") == ["a.jpg"]
        undoing.undo(plan)
        assert tree(tmp_path / "in") == before
    finally:
        for path in sorted(store.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        store.rmdir()


def test_hard_links_share_and_are_parted_again(tmp_path, home):
    """Both names stay; afterwards there are two files again."""
    found = copies(tmp_path / "in", "a.jpg", "ab.jpg")
    os.utime(tmp_path / "in" / "ab.jpg", ns=(5, 7))
    plan = planned(home, group(*(member(Path(one.path)) for one in found)), action="hardlink", keep=("path",))
    before = tree(tmp_path / "in")
    assert applying.apply(plan).done == 1
    assert (tmp_path / "in" / "a.jpg").samefile(tmp_path / "in" / "ab.jpg")
    assert applying.apply(plan).already == 1

    undoing.undo(plan)
    assert tree(tmp_path / "in") == before
    assert not (tmp_path / "in" / "a.jpg").samefile(tmp_path / "in" / "ab.jpg")


def test_blocks_are_shared_or_it_is_said_that_they_cannot(tmp_path, home):
    """Most file systems cannot, and then nothing has happened."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"), action="reflink")
    before = tree(tmp_path / "in")
    outcome = applying.apply(plan)

    assert codes(outcome) in (["action_impossible"], [])
    after = tree(tmp_path / "in")
    assert {name: facts[2] for name, facts in after.items()} == {name: facts[2] for name, facts in before.items()}


def test_a_quarantine_behind_a_link_is_refused(tmp_path):
    """In a folder that others may write to, it could lead anywhere."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / ".pictrace-quarantine").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(LinkRefusedError):
        Manner(quarantine=str(tmp_path / "q"))


def test_the_trash_knows_where_a_file_was(tmp_path, home, monkeypatch):
    """As the desktop's own does; and undo takes it out again."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ü b.jpg"), action="trash")
    before = tree(tmp_path / "in")
    applying.apply(plan)
    (info,) = (tmp_path / "data" / "Trash" / "info").iterdir()
    assert f"Path={tmp_path!s}/in/%C3%BC%20b.jpg" in info.read_text()
    assert (tmp_path / "data" / "Trash" / "files" / "ü b.jpg").exists()

    undoing.undo(plan)
    assert (tree(tmp_path / "in"), info.exists()) == (before, False)


def test_what_another_program_threw_away_is_not_touched(tmp_path, home, monkeypatch):
    """Killed just before the move, while somebody else's file took the name in the trash: it stays, and ours too."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"), action="trash")
    before, foreign = tree(tmp_path / "in"), tmp_path / "data" / "Trash" / "files" / "ab.jpg"

    def kill(step):
        if step == "move":
            foreign.write_bytes(b"somebody else's")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        applying.apply(plan, disk=Disk(kill))
    undoing.undo(plan)

    assert (tree(tmp_path / "in"), foreign.read_bytes()) == (before, b"somebody else's")


def test_deleting_has_to_be_meant_and_cannot_be_taken_back(tmp_path, home):
    """Undo says so, file by file."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"), action="delete")
    with pytest.raises(UsageError, match="cannot be taken back"):
        applying.apply(plan)
    assert (applying.apply(plan, Manner(may_delete=True)).done, names(tmp_path / "in")) == (1, ["a.jpg"])

    assert codes(undoing.undo(plan)) == ["action_impossible"]


class Meanwhile(Disk):
    """Hands that let something happen just before the first step of a name."""

    def __init__(self, step, happen):
        self.step, self.happen = step, happen
        super().__init__(self._hear)

    def _hear(self, name):
        if name == self.step:
            self.step = ""
            self.happen()


@pytest.mark.parametrize("action", ["quarantine", "delete"])
def test_a_keeper_that_goes_with_its_copy_brings_it_back(tmp_path, home, action):
    """As where two mounts show one file under two numbers, or somebody deletes it at that moment."""
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"), action=action)
    hands = Meanwhile("move", (tmp_path / "in" / "a.jpg").unlink)

    assert codes(applying.apply(plan, Manner(may_delete=True), disk=hands)) == ["last_copy"]
    assert names(tmp_path / "in") == ["ab.jpg"]


def test_a_plan_does_not_say_what_a_companion_is(tmp_path, home):
    """A RAW file that an edited plan calls a sidecar stays, being the only one."""
    found = copies(tmp_path / "in", "a.jpg", "b/ab.jpg")
    raw = tmp_path / "in" / "b" / "ab.cr2"
    plan = planned(home, found)
    raw.write_bytes(b"raw")
    (only,) = plan.groups
    beside = Beside(str(raw), hashlib.sha256(b"raw").hexdigest(), "sidecar")
    removed = replace(only.remove[0], companions=(beside,))
    plan = replace(plan, groups=(replace(only, remove=(removed,)),))

    assert codes(applying.apply(plan)) == ["last_copy"]
    assert raw.exists()


def test_what_is_saved_under_a_name_in_between_stays(tmp_path, home, monkeypatch):
    """On systems where moving takes two steps, as on network folders."""
    monkeypatch.setattr(_disk, "_renamed", lambda *_: errno.ENOSYS)
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    (tmp_path / "new.jpg").write_bytes(b"new")
    hands = Meanwhile("unlink", lambda: (tmp_path / "new.jpg").replace(tmp_path / "in" / "ab.jpg"))
    applying.apply(plan, disk=hands)

    assert (tmp_path / "in" / "ab.jpg").read_bytes() == b"new"


def test_nothing_goes_for_what_was_put_aside(tmp_path):
    """Whatever the collection's folder is called: its quarantine may be emptied any time."""
    home = tmp_path / "in" / "coll"
    home.mkdir(parents=True)
    plan = planned(home, copies(tmp_path / "in", "a.jpg", "ab.jpg"))
    applying.apply(plan)
    (aside,) = (home / "quarantine").rglob("*.jpg")
    (only,) = plan.groups
    kept, gone = replace(only.keep[0], path=str(aside)), replace(only.remove[0], path=only.keep[0].path)
    swapped = replace(only, keep=(kept,), remove=(replace(gone, keeper=str(aside)),))

    assert codes(applying.apply(replace(plan, groups=(swapped,)))) == ["last_copy"]
    assert (tmp_path / "in" / "a.jpg").exists()
