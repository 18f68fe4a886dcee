"""The groups found last, as they are kept."""

import shutil
from dataclasses import replace

import pytest
from photographs import jpeg, photo

from pictrace.collection import Collection
from pictrace.duplicates import found
from pictrace.duplicates.finding import FOLDER
from pictrace.duplicates.found import FILE, Asked
from pictrace.settings import Settings
from pictrace.types import Relation


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """A photograph in two versions, one of them twice."""
    folder = tmp_path_factory.mktemp("kept")
    for name, quality in {"a.jpg": 90, "b.jpg": 40}.items():
        (folder / name).write_bytes(jpeg(photo("coffee.png"), quality))
    shutil.copy(folder / "a.jpg", folder / "c.jpg")
    with Collection(folder / "all.pictrace", settings=Settings(workers=1, threads=1)) as made:
        made.add(folder)
        found.keep(made.path / FOLDER, Asked("copy", references=("/nowhere",)), made.duplicates())
        yield made


def test_what_was_found_is_read_again(collection):
    """Every file with what is known of it, and what was asked for."""
    asked, groups = found.kept(collection.path / FOLDER, collection.engine().catalog)

    assert asked == Asked("copy", references=("/nowhere",))
    assert groups == collection.duplicates()


def test_what_is_forgotten_is_left_out(collection, tmp_path):
    """With the medoid's picture the group goes: the others were held against that one only."""
    shutil.copytree(collection.path, tmp_path / "own.pictrace", ignore=shutil.ignore_patterns("*lock"))
    with Collection(tmp_path / "own.pictrace", settings=Settings(workers=1, threads=1)) as own:
        own.remove(collection.duplicates()[0].medoid)

        assert found.kept(own.path / FOLDER, own.engine().catalog)[1] == []


def test_what_left_and_came_back_is_known_by_its_contents(collection, tmp_path):
    """It has another id then."""
    shutil.copytree(collection.path, tmp_path / "own.pictrace", ignore=shutil.ignore_patterns("*lock"))
    with Collection(tmp_path / "own.pictrace", settings=Settings(workers=1, threads=1)) as own:
        before = own.duplicates()[0]
        own.remove(*before.keys)
        own.add(collection.path.parent)
        ((_, (after,)),) = [found.kept(own.path / FOLDER, own.engine().catalog)]

    assert (after.id, len(after)) == (before.id, len(before))
    assert not set(after.keys) & set(before.keys)


@pytest.mark.parametrize("data", [None, b"", b"{}", b"[]", b'{"format": 2}\n', b"\xff", b'{"format": 1}\n[]\n'])
def test_a_damaged_file_is_no_file(collection, tmp_path, data):
    """Nothing was found then."""
    if data is not None:
        (tmp_path / FILE).write_bytes(data)

    assert found.kept(tmp_path, collection.engine().catalog) is None


def test_files_are_of_the_same_pixels_if_the_catalog_says_so(collection, tmp_path):
    """Such files may go without anybody having looked at them."""
    (group,) = collection.duplicates()
    found.keep(tmp_path, Asked("copy"), [replace(group, members=tuple(replace(one, pixel_hash="00") for one in group))])

    ((_, (read,)),) = [found.kept(tmp_path, collection.engine().catalog)]
    assert [one.pixel_hash for one in read] == [one.pixel_hash for one in group]


def test_files_of_other_pixels_are_never_the_same(collection, tmp_path):
    """Whatever the file says of them."""
    (group,) = collection.duplicates()
    alike = [replace(one, relation=Relation.EXACT) for one in group]
    found.keep(tmp_path, Asked("copy"), [replace(group, members=tuple(alike))])

    assert found.kept(tmp_path, collection.engine().catalog) is None


def test_a_damaged_hash_is_no_hash(collection, tmp_path):
    """Of a picture that may be another one."""
    (group,) = collection.duplicates()
    found.keep(tmp_path, Asked("copy"), [replace(group, members=tuple(replace(one, sha256="zz") for one in group))])

    assert found.kept(tmp_path, collection.engine().catalog) is None


@pytest.mark.parametrize(
    ("written", "damaged"), [('"exact"', '"exactly"'), ('"exact",1.0', '"exact",NaN'), ("[[1,", "[[1e999,")]
)
def test_a_damaged_group_is_no_group(collection, tmp_path, written, damaged):
    """What was written by hand may be anything."""
    found.keep(tmp_path, Asked("copy"), collection.duplicates())
    text = (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text(text.replace(written, damaged))

    assert found.kept(tmp_path, collection.engine().catalog) is None
