"""A plan names what goes, why and for which file; everything else is left alone, with the reason."""

import os

import pytest
from copied_files import copies, group, member, planned, saved

from pictrace.dedupe.planning import Protection
from pictrace.duplicates.groups import Group
from pictrace.errors import UnknownNameError
from pictrace.types import Relation


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home.pictrace"


def names(records):
    return [one.path.rpartition("/")[2] for one in records]


def test_one_stays_and_the_others_go(tmp_path, home):
    """Each with the reason, and the file it goes for."""
    (only,) = planned(home, copies(tmp_path, "a.jpg", "ab.jpg", "abc.jpg")).groups

    assert (names(only.keep), names(only.remove), only.left) == (["a.jpg"], ["ab.jpg", "abc.jpg"], ())
    assert only.remove[0].keeper == only.keep[0].path
    assert only.remove[0].reason.startswith("path: a path of")


def test_only_files_of_the_same_bytes_or_pixels_go_by_themselves(tmp_path, home):
    """A copy waits until somebody has looked."""
    exact, copy = saved(tmp_path / "a.jpg", 640, 480), saved(tmp_path / "c.jpg")
    twin = saved(tmp_path / "ab.jpg", 640, 480)
    found = group(member(exact), member(twin), member(copy, id=2, relation=Relation.COPY))
    removed = {one.path: one for one in planned(home, found).groups[0].remove}

    assert [(one.accepted, one.needs_review) for one in (removed[str(twin)], removed[str(copy)])] == [
        (True, False),
        (False, True),
    ]


def test_two_copies_of_the_medoid_are_no_surer_of_each_other(tmp_path, home):
    """A file that goes for one that is not the medoid is as near to it as the weaker of both links."""
    paths = [saved(tmp_path / f"{n}.jpg", 64 * n, 48 * n, quality=50) for n in (1, 2, 3)]
    relations = (Relation.EXACT, Relation.EXACT, Relation.COPY)
    members = [member(path, id=n, relation=relations[n - 1]) for n, path in enumerate(paths, 1)]

    (only,) = planned(home, group(*members)).groups
    assert names(only.keep) == ["3.jpg"]
    assert {one.relation for one in only.remove} == {"copy"}


def test_a_file_goes_for_the_kept_one_that_is_nearest_to_it(tmp_path, home):
    """Where several stay, the one with its bytes."""
    best, other = saved(tmp_path / "a.jpg", 640, 480), saved(tmp_path / "safe" / "b.jpg")
    twin = saved(tmp_path / "c.jpg")
    found = group(member(best), *(member(path, id=2, relation=Relation.COPY) for path in (other, twin)))
    plan = planned(home, found, protection=Protection((str(tmp_path / "safe"),)))

    (only,) = plan.groups
    assert [(one.keeper, one.relation, one.accepted) for one in only.remove if one.path == str(twin)] == [
        (str(other), "exact", True)
    ]


@pytest.mark.parametrize("pattern", ["safe", "a*.jpg", "/*/safe/*"])
def test_protected_files_all_stay(tmp_path, home, pattern):
    """By folder or by name, even if no file is left to go."""
    paths = [saved(tmp_path / "safe" / name) for name in ("a.jpg", "ab.jpg")]
    (only,) = planned(home, group(*map(member, [*paths, saved(tmp_path / "c.jpg")])), protection=_by(pattern)).groups

    assert (names(only.keep), names(only.remove)) == (["a.jpg", "ab.jpg"], ["c.jpg"])
    assert only.keep[1].reason.startswith("protected; ")


def _by(pattern):
    return Protection(patterns=(pattern,))


def test_a_reference_is_never_removed(tmp_path, home):
    """Files of a folder that is only compared against."""
    paths = [saved(tmp_path / name) for name in ("a.jpg", "ab.jpg")]
    found = group(member(paths[0], reference=True), member(paths[1], reference=True))

    assert planned(home, found).groups == ()


