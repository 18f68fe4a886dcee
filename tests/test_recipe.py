"""Recipes come from files, which may be damaged."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pictrace.errors import IndexDamagedError, UsageError
from pictrace.recipe import EncoderStamp, Recipe, SpaceState
from pictrace.testing._samples import RECIPE
from pictrace.types import FEATURE_SPACE

PLAIN = json.loads(RECIPE.to_json())


def changed(number: int, **changes: object) -> str:
    """The recipe, with fields of one encoder changed."""
    stamps = [dict(stamp) for stamp in PLAIN["encoders"]]
    stamps[number] |= changes
    return json.dumps(PLAIN | {"encoders": stamps})


def test_a_recipe_comes_back_as_it_was():
    """Through its one line of JSON."""
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE


def test_a_recipe_without_states_is_one_of_active_encoders():
    """As those of format 2 are."""
    stamps = [{name: value for name, value in stamp.items() if name != "state"} for stamp in PLAIN["encoders"]]

    assert Recipe.from_json(json.dumps(PLAIN | {"encoders": stamps})) == RECIPE


def test_a_recipe_tells_what_is_searched_and_what_a_new_picture_needs():
    """Those being made get rows as well, retired ones do not, and neither is searched."""
    states = dict(zip(("one", "two", "three"), SpaceState, strict=True))
    stamps = tuple(EncoderStamp(name, "1", "cosine", 3, state.value) for name, state in states.items())
    recipe = replace(RECIPE, encoders=stamps)

    assert [stamp.name for stamp in recipe.active] == ["one"]
    assert [stamp.name for stamp in recipe.filling] == ["one", "two"]
    assert (recipe.stamp("three").as_state(SpaceState.ACTIVE).state, recipe.stamp("four")) == ("active", None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "3",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps(PLAIN | {"more": "x"}),
        json.dumps(PLAIN | {"encoders": 3}),
        changed(0, metric="features", width=304),
        json.dumps(PLAIN | {"encoders": []}),
        json.dumps(PLAIN | {"encoders": ["faces"]}),
        json.dumps(PLAIN | {"encoders": PLAIN["encoders"][:1] * 2}),
        json.dumps(PLAIN | {"index": None}),
        json.dumps(PLAIN | {"index": "../exact"}),
        json.dumps(PLAIN | {"index": "exact\x1b[2J"}),
        json.dumps(PLAIN | {"signals": ["identity", "a b"]}),
        json.dumps(PLAIN | {"signals": "identity"}),
        json.dumps(PLAIN | {"signals": [3]}),
        json.dumps(PLAIN | {"features": 1}),
        json.dumps(PLAIN | {"decoder": ["1"]}),
        changed(0, more=1),
        changed(0, name=7),
        changed(0, name=""),
        changed(0, name="../faces"),
        changed(0, name="faces\n"),
        changed(0, name="\x1b]0;faces\x07"),
        changed(0, name="faces:../bits"),
        changed(0, version=None),
        changed(0, metric="euclid"),
        changed(0, metric=[]),
        changed(0, width="24"),
        changed(0, width=True),
        changed(0, width=0),
        changed(0, width=1 << 40),
        changed(1, width=63),
        changed(0, state="searched"),
        changed(0, state=None),
        changed(0, state=["active"]),
    ],
)
def test_a_damaged_recipe_is_refused(text):
    """Whatever is wrong with it, the error is the typed one and says what to do."""
    with pytest.raises(IndexDamagedError, match="recipe") as caught:
        Recipe.from_json(text)

    assert "pictrace verify" in caught.value.hint


def test_sets_of_features_are_no_encoders_rows():
    """Their space is for an index alone, and their rows have no distance one by one."""
    rows = np.zeros((2, FEATURE_SPACE.columns), np.uint8)

    with pytest.raises(UsageError, match="compared as a whole"):
        FEATURE_SPACE.distance(rows, rows)
