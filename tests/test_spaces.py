"""Encoders of a living collection come, take each other's place and go, while it is searched."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import apsw
import numpy as np
import pytest
from photographs import PHOTOS, noise, photo

from pictrace import Collection, _engines, folding, spaces, tracing
from pictrace._change import Change
from pictrace._generations import names
from pictrace.catalogs._records import crc_of_data
from pictrace.catalogs.sqlite import Catalog as Sqlite
from pictrace.errors import (
    IndexDamagedError,
    IndexLockedError,
    ModelMissingError,
    RecipeMismatchError,
    UnknownNameError,
    UsageError,
)
from pictrace.ingest import Progress
from pictrace.recipe import SpaceState
from pictrace.settings import Settings

GREYS = "seconds.greys"
SETTINGS = Settings(workers=1, threads=1, plugins=(GREYS,))


@pytest.fixture
def place(tmp_path):
    """Where a collection of a few pictures is, closed."""
    path = tmp_path / "few.pictrace"
    with Collection(path, settings=SETTINGS) as made:
        for name in PHOTOS[:3]:
            made.add_image(photo(name))
        for seed in range(5):
            made.add_image(noise(seed))
    return path


@pytest.fixture
def collection(place):
    """The same, open."""
    with Collection(place, settings=SETTINGS) as opened:
        yield opened


def states(collection):
    """Each encoder's state, and how many rows it has."""
    return {one.name: (one.state, one.rows) for one in collection.spaces()}


def test_an_encoder_that_calls_itself_otherwise_is_refused(collection):
    """Its rows would stand under a name that nobody asked for."""
    change = Change("replace", "lite0", "pdq:other")

    with pytest.raises(UnknownNameError, match="'pdq:other' calls itself 'pdq'"):
        change.check(collection.recipe, collection._engines.encoder("pdq"))


def test_an_encoder_that_is_added_is_searched_with_once_every_picture_has_a_row(collection):
    """Also those that were added while its rows were made."""
    told = []

    class Watch(Progress):
        def made(self, encoder, done, total):
            told.append((encoder, done, total, list(collection.search(1).searched_with)))
            collection.add_image(noise(50))

    collection.hold()
    collection.add_encoder(GREYS, progress=Watch())

    assert told == [(GREYS, 8, 8, ["lite0", "pdq"])]
    assert states(collection) == {"lite0": ("active", 9), "pdq": ("active", 9), GREYS: ("active", 9)}
    assert (list(collection.search(1).searched_with), collection.verify()) == (["lite0", "pdq", GREYS], [])


def test_a_replaced_encoder_is_not_searched_with_from_the_moment_on_when_the_new_one_is(collection):
    """Its rows stay until it is dropped, and then nothing of it does."""
    collection.replace_encoder("lite0", GREYS)
    answer, kept = collection.search(1), states(collection)
    collection.replace_encoder("lite0", GREYS)  # as after a kill at the very end
    collection.drop_encoder("lite0")

    assert (list(answer.searched_with), answer[0].id) == (["pdq", GREYS], 1)
    assert kept["lite0"] == ("retired", 8)
    assert (list(states(collection)), collection.verify()) == (["pdq", GREYS], [])


def test_a_dropped_encoder_can_come_back_and_a_retired_one_as_it_was(collection):
    """Only what is lacking is made."""
    collection.replace_encoder("lite0", GREYS)
    key = collection.add_image(noise(60))
    lacking = collection._reader().lacking("lite0")
    collection.add_encoder("lite0")
    collection.drop_encoder(GREYS)
    collection.add_encoder(GREYS)

    assert lacking == [key]
    assert states(collection) == {"lite0": ("active", 9), "pdq": ("active", 9), GREYS: ("active", 9)}


