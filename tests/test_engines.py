"""What a search works with follows the encoders of its collection, all of them at once."""

import importlib
import sys
from dataclasses import replace

import numpy as np
import pytest
from photographs import PHOTOS, noise, photo
from small_models import small_card, small_onnx

from pictrace import Collection, Words, tracing
from pictrace.duplicates.neighbours import neighbourhood
from pictrace.edits import brightened
from pictrace.errors import ModelMissingError, NoTextEncoderError, RecipeMismatchError, UnknownNameError, UsageError
from pictrace.evaluation import evaluate
from pictrace.recipe import EncoderStamp, SpacesChangedError, SpaceState
from pictrace.search import search
from pictrace.settings import Settings
from pictrace.types import Relation

ACTIVE, BUILDING, RETIRED = SpaceState.ACTIVE, SpaceState.BUILDING, SpaceState.RETIRED


@pytest.fixture
def collection(tmp_path):
    """Three photographs."""
    with Collection(tmp_path / "few.pictrace") as made:
        for seed in range(3):
            made.add_image(photo(PHOTOS[seed]))
        yield made


GRID = """
import numpy as np
from pictrace.types import Metric, Space

class Encoder:
    name, version, space = "own_grids.grid", "1", Space(Metric.COSINE, 192)

    def __init__(self, model="", *, runtime=None): ...

    def prepare(self, picture):
        return picture.squashed(8)

    def encode_prepared(self, prepared):
        return prepared.reshape(len(prepared), -1).astype(np.float32) + 1
"""


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


@pytest.fixture
def grids(tmp_path, monkeypatch):
    """Forty pictures in a collection whose only encoder is one that nobody has measured."""
    (tmp_path / "own_grids").mkdir()
    (tmp_path / "own_grids" / "grid.py").write_text(GRID)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("own_grids.grid")
    with Collection(tmp_path / "grids.pictrace", encoders=["own_grids.grid"]) as made:
        for seed in range(38):
            made.add_image(noise(seed))
        made.add_image(photo(PHOTOS[0]))
        made.add_image(photo(PHOTOS[1]))
        yield made
    sys.modules.pop("own_grids.grid")


def test_look_alikes_of_an_encoder_that_nobody_measured_are_estimated(grids):
    """By the collection's own strangers, modestly, and that is said."""
    answer = grids.search(brightened(photo(PHOTOS[0])), mode="similar")

    assert (answer[0].id, answer[0].relation) == (39, Relation.SIMILAR)
    assert answer[0].score <= 0.8
    assert any("nobody has measured" in text and "own_grids.grid" in text for text in answer.warnings)
    assert len(answer) < 5


def test_duplicates_are_judged_by_the_same_strangers_as_searches(grids):
    """What a search calls similar is a group of look-alikes, and what is remembered hangs on them."""
    whole = photo(PHOTOS[2])
    grids.add_image(whole, name="sharp")
    key = grids.add_image(whole.resize((16, 16)).resize(whole.size), name="blurred")
    answer = {match.id: match.relation for match in grids.search(key, mode="similar")}
    (group,) = grids.duplicates("similar")
    remembered = (grids.path / "dedupe" / "similar" / "judgements.jsonl").read_text()

    assert answer == {key: Relation.EXACT, key - 1: Relation.SIMILAR}
    assert ({member.path for member in group}, group.relation) == ({"sharp", "blurred"}, Relation.SIMILAR)
    assert repr(grids.engine().strangers["own_grids.grid"]) in remembered


def test_a_measured_encoder_needs_no_strangers(collection):
    """It speaks for itself."""
    assert collection.search(1).warnings == ()


@pytest.fixture
def overtaken(collection, monkeypatch):
    """The same, whose encoders are switched as soon as somebody has an engine in hand."""
    current = collection._engines.of

    def late(catalog):
        engine = current(catalog)
        if collection.recipe.stamp("lite0") in collection.recipe.active:
            states(collection, lite0="retired")
        return engine

    monkeypatch.setattr(collection._engines, "of", late)
    return collection


