"""Neighbours: who is near to whom, without holding everybody against everybody."""

import numpy as np
import pytest
from photographs import jpeg, photo

from pictrace.collection import Collection
from pictrace.duplicates.neighbours import neighbourhood, wider
from pictrace.edits import cropped
from pictrace.settings import Settings

MANY = 30


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """Thirty versions of one picture and one of another."""
    with Collection(
        tmp_path_factory.mktemp("crowd") / "crowd.pictrace", settings=Settings(workers=1, threads=1)
    ) as collection:
        for number in range(MANY):
            collection.add_image(jpeg(cropped(number / 400)(photo("coffee.png")), 60 + number), name=f"{number}")
        collection.add_image(jpeg(photo("chelsea.png")), name="alone")
        yield collection


def test_versions_are_near_and_strangers_are_not(crowd):
    """The picture that has no version is near to nobody."""
    engine = crowd.engine()
    near = neighbourhood(engine, engine.catalog.keys())

    assert (near.near[:MANY] >= 0).sum(axis=1).min() >= 10
    assert (near.near[MANY] == -1).all()
    assert near.centrality[MANY] == 0


def test_nobody_is_near_to_itself_or_to_those_left_out(crowd):
    """Places are of the pictures asked about."""
    engine = crowd.engine()
    keys = engine.catalog.keys()[::2]
    near = neighbourhood(engine, keys)

    assert all(place not in row for place, row in enumerate(near.near.tolist()))
    assert near.near.max() < len(keys)


def test_likeness_falls_along_a_row(crowd):
    """The nearest comes first."""
    near = neighbourhood(crowd.engine(), crowd.engine().catalog.keys())

    assert (np.diff(near.alike, axis=1) <= 0).all()


def test_more_neighbours_can_be_asked_for(crowd):
    """A group of any size is found whole."""
    found = wider(crowd.engine(), [1], 4 * MANY)[1]

    assert set(range(2, MANY + 1)) <= set(found)


def test_a_large_group_is_one(crowd):
    """More copies than neighbours that are asked for at first are in one group nevertheless."""
    (group,) = crowd.duplicates()

    assert len(group) == MANY