def test_hard_links_are_one_file(tmp_path, home):
    """Two names of one file are no copies, and the second is told of."""
    found = saved(tmp_path / "a.jpg")
    os.link(found, tmp_path / "ab.jpg")
    (only,) = planned(home, group(member(found), member(tmp_path / "ab.jpg"))).groups

    assert (names(only.keep), names(only.remove), names(only.left)) == (["a.jpg"], [], ["ab.jpg"])
    assert "by another name" in only.left[0].reason


def test_a_copy_with_a_second_name_elsewhere_is_left(tmp_path, home):
    """Removing one of its names would free nothing."""
    found = copies(tmp_path, "a.jpg", "ab.jpg")
    os.link(tmp_path / "ab.jpg", tmp_path / "elsewhere")
    (only,) = planned(home, found).groups

    assert (names(only.remove), names(only.left)) == ([], ["ab.jpg"])


def test_the_same_file_listed_several_times_is_one(tmp_path, home):
    """It is never its own duplicate."""
    found = member(saved(tmp_path / "a.jpg"))
    (only,) = planned(home, Group(1, (found, found, found, found))).groups

    assert (names(only.keep), names(only.remove), len(only.left)) == (["a.jpg"], [], 3)


def test_links_are_never_planned_for(tmp_path, home):
    """A forest of symbolic links has no copies in it; nor has a folder that is reached in two ways."""
    found = copies(tmp_path / "real", "a.jpg")
    (tmp_path / "forest").mkdir()
    (tmp_path / "forest" / "a.jpg").symlink_to(tmp_path / "real" / "a.jpg")
    (tmp_path / "again").symlink_to(tmp_path / "real")
    links = [member(tmp_path / way / "a.jpg") for way in ("forest", "again")]
    (only,) = planned(home, group(*found.members, *links)).groups

    assert (names(only.keep), only.remove, len(only.left)) == (["a.jpg"], (), 2)
    assert only.keep[0].path == str(tmp_path / "real" / "a.jpg")


@pytest.mark.parametrize("change", ["gone", "written", "dangling"])
def test_a_file_that_is_not_as_indexed_is_left(tmp_path, home, change):
    """Only what is known is planned for."""
    found = copies(tmp_path, "a.jpg", "ab.jpg")
    path = tmp_path / "a.jpg"
    path.unlink()
    if change == "written":
        path.write_bytes(b"new")
    elif change == "dangling":
        path.symlink_to(tmp_path / "nothing")
    (only,) = planned(home, found).groups

    assert (names(only.keep), names(only.remove), names(only.left)) == (["ab.jpg"], [], ["a.jpg"])


def test_what_has_no_file_of_its_own_is_left(tmp_path, home):
    """Members of archives and what is behind URLs."""
    from dataclasses import replace

    one, other = copies(tmp_path, "a.jpg", "ab.jpg").members
    inside = replace(other, place=replace(other.place, uri=f"{tmp_path}/a.zip!/b.jpg", identity=None))
    (only,) = planned(home, group(one, inside)).groups

    assert (names(only.keep), "archive" in only.left[0].reason) == (["a.jpg"], True)


def test_raw_and_jpeg_are_one_picture(tmp_path, home):
    """The RAW file of a picture is never a duplicate of it."""
    jpeg = saved(tmp_path / "a.jpg")
    raw = saved(tmp_path / "a.DNG", form="TIFF")
    (only,) = planned(home, group(member(raw), member(jpeg, id=2, relation=Relation.COPY))).groups

    assert (names(only.keep), only.remove, names(only.left)) == (["a.jpg"], (), ["a.DNG"])


def test_a_picture_with_its_raw_file_stays(tmp_path, home):
    """Two pictures with different RAW files are both kept, for the sets stay together."""
    found = copies(tmp_path, "a.jpg", "ab.jpg")
    (tmp_path / "a.CR2").write_bytes(b"one")
    (tmp_path / "ab.CR2").write_bytes(b"two")
    (only,) = planned(home, found).groups

    assert (only.remove, names(only.left)) == ((), ["ab.jpg"])
    assert only.left[0].reason.startswith("ab.CR2 beside it belongs to it")