def test_a_comparison_that_a_switch_overtakes_is_made_by_the_new_set(overtaken):
    """As a search is."""
    assert "cosine" not in overtaken.compare(1, 2).signals


def test_many_encoders_that_are_being_added_are_counted(collection):
    """Five are named, and one line is enough for more."""
    with collection._writing() as catalog:
        for number in range(5):
            catalog.add_space(EncoderStamp(f"own.number{number}", "1", "cosine", 8, BUILDING.value))
    assert len(collection.search(1).warnings) == 5
    with collection._writing() as catalog:
        catalog.add_space(EncoderStamp("own.number5", "1", "cosine", 8, BUILDING.value))

    assert [text[:34] for text in collection.search(1).warnings] == ["6 encoders are not searched yet: t"]


def test_what_a_recipe_says_cannot_steer_a_terminal(collection, caplog):
    """Versions may hold anything, and are told in lines of a log."""
    stamp = replace(collection.recipe.encoders[0], version="\x1b]0;owned\x07", state=BUILDING.value)

    assert not collection._engines._is_able(stamp)
    assert "\\x1b]0;owned\\x07" in caplog.text
    assert "\x1b" not in caplog.text


@pytest.fixture
def paired(tmp_path):
    """Three photographs in a collection with two encoders, one of which is a model of the user's own; and its folder.

    The models are loaded by whoever opens it next.
    """
    (tmp_path / "models").mkdir()
    small_card(tmp_path / "models", small_onnx())
    settings = Settings(workers=1, threads=1, models=str(tmp_path / "models"))
    with Collection(tmp_path / "pair.pictrace", settings=settings, encoders=["onnx:small", "pdq"]) as made:
        for seed in range(3):
            made.add_image(photo(PHOTOS[seed]), name=f"{seed}.png")
    with Collection(tmp_path / "pair.pictrace", settings=settings) as again:
        yield again, tmp_path / "models"


@pytest.mark.parametrize("gone", [["small.json", "small.onnx"], ["small.onnx"]], ids=["card", "file"])
def test_a_model_that_was_removed_is_searched_without(paired, caplog, gone):
    """Whether that is seen before it is run or only then; every answer says so, and the log says why."""
    collection, models = paired
    for name in gone:
        (models / name).unlink()
    answer, again = collection.search(brightened(photo(PHOTOS[0]))), collection.search(2)

    assert (answer[0].id, answer[0].relation, list(answer.searched_with)) == (1, Relation.COPY, ["pdq"])
    assert [text[:32] for text in (*answer.warnings, *again.warnings)] == ["not searched by onnx:small: no s"] * 2
    assert not [text for text in answer.warnings if str(models) in text]
    assert len([one for one in caplog.messages if one.startswith("onnx:small is not searched: ")]) == 1


def test_a_damaged_model_is_searched_without(paired):
    """As one that is not there."""
    collection, models = paired
    (models / "small.onnx").write_bytes(small_onnx(seed=2))

    assert list(collection.search(brightened(photo(PHOTOS[0]))).searched_with) == ["pdq"]


def test_a_model_that_is_back_is_searched_with_after_a_while(paired, monkeypatch):
    """It is tried once in a while, and nobody has to open the collection anew."""
    collection, models = paired
    (models / "small.onnx").rename(models / "away")
    before = collection.search(photo(PHOTOS[0]))
    (models / "away").rename(models / "small.onnx")
    at_once = collection.search(photo(PHOTOS[0]))
    monkeypatch.setattr("pictrace._engines.time.monotonic", lambda: float("inf"))
    later = collection.search(photo(PHOTOS[0]))

    assert [list(one.searched_with) for one in (before, at_once)] == [["pdq"]] * 2
    assert (list(later.searched_with), later.warnings) == (["onnx:small", "pdq"], before.warnings[:0])