def test_rows_that_cannot_be_compared_are_never_searched(collection):
    """Somebody else wrote those that were there, and made their checksums right; their files are in no one's way."""
    collection.replace_encoder("lite0", GREYS)
    (collection.path / "indexes").mkdir(exist_ok=True)
    (collection.path / "indexes" / "my notes.json").write_text("milk")
    number, data = 1 << 48 | 3, np.full(512, np.nan, np.float16).tobytes()
    with contextlib.closing(apsw.Connection(str(collection.path / "catalog.sqlite"))) as file:
        file.execute("UPDATE encoded SET data = ?, crc = ? WHERE id = ?", (data, crc_of_data(number, data), number))

    with pytest.raises(IndexDamagedError, match="of lite0 rows hold NaN") as caught:
        collection.add_encoder("lite0")
    assert (states(collection)["lite0"][0], list(collection.search(1).searched_with)) == ("building", ["pdq", GREYS])
    assert "pictrace spaces drop lite0" in caught.value.hint
    collection.drop_encoder("lite0")
    collection.add_encoder("lite0")
    assert (states(collection)["lite0"], collection.verify()) == (("active", 8), [])


def test_an_index_is_there_when_a_space_is_first_searched(collection, monkeypatch):
    """It is made before the switch, and goes with its space."""
    monkeypatch.setattr(folding, "FOLD_ROWS", 4)
    collection.add_encoder(GREYS)
    behind, there = collection.engine().lookups[GREYS].behind, names(collection.path / "indexes")
    collection.drop_encoder(GREYS)

    assert (behind, GREYS in there, GREYS in names(collection.path / "indexes")) == (0, True, False)
    assert collection.verify() == []


REFUSED = {
    "what is there": (Change("add", "lite0"), UsageError, "searched by lite0 already"),
    "what nobody knows": (Change("add", "nothing"), UnknownNameError, "nothing"),
    "the same for the same": (Change("replace", "lite0", "lite0"), UsageError, "searched by lite0 already"),
    "one that is not there": (Change("replace", "clip", GREYS), UnknownNameError, "no rows of an encoder 'clip'"),
    "the version it has": (Change("renew", "lite0"), UsageError, "in its version"),
    "what is to be renewed and not there": (Change("renew", GREYS), UnknownNameError, "no rows of an encoder"),
    "what is to go and not there": (Change("drop", GREYS), UnknownNameError, "no rows of an encoder"),
}


