"""Pairs judged in workers: as much work as it takes to be sure, and no copy where there is none."""

from dataclasses import replace

import pytest
from photographs import photo

from pictrace.collection import Collection
from pictrace.duplicates.judging import Judges, Manner, Measure, _may_be_copy
from pictrace.edits import captioned, cropped
from pictrace.recipe import SpacesChangedError, SpaceState
from pictrace.settings import Settings
from pictrace.types import Evidence, Level, Relation, Verdict


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """What is said of a photograph's copies, and of one that another eye took."""
    folder = tmp_path_factory.mktemp("pairs")
    left = photo("motorcycle_left.png")
    made = {"left": left, "crop": cropped(0.05)(left), "text": captioned(left), "right": photo("motorcycle_right.png")}
    for name, image in made.items():
        image.save(folder / f"{name}.png")
    with Collection(folder / "all.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(folder)
        keys = {record.path.rpartition("/")[2].removesuffix(".png"): record.id for record in collection.list()}
        with Judges(collection.path, Measure(collection.recipe.active), Manner(1, Relation.COPY)) as judges:
            ((_, found),) = judges.run({keys["left"]: [keys[name] for name in ("crop", "text", "right")]})
    names = {key: name for name, key in keys.items()}
    return {names[one.other]: one for one in found}


@pytest.mark.parametrize("name", ["crop", "text"])
def test_edits_are_copies(judged, name):
    """Whether a glance was enough or not."""
    assert judged[name].relation is Relation.COPY


def test_a_copy_that_a_glance_proves_says_why(judged):
    """The reasons are those of a whole look."""
    assert judged["crop"].reasons


def test_what_a_glance_leaves_open_is_looked_at_in_whole(judged):
    """The right eye of a stereo pair sees the same motorcycle, and is no copy of the left."""
    assert judged["right"].relation is Relation.SCENE


@pytest.mark.parametrize(
    ("typical", "likely", "may_be"), [(0.95, 0.5, True), (0.8, 0.5, False), (0.95, 0.2, False), (None, 0.5, False)]
)
def test_a_closer_look_is_for_what_is_nearly_a_copy(typical, likely, may_be):
    """As likely as those that turned out to be copies, and alike in more than half of the overlap."""
    verdict = Verdict(Relation.SCENE, 0.9, (), (Level(Relation.COPY, likely, 0.7),))
    measures = {} if typical is None else {"typical_ssim": typical}
    evidence = [Evidence("structure", "alignment", Relation.COPY, -1.0, measures)]

    assert _may_be_copy(verdict, evidence) is may_be


@pytest.fixture
def pair(tmp_path):
    """Two pictures in a collection."""
    with Collection(tmp_path / "pair.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add_image(photo("coffee.png"))
        collection.add_image(cropped(0.05)(photo("coffee.png")))
        yield collection


def test_a_worker_that_starts_after_a_switch_of_encoders_judges_nothing(pair):
    """The neighbours are those that other encoders found."""
    active = pair.recipe.active
    before = [replace(active[0], version="0-older"), *active[1:]]

    with (
        Judges(pair.path, Measure(before), Manner(1, Relation.COPY)) as judges,
        pytest.raises(SpacesChangedError, match="were changed meanwhile") as caught,
    ):
        list(judges.run({1: [2]}))
    assert "do it again" in caught.value.hint


def test_a_worker_that_a_switch_of_encoders_overtakes_judges_no_more(pair):
    """Nothing is half of one set and half of another."""
    with Judges(pair.path, Measure(pair.recipe.active), Manner(1, Relation.COPY)) as judges:
        first = list(judges.run({1: [2]}))
        with pair._writing() as catalog:
            catalog.switch({"lite0": SpaceState.RETIRED})
        with pytest.raises(SpacesChangedError):
            list(judges.run({2: [1]}))

    assert [(key, one.other) for key, (one,) in first] == [(1, 2)]