def test_where_no_model_is_left_the_first_error_is_told(paired):
    """At once when it is back."""
    collection, models = paired
    collection.drop_encoder("pdq")
    (models / "small.onnx").rename(models / "away")
    with pytest.raises(ModelMissingError, match=r"small\.onnx of the model small is not in"):
        collection.search(photo(PHOTOS[0]))
    (models / "small.json").rename(models / "card")
    collection.close()
    with pytest.raises(UnknownNameError, match="no model is called 'small'"):
        collection.search(photo(PHOTOS[0]))
    (models / "card").rename(models / "small.json")
    (models / "away").rename(models / "small.onnx")

    assert list(collection.search(photo(PHOTOS[0])).searched_with) == ["onnx:small"]


def test_what_is_stored_is_compared_in_every_space_whatever_model_is_gone(paired):
    """Duplicates need no model; a new picture needs all of them, and an evaluation would measure something else."""
    collection, models = paired
    keys = np.arange(1, 4, dtype=np.uint64)
    whole = neighbourhood(collection.engine(), keys)
    (models / "small.json").unlink()
    collection.close()
    engine = collection.engine()

    assert ([one.name for one in engine.encoders], list(engine.lost)) == (["pdq"], ["onnx:small"])
    assert neighbourhood(engine, keys).alike.tolist() == whole.alike.tolist()
    assert whole.alike.any()
    with pytest.raises(UnknownNameError):
        collection.add_image(noise(3))
    with pytest.raises(UnknownNameError):
        evaluate(collection)
    with pytest.raises(NoTextEncoderError, match="whose model can be used here") as caught:
        collection.search(Words("a cup"))
    assert "onnx:small" in caught.value.hint


def test_many_lost_models_are_counted(paired):
    """Whose collection it is may have made up hundreds."""
    collection, _ = paired
    with collection._writing() as catalog:
        for number in range(6):
            catalog.add_space(EncoderStamp(f"onnx:number{number}", "1", "cosine", 8, BUILDING.value))
            keys = catalog.lacking(f"onnx:number{number}")
            catalog.put_rows(f"onnx:number{number}", {key: np.ones((1, 8), np.float32) for key in keys})
        catalog.switch({f"onnx:number{number}": ACTIVE for number in range(6)})

    assert [text[:30] for text in collection.search(1).warnings if "by 6" in text] == ["not searched by 6 encoders: no"]


def test_rows_of_another_width_are_refused_in_words(collection):
    """The same version with another space, as of a module that was changed: what differs is said."""
    stamp = replace(collection.recipe.stamp("pdq"), width=128)

    with pytest.raises(RecipeMismatchError, match=r"but with rows of 256 \(hamming\), not of 128 \(hamming\)"):
        tracing.check_version(stamp, collection._engines.encoder("pdq"))


def test_a_space_that_is_not_there_is_not_renewed(collection):
    """Said in words."""
    with collection._writing() as catalog, pytest.raises(UsageError, match="cannot be begun: it is not there"):
        catalog.add_space(EncoderStamp("own.number", "1", "cosine", 8, BUILDING.value), renew=True)


@pytest.mark.parametrize(("odds", "found"), [(8.0, True), (-8.0, False)])
def test_a_card_of_ones_own_says_what_its_cosines_mean(tmp_path, odds, found):
    """To searches and to those who look for duplicates, and then nothing is estimated."""
    (tmp_path / "models").mkdir()
    small_card(tmp_path / "models", small_onnx(), calibration=((-1.0, -8.0), (0.9, odds)))
    settings = Settings(workers=1, threads=1, models=str(tmp_path / "models"))
    whole = photo(PHOTOS[2])
    with Collection(tmp_path / "own.pictrace", settings=settings, encoders=["onnx:small"]) as collection:
        key = collection.add_image(whole, name="sharp")
        collection.add_image(whole.resize((16, 16)).resize(whole.size), name="blurred")
        answer = collection.search(key, mode="similar")

        assert ([match.relation for match in answer[1:]] == [Relation.SIMILAR]) is found
        assert (len(collection.duplicates("similar")), answer.warnings) == (int(found), ())