@pytest.mark.parametrize(("change", "error", "says"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_before_anything_is_written(collection, change, error, says):
    """By name, and what to do instead."""
    before = collection.changes

    with pytest.raises(error, match=says) as caught:
        collection.change_spaces(change)
    assert caught.value.hint
    assert collection.changes == before


def test_a_retired_encoder_is_not_renewed_but_added(collection):
    """Nobody has asked for searches by it."""
    collection.replace_encoder("lite0", GREYS)

    with pytest.raises(UsageError, match="lite0 is retired") as caught:
        collection.renew_encoder("lite0")
    assert "pictrace spaces add lite0" in caught.value.hint
    assert states(collection)["lite0"] == ("retired", 8)


@pytest.mark.parametrize("words", [("mend", "lite0", ""), ("replace", "lite0", ""), ("add", "lite0", "pdq")])
def test_a_change_names_what_it_needs(words):
    """One encoder to add, renew or drop, two to replace."""
    with pytest.raises(UsageError):
        Change(*words)


def test_the_last_encoder_stays(collection):
    """Something has to find pictures."""
    collection.drop_encoder("pdq")

    with pytest.raises(UsageError, match="lite0 is the last encoder"):
        collection.drop_encoder("lite0")


def test_an_encoder_without_its_model_is_refused_before_anything_is_written(collection, monkeypatch):
    """It is tried first."""
    monkeypatch.setenv("GREYS_MISSING", "1")
    before = collection.changes

    with pytest.raises(ModelMissingError):
        collection.add_encoder(GREYS)
    assert collection.changes == before


def test_pictures_are_added_while_a_space_is_made_that_cannot_be_made_here(place, monkeypatch):
    """They get their rows when whoever can goes on with it."""
    begun(place)
    monkeypatch.setenv("GREYS_MISSING", "1")
    with Collection(place, settings=SETTINGS) as opened:
        key = opened.add_image(noise(70))
        lacking = opened._reader().lacking(GREYS)
    monkeypatch.delenv("GREYS_MISSING")
    with Collection(place, settings=SETTINGS) as opened:
        opened.add_encoder(GREYS)
        found = states(opened)

    assert lacking[-1] == key
    assert found[GREYS] == ("active", 9)


def test_a_model_that_cannot_be_used_is_tried_once_in_a_while_and_nobody_waits_for_it(place, monkeypatch):
    """Neither for every picture, nor while searches stand still."""
    begun(place)
    tried, waiting = [], ThreadPoolExecutor(1)
    with Collection(place, settings=SETTINGS) as opened, waiting:

        def probe(encoder):
            tried.append(len(waiting.submit(opened.search, 1).result(timeout=60)) > 0)
            raise ModelMissingError("the model is not here")

        monkeypatch.setattr(tracing, "probe", probe)
        for seed in (70, 71):
            opened.add_image(noise(seed))
        once = list(tried)
        monkeypatch.setattr(_engines, "_AGAIN_S", 0.0)
        opened._engines._unable.clear()
        for seed in (72, 73):
            opened.add_image(noise(seed))

    assert once == [True]
    assert len(tried) > 2


def begun(place):
    """A space is being made, and nobody makes it."""
    with Collection(place, settings=SETTINGS) as opened, opened._writing() as catalog:
        encoder = opened._engines.encoder(GREYS)
        catalog.add_space(spaces.stamp_of(encoder, SpaceState.BUILDING))


def test_another_version_is_refused_until_it_is_renewed(place, monkeypatch):
    """While that goes on searches use the other encoders and say so; rows of two versions never meet."""
    with Collection(place, settings=SETTINGS) as opened:
        opened.add_encoder(GREYS)
    monkeypatch.setenv("GREYS_VERSION", "2")
    told = []
    with Collection(place, settings=SETTINGS) as opened:
        with pytest.raises(RecipeMismatchError, match=f"{GREYS} is of version 1, this PicTrace has 2") as caught:
            opened.search(1)

        class Watch(Progress):
            def made(self, encoder, done, total):
                answer = opened.search(1)
                told.append((list(answer.searched_with), [text for text in answer.warnings if GREYS in text]))

        problem = opened.spaces()[2].problem
        opened.renew_encoder(GREYS, progress=Watch())
        answer, problems = opened.search(1), opened.verify()

    assert f"pictrace spaces renew {GREYS}" in caught.value.hint
    assert f"{GREYS} is of version 1" in problem
    assert told[0][0] == ["lite0", "pdq"]
    assert "is not searched yet" in told[0][1][0]
    assert (answer.searched_with[GREYS], answer[0].id, problems) == ("2", 1, [])


def test_a_collection_of_one_encoder_cannot_be_searched_while_that_is_renewed(place, monkeypatch):
    """It says so, and afterwards it can."""
    begun(place)
    with Collection(place, settings=SETTINGS) as opened:
        opened.add_encoder(GREYS)
        opened.drop_encoder("pdq")
        opened.drop_encoder("lite0")
    monkeypatch.setenv("GREYS_VERSION", "2")
    refused = []
    with Collection(place, settings=SETTINGS) as opened:

        class Watch(Progress):
            def made(self, encoder, done, total):
                with pytest.raises(RecipeMismatchError, match="cannot be searched yet") as caught:
                    opened.search(1)
                refused.append(caught.value.code)

        opened.renew_encoder(GREYS, progress=Watch())

        assert refused == ["recipe_mismatch"]
        assert opened.search(1)[0].id == 1


def test_a_half_made_space_of_another_version_is_begun_anew(place, monkeypatch):
    """Its rows are of no use."""
    begun(place)
    with Collection(place, settings=SETTINGS) as opened:
        first = opened._writing
        with first() as catalog:
            encoder = opened._engines.encoder(GREYS)
            picture = opened._picture(photo(PHOTOS[0]))
            catalog.put_rows(GREYS, {1: encoder.encode_prepared(encoder.prepare(picture)[None])})
    monkeypatch.setenv("GREYS_VERSION", "2")
    with Collection(place, settings=SETTINGS) as opened:
        opened.add_encoder(GREYS)

        assert {one.name: one.version for one in opened.spaces()}[GREYS] == "2"
        assert (states(opened)[GREYS], opened.verify()) == (("active", 8), [])


def test_rows_are_swept_while_others_write_and_nothing_else_is_done_out_of_turn(place, monkeypatch):
    """A whole space of them takes minutes to go."""
    told = []
    with Collection(place, settings=SETTINGS) as opened:
        opened.add_encoder(GREYS)
        turn = opened._writing.turn
        for name in ("sweep", "switch", "add_space", "drop_space"):
            plain = getattr(Sqlite, name)

            def watched(self, *given, name=name, plain=plain, **named):
                told.append((name, turn._is_owned()))
                return plain(self, *given, **named)

            monkeypatch.setattr(Sqlite, name, watched)
        monkeypatch.setenv("GREYS_VERSION", "2")
        opened.renew_encoder(GREYS)
        opened.replace_encoder("lite0", GREYS)
        opened.drop_encoder("pdq")

    assert {name for name, _ in told} == {"sweep", "switch", "add_space", "drop_space"}
    assert all(in_turn is (name != "sweep") for name, in_turn in told)


def test_one_process_changes_encoders_at_a_time(collection, place):
    """As with all that writes."""
    collection.hold()

    with Collection(place, settings=SETTINGS) as other, pytest.raises(IndexLockedError):
        other.add_encoder(GREYS)


BUILDER = """
import sys
from pictrace import Collection
from pictrace.ingest import Progress
from pictrace.settings import Settings
class Told(Progress):
    def made(self, encoder, done, total):
        print(done, flush=True)
with Collection(sys.argv[1], settings=Settings(workers=1, threads=1, plugins=("seconds.greys",))) as opened:
    print(0, flush=True)
    opened.replace_encoder("lite0", "seconds.greys", progress=Told())
"""


def test_a_killed_change_goes_on_and_no_answer_is_of_two_sets(tmp_path):
    """SIGKILL at random moments: each answer is that of the old or the new set alone, and no picture is lost."""
    path, chance = tmp_path / "many.pictrace", random.Random(7)
    with Collection(path, settings=SETTINGS) as made:
        for seed in range(150):
            made.add_image(noise(seed))
    with Collection(path, settings=SETTINGS) as reader:
        old = told(reader.search(1))
        found, rows = [old], 0
        for _ in range(4):
            with builder(path) as process:
                process.stdout.readline()
                time.sleep(chance.uniform(0.2, 1.2))
                process.send_signal(signal.SIGKILL)
            found.append(told(reader.search(1)))
            there = states(reader).get(GREYS, ("", 0))[1]
            assert there >= rows
            rows = there
        with builder(path) as process:
            while process.poll() is None:
                found.append(told(reader.search(1)))
        new, problems = told(reader.search(1)), reader.verify()
        kept = (states(reader), len(reader))

    assert process.returncode == 0
    assert {old[0], new[0]} == {("lite0", "pdq"), ("pdq", GREYS)}
    assert set(found) <= {old, new}
    assert (kept, problems) == (({"lite0": ("retired", 150), "pdq": ("active", 150), GREYS: ("active", 150)}, 150), [])


def told(answer):
    """What an answer says, and by which encoders."""
    return tuple(answer.searched_with), tuple((match.id, str(match.relation), match.score) for match in answer)


def builder(path):
    """A process that changes the encoders."""
    tests = str(Path(__file__).parent)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")])}
    return subprocess.Popen([sys.executable, "-c", BUILDER, str(path)], stdout=subprocess.PIPE, env=environ)


def test_every_part_of_a_change_says_how_it_ended_a_second_time(collection):
    """What was left by a kill in the middle of a drop goes with the next change."""
    collection.add_encoder(GREYS)
    with collection._writing() as catalog:
        site = spaces.Site(catalog, collection.path / "indexes", SETTINGS)
        folding.fold(folding.Place(site.folder, catalog.recipe.stamp("lite0"), "hnsw", catalog), force=True)
        stamp = replace(catalog.recipe.stamp("lite0"), state="retired")
        catalog.switch({stamp.name: SpaceState.RETIRED})
        catalog.drop_space("lite0")
        left = names(site.folder)
        spaces.tidy(site)

        assert ("lite0" in left, "lite0" in names(site.folder)) == (True, False)
