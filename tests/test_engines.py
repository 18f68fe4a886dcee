"""What a search works with follows the encoders of its collection, all of them at once."""

from dataclasses import replace

import numpy as np
import pytest
from photographs import PHOTOS, noise, photo

from pictrace import Collection
from pictrace.errors import RecipeMismatchError
from pictrace.recipe import SpacesChangedError, SpaceState
from pictrace.search import search

ACTIVE, BUILDING, RETIRED = SpaceState.ACTIVE, SpaceState.BUILDING, SpaceState.RETIRED


@pytest.fixture
def collection(tmp_path):
    """Three photographs."""
    with Collection(tmp_path / "few.pictrace") as made:
        for seed in range(3):
            made.add_image(photo(PHOTOS[seed]))
        yield made


def states(collection, **wanted):
    """Spaces in other states, as another process would put them."""
    with collection._writing() as catalog:
        catalog.switch({name: SpaceState(state) for name, state in wanted.items()})


def test_an_answer_says_which_encoders_it_used(collection):
    """By name, with their versions; that the bytes are the same takes none."""
    versions = {stamp.name: stamp.version for stamp in collection.recipe.encoders}

    assert collection.search(1).searched_with == versions
    assert collection.search(1, mode="exact").searched_with == {}
    assert collection.search(1).to_dict()["searched_with"] == versions


def test_a_retired_encoder_is_not_searched_by_from_the_next_search_on(collection):
    """And what is still searched by is not opened again."""
    before = collection.engine()
    states(collection, lite0="retired")
    after, answer = collection.engine(), collection.search(1)

    assert (list(answer.searched_with), list(after.lookups)) == (["pdq"], ["pdq"])
    assert after.lookups["pdq"] is before.lookups["pdq"]
    assert after.encoders[0] is before.encoders[1]


def test_an_engine_of_before_a_switch_is_refused_rows_of_after_it(collection):
    """So no answer is by some of the old encoders and some of the new ones."""
    engine = collection.engine()
    states(collection, lite0="retired")

    with pytest.raises(SpacesChangedError, match="were changed meanwhile"):
        search(engine, 1)


def test_a_search_that_a_switch_overtakes_is_answered_by_the_new_set_alone(collection):
    """It is asked once more, from the beginning."""
    asked = []

    def ask(engine):
        asked.append([encoder.name for encoder in engine.encoders])
        if len(asked) == 1:
            states(collection, lite0="retired")
        return search(engine, 1)

    assert list(collection.answered(ask).searched_with) == ["pdq"]
    assert asked == [["lite0", "pdq"], ["pdq"]]


def test_a_new_picture_gets_rows_of_what_is_searched_and_of_what_is_being_made(collection):
    """None of what is retired."""
    states(collection, lite0="building")
    key = collection.add_image(noise(7))
    made = [keys.tolist()[-1] for name in ("lite0", "pdq") for keys, _ in collection.engine().catalog.rows(name)]
    states(collection, lite0="retired")
    later = collection.add_image(noise(8))

    assert made == [key, key]
    assert collection._reader().lacking("lite0") == [later]


def test_a_picture_that_was_looked_at_before_a_switch_is_stored_after_it(collection):
    """What it lacks is made from its proxy, what it has too much is left out."""
    trace = collection.traced(collection._picture(noise(7)))
    without = replace(trace, rows={"pdq": trace.rows["pdq"]})
    key = collection.add_image(without)
    row = collection.engine().catalog.traces([key])[key].rows["lite0"]
    states(collection, lite0="retired")
    collection.add_image(replace(trace, sha256="0" * 64))

    assert float(np.dot(row[0], trace.rows["lite0"][0])) > 0.95
    assert (len(collection), collection.verify()) == (5, [])


def test_what_is_being_made_is_told_of(collection):
    """Every answer says that it was not searched by it."""
    states(collection, lite0="building")

    assert [text for text in collection.search(1).warnings if "lite0 is not searched yet" in text]


def test_another_version_is_refused_by_name_and_told_how_to_renew(collection):
    """Rows of one version are never compared with queries of another."""
    stamp = replace(collection.recipe.stamp("lite0"), version="0-older", state="building")
    with collection._writing() as catalog:
        catalog.add_space(stamp, renew=True)
        rows = {key: np.ones((1, stamp.width), np.float32) for key in catalog.lacking("lite0")}
        catalog.put_rows("lite0", rows)
        catalog.switch({"lite0": ACTIVE})

    with pytest.raises(RecipeMismatchError, match=r"lite0 is of version 0-older, this PicTrace has \S+-") as caught:
        collection.search(1)
    assert "pictrace spaces renew lite0" in caught.value.hint