@pytest.mark.parametrize("ending", ["CR2", "mov"])
def test_a_whole_set_goes_where_the_same_set_stays(tmp_path, home, ending):
    """A folder that was copied as a whole, RAW files and videos with it."""
    found = copies(tmp_path, "a.jpg", "b/a.jpg")
    for folder in (tmp_path, tmp_path / "b"):
        (folder / f"a.{ending}").write_bytes(b"the same")
    (only,) = planned(home, found).groups

    assert [(one.path, one.keeper) for one in only.remove[0].companions] == [
        (str(tmp_path / "b" / f"a.{ending}"), str(tmp_path / f"a.{ending}"))
    ]


def test_sidecars_go_along(tmp_path, home):
    """With their own hash, so that one that was edited since is noticed."""
    found = copies(tmp_path, "a.jpg", "ab.jpg")
    (tmp_path / "ab.xmp").write_bytes(b"<x/>")
    (only,) = planned(home, found).groups

    assert [(one.kind, one.keeper) for one in only.remove[0].companions] == [("sidecar", "")]


def test_the_video_of_a_heic_stays_with_it(tmp_path, home):
    """The JPEG made from the HEIC goes alone."""
    one, other = saved(tmp_path / "a.heic", 640, 480), saved(tmp_path / "a.jpg")
    (tmp_path / "a.mov").write_bytes(b"video")
    found = group(member(one, format="HEIF"), member(other, id=2, relation=Relation.COPY))
    (only,) = planned(home, found).groups

    assert (names(only.keep), names(only.remove)) == (["a.heic"], ["a.jpg"])


def test_sharing_blocks_is_for_equal_bytes(tmp_path, home):
    """A hard link would replace a copy by something else."""
    one, other = saved(tmp_path / "a.jpg", 640, 480), saved(tmp_path / "b.jpg")
    (only,) = planned(home, group(member(one), member(other, id=2, relation=Relation.COPY)), action="hardlink").groups

    assert (only.remove, names(only.left)) == ((), ["b.jpg"])


def test_a_file_of_two_groups_is_planned_for_once(tmp_path, home):
    """Whatever finding said."""
    one, other, third = copies(tmp_path, "a.jpg", "ab.jpg", "abc.jpg").members
    plan = planned(home, group(one, other), group(other, third))

    assert sum(str(tmp_path / "ab.jpg") in names_of(part) for part in plan.groups) == 1


def names_of(part):
    return [one.path for one in (*part.keep, *part.remove)]


def test_an_unknown_action_is_refused(tmp_path, home):
    """Those there are get listed."""
    with pytest.raises(UnknownNameError) as caught:
        planned(home, copies(tmp_path, "a.jpg", "b.jpg"), action="shred")
    assert "quarantine" in caught.value.hint


def test_planning_touches_nothing(tmp_path, home):
    """Not even the times of the files or their folder."""
    found = copies(tmp_path / "in", "a.jpg", "ab.jpg")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "in", *(tmp_path / "in").iterdir())}
    planned(home, found)

    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not home.exists()


def test_nobody_but_hashes_says_that_files_are_the_same(tmp_path, home):
    """Strangers that some file of judgements or groups calls exact wait for a look, as all copies do."""
    one, other = saved(tmp_path / "a.jpg", 640, 480), saved(tmp_path / "b.jpg", seed=2)
    found = group(member(one), member(other, id=2, relation=Relation.EXACT))

    (removed,) = planned(home, found).groups[0].remove
    assert (removed.relation, removed.accepted) == ("copy", False)


def test_what_was_put_aside_is_in_no_plan(tmp_path, home):
    """Though it was indexed anew, in a collection that is not called as collections are."""
    paths = ("in/coll/quarantine/20261129T195310.061926/files/0001/a.jpg", "in/.Trash-0/files/a.jpg", "in/aa.jpg")
    (only,) = planned(home, copies(tmp_path, *paths)).groups

    assert (names(only.keep), only.remove, len(only.left)) == (["aa.jpg"], (), 2)
