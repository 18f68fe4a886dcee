"""One collection against another: what is there too, and whose it is."""

import shutil

import pytest
from photographs import jpeg, photo

from pictrace.collection import Collection
from pictrace.edits import cropped
from pictrace.errors import RecipeMismatchError
from pictrace.settings import Settings
from pictrace.types import Relation

ALONE = Settings(workers=1, threads=1)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """Two photographs."""
    with Collection(tmp_path_factory.mktemp("theirs") / "theirs.pictrace", settings=ALONE) as collection:
        for name in ("coffee", "chelsea"):
            collection.add_image(jpeg(photo(f"{name}.png")), name=name)
        yield collection


@pytest.fixture
def mine(tmp_path):
    """A crop and the same file of one of them, and another photograph."""
    with Collection(tmp_path / "mine.pictrace", settings=ALONE) as collection:
        collection.add_image(jpeg(cropped(0.1)(photo("coffee.png"))), name="crop")
        collection.add_image(jpeg(photo("coffee.png")), name="same")
        collection.add_image(jpeg(photo("rocket.jpg")), name="other")
        yield collection


def test_what_is_there_too_is_found(mine, theirs):
    """Under the other's picture, which is a reference."""
    (group,) = mine.duplicates(against=theirs)
    (first, *others) = group

    assert (first.path, first.reference, first.collection) == ("coffee", True, str(theirs.path))
    assert {(one.path, one.relation) for one in others} == {("crop", Relation.COPY), ("same", Relation.EXACT)}
    assert not any(one.reference or one.collection for one in others)


def test_exact_needs_no_judging(mine, theirs):
    """The same pixels only."""
    (group,) = mine.duplicates("exact", against=theirs)

    assert [one.path for one in group] == ["coffee", "same"]


def test_ids_of_two_collections_are_told_apart(mine, theirs):
    """Both have a picture 1, and only one of them leads."""
    (group,) = mine.duplicates(against=theirs)

    assert [group.is_led_by(one) for one in group] == [True, False, False]
    assert group.spare == 2


def test_collections_of_other_encoders_are_refused(mine, theirs, tmp_path):
    """Their rows mean different things."""
    with Collection(tmp_path / "hashes.pictrace", settings=ALONE, encoders=["pdq"]) as hashes:
        hashes.add_image(jpeg(photo("coffee.png")), name="coffee")
        with pytest.raises(RecipeMismatchError):
            mine.duplicates(against=hashes)


def test_the_same_encoders_in_another_order_are_the_same(mine, tmp_path):
    """Rows are found by the names of their encoders."""
    with Collection(tmp_path / "turned.pictrace", settings=ALONE, encoders=["pdq", "lite0"]) as turned:
        turned.add_image(jpeg(photo("coffee.png")), name="coffee")
        (group,) = mine.duplicates(against=turned)

    assert {one.path for one in group} == {"coffee", "crop", "same"}


def test_nothing_of_the_other_is_written(mine, theirs):
    """It may be somebody else's."""
    before = sorted(path.name for path in theirs.path.rglob("*") if "dedupe" in str(path))
    mine.duplicates(against=theirs)

    assert sorted(path.name for path in theirs.path.rglob("*") if "dedupe" in str(path)) == before
    shutil.rmtree(mine.path / "dedupe", ignore_errors=True)
