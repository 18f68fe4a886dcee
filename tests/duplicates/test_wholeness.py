"""A copy that is cut, framed or written over is told from the whole picture."""

import pytest
from copied_files import group, member, saved
from photographs import jpeg, photo

from pictrace.collection import Collection
from pictrace.duplicates.wholeness import told_apart
from pictrace.edits import captioned, cropped
from pictrace.results import Change, ChangeKind, Match
from pictrace.settings import Settings
from pictrace.types import Relation


def said(kind, side):
    return Match(2, "", Relation.COPY, 1.0, {}, None, 1, 1, "", changes=(Change(kind, side),))


@pytest.mark.parametrize(
    ("side", "reasons"), [("query", [("cropped",), ()]), ("match", [(), ("cropped",)]), (None, [(), ()])]
)
def test_the_side_that_shows_a_change_has_it_among_its_reasons(tmp_path, side, reasons):
    """The medoid, too, may be the one that is cut out."""
    one, other = saved(tmp_path / "a.jpg"), saved(tmp_path / "b.jpg", 32, 24)
    found = group(member(one), member(other, id=2, relation=Relation.COPY))
    (told,) = told_apart([found], lambda *_: said(ChangeKind.CROPPED, side))

    assert [one.reasons for one in told] == reasons


def test_changes_that_take_nothing_away_are_passed_over(tmp_path):
    """A resized copy is whole."""
    one, other = saved(tmp_path / "a.jpg"), saved(tmp_path / "b.jpg", 32, 24)
    found = group(member(one), member(other, id=2, relation=Relation.COPY))

    assert list(told_apart([found], lambda *_: said(ChangeKind.RESIZED, "match"))) == [found]


def test_what_was_told_before_is_not_compared_again(tmp_path):
    """A group of the same contents has the same changes, under other ids too."""
    one, other = saved(tmp_path / "a.jpg"), saved(tmp_path / "b.jpg", 32, 24)
    before = group(member(one), member(other, id=2, relation=Relation.COPY, reasons=("looks alike", "cropped")))
    found = group(member(one, id=7), member(other, id=8, relation=Relation.COPY, reasons=("looks alike",)))

    def compare(*_):
        raise AssertionError

    (told,) = told_apart([found], compare, before=[before])
    assert [one.reasons for one in told] == [(), ("looks alike", "cropped")]


def test_equal_files_are_not_compared(tmp_path):
    """There is nothing to tell."""
    found = group(*(member(saved(tmp_path / name)) for name in ("a.jpg", "b.jpg")))

    assert list(told_apart([found], pytest.fail)) == [found]


@pytest.mark.parametrize(("edit", "reason"), [(cropped(0.1), "cropped"), (captioned, "overlaid")])
def test_a_real_copy_that_lacks_something_is_told(tmp_path, edit, reason):
    """By the comparison of a collection."""
    (tmp_path / "a.jpg").write_bytes(jpeg(photo("coffee.png")))
    (tmp_path / "b.jpg").write_bytes(jpeg(edit(photo("coffee.png"))))
    with Collection(tmp_path / "own.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(tmp_path)
        (told,) = told_apart(collection.duplicates(), collection.compare)

    assert {one.path.rpartition("/")[2] for one in told if reason in one.reasons} == {"b.jpg"}
