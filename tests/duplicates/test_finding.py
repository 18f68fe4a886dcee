"""Finding duplicates: every copy, nothing else, and never what was decided otherwise."""

import json
import shutil

import pytest
from photographs import FOLDER, jpeg, photo

from pictrace.collection import Collection
from pictrace.duplicates.finding import YOU_SAID_SO, Heard
from pictrace.edits import bordered, captioned, cropped, mirrored
from pictrace.errors import UsageError
from pictrace.recipe import SpacesChangedError, SpaceState
from pictrace.settings import Settings
from pictrace.types import Relation

MADE = {"whole": lambda image: image, "crop": cropped(0.05), "text": captioned, "mirror": mirrored, "frame": bordered}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Two photographs in five versions each, one of them twice, and a third without any."""
    folder = tmp_path_factory.mktemp("copies")
    for name in ("coffee", "chelsea"):
        for kind, edit in MADE.items():
            (folder / f"{name}-{kind}.jpg").write_bytes(jpeg(edit(photo(f"{name}.png"))))
    shutil.copy(folder / "coffee-whole.jpg", folder / "coffee-again.jpg")
    shutil.copy(FOLDER / "rocket.jpg", folder / "rocket-whole.jpg")
    with Collection(folder / "all.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(folder)
        yield collection


@pytest.fixture
def collection(filled, tmp_path):
    """A copy of it that a test may write to."""
    shutil.copytree(filled.path, tmp_path / "own.pictrace", ignore=shutil.ignore_patterns("dedupe", "*lock"))
    with Collection(tmp_path / "own.pictrace", settings=Settings(workers=1, threads=1)) as own:
        yield own


def names(groups):
    return sorted(sorted(member.path.rpartition("/")[2] for member in group) for group in groups)


def named(collection, name):
    return next(record.id for record in collection.list() if record.path.endswith(name))


def test_every_version_is_in_the_group_of_its_picture(filled):
    """Crops, captions, frames and mirror images are with the whole picture, strangers are not."""
    groups = filled.duplicates()

    assert [len(group) for group in groups] == [5, 6] or [len(group) for group in groups] == [6, 5]
    assert all(len({name.partition("-")[0] for name in group}) == 1 for group in names(groups))
    assert all(member.relation >= Relation.COPY for group in groups for member in group)


def test_exact_duplicates_need_no_judging(filled):
    """Files of the same bytes are a group, though they are one picture."""
    (group,) = filled.duplicates("exact")

    assert names([group]) == [["coffee-again.jpg", "coffee-whole.jpg"]]
    assert (group.relation, group.score, group.weakest) == (Relation.EXACT, 1.0, None)


def test_the_weakest_link_is_told(filled):
    """Nobody has to guess which member of a group is in doubt."""
    for group in filled.duplicates():
        scores = [member.score for member in group if member.id != group.medoid]
        assert (group.weakest.one, group.score) == (group.medoid, min(scores))


def test_a_second_run_judges_nothing(collection):
    """What is known of a pair is read from the file, and says the same."""
    before = [group.to_dict() for group in collection.duplicates()]
    collection.duplicates("scene")
    memory = collection.path / "dedupe/copy/judgements.jsonl"
    size = memory.stat().st_size

    assert [group.to_dict() for group in collection.duplicates()] == before
    assert memory.stat().st_size == size > 0


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: b"\xff" + data, lambda data: b"[]\n" * 9])
def test_a_damaged_memory_costs_time_only(collection, damage):
    """Judgements can always be made anew."""
    before = names(collection.duplicates())
    memory = collection.path / "dedupe/copy/judgements.jsonl"
    memory.write_bytes(damage(memory.read_bytes()))

    assert names(collection.duplicates()) == before


def test_a_memory_of_other_pictures_is_not_believed(collection):
    """An id that means another picture now is no reason to join anything."""
    collection.duplicates()
    memory = collection.path / "dedupe/copy/judgements.jsonl"
    head, *lines = memory.read_text().splitlines()
    turned = [{**json.loads(line), "one": [named(collection, "rocket-whole.jpg"), "0" * 16]} for line in lines]
    memory.write_text("\n".join([head, *map(json.dumps, turned)]))

    assert all("rocket" not in name for group in names(collection.duplicates()) for name in group)


def test_a_decision_parts_two_pictures(collection):
    """What somebody called different is in no group together, now and later."""
    one, other = named(collection, "chelsea-whole.jpg"), named(collection, "chelsea-crop.jpg")
    collection.decide(one, other, "different")

    assert all(not {one, other} <= set(group.keys) for group in collection.duplicates())


def test_a_decision_joins_two_pictures(collection):
    """What somebody called a duplicate is in one group, with the reason."""
    one, other = named(collection, "chelsea-whole.jpg"), named(collection, "rocket-whole.jpg")
    collection.decide(one, other, "duplicate")
    (group,) = [group for group in collection.duplicates() if other in group.keys]

    assert {one, other} <= set(group.keys)
    assert (YOU_SAID_SO,) in {member.reasons for member in group}


def test_files_that_are_gone_are_not_told_of(tmp_path):
    """What was moved away since the pictures were indexed is no duplicate of anything."""
    for name in ("one", "other", "third"):
        (tmp_path / f"{name}.jpg").write_bytes(jpeg(photo("coffee.png"), 60 + ord(name[-1]) % 9))
    with Collection(tmp_path / "gone.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(tmp_path)
        (tmp_path / "other.jpg").unlink()

        assert names(collection.duplicates()) == [["one.jpg", "third.jpg"]]


def test_files_below_a_reference_are_marked(filled):
    """They are compared against, and nobody may touch them."""
    groups = filled.duplicates(references=[str(filled.path.parent / "coffee-whole.jpg")])
    marked = [member.path for group in groups for member in group if member.reference]

    assert marked == [str(filled.path.parent / "coffee-whole.jpg")]


def test_progress_and_groups_are_told_on_the_way(filled):
    """Who waits sees how far it is and what is known."""
    told, seen = [], []
    filled.duplicates(heard=Heard(lambda *args: told.append(args), seen.append))

    assert {stage for stage, *_ in told} == {"neighbours", "judged"}
    assert all(done <= total for _, done, total in told)
    assert seen


@pytest.mark.parametrize("wrong", [{"relation": "different"}, {"relation": "alike"}, {"min_score": 2.0}], ids=str)
def test_nonsense_is_refused(filled, wrong):
    """No run begins that could find nothing or everything."""
    with pytest.raises(UsageError):
        filled.duplicates(**wrong)


def test_a_switch_of_encoders_ends_a_run_and_the_next_one_is_by_the_new_ones(collection):
    """Neighbours that the old ones found are not judged by the new ones, and nothing is remembered as theirs."""

    def switched(stage, done, total):
        if stage == "neighbours" and done == total:
            with collection._writing() as catalog:
                catalog.switch({"lite0": SpaceState.RETIRED})

    with pytest.raises(SpacesChangedError) as caught:
        collection.duplicates(heard=Heard(switched))

    assert caught.value.exit_code == 6
    assert not list(collection.path.rglob("judgements.jsonl"))
    assert collection.duplicates()
