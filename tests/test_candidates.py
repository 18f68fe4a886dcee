"""Candidates: neighbours of the whole query, and of its parts."""

from dataclasses import replace

import numpy as np
import pytest
from photographs import FOLDER, PHOTOS, jpeg, photo

from pictrace import tracing
from pictrace.candidates import interleaved, of_parts, of_whole
from pictrace.collection import Collection
from pictrace.picture import Picture
from pictrace.settings import Settings
from pictrace.types import Relation


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Six real photographs, indexed."""
    room = tmp_path_factory.mktemp("candidates")
    with Collection(room / "six.pictrace", settings=Settings(workers=1, threads=1)) as six:
        six.add(*(FOLDER / name for name in PHOTOS))
        yield six


@pytest.mark.parametrize(
    ("lists", "expected"),
    [([], []), ([[], [3]], [3]), ([[1, 2, 3], [3, 4]], [1, 3, 2, 4]), ([[5, 6], [5, 6]], [5, 6])],
)
def test_interleaving_takes_the_best_place_in_any_list(lists, expected) -> None:
    """What leads one list comes before what is second in all."""
    assert expected == interleaved(lists)


def test_the_whole_is_its_own_nearest(collection: Collection) -> None:
    """Every space votes for the picture itself."""
    engine = collection.engine()
    query = tracing.of_query(Picture.open(FOLDER / "coffee.png"), engine.encoders)

    first = of_whole(engine, query, 6)[0]

    assert str(FOLDER / "coffee.png") == collection.get(first).path


def test_a_part_finds_what_is_pasted_there(collection: Collection) -> None:
    """The lower right corner of a poster leads to the picture that was glued there."""
    engine = collection.engine()
    poster = photo("retina.jpg").resize((900, 600))
    poster.paste(photo("coffee.png").resize((480, 320)), (420, 280))

    lists = of_parts(engine, tracing.parts_of(Picture.open(jpeg(poster)), engine.encoders), 1)

    assert str(FOLDER / "coffee.png") in {collection.get(keys[0]).path for keys in lists}


@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (600, 20)])
def test_parts_of_thin_pictures_are_rows_too(collection: Collection, shape) -> None:
    """However thin, a picture has a middle and four corners."""
    noise = np.random.default_rng(0).integers(0, 255, (*shape, 3), dtype=np.uint8)
    picture = Picture.open(noise, limits=tracing._ANY_SIZE)

    assert {n: r.shape for n, r in tracing.parts_of(picture, collection.engine().encoders).items()} == {
        "lite0": (5, 512)
    }


def test_a_pasted_picture_is_found_and_named_a_copy(collection: Collection) -> None:
    """A picture that is a part of the query is a copy, and covers a part of it."""
    poster = photo("retina.jpg").resize((900, 600))
    poster.paste(photo("coffee.png").resize((480, 320)), (420, 280))

    first = collection.search(jpeg(poster))[0]

    assert (str(FOLDER / "coffee.png"), Relation.COPY) == (first.path, first.relation)
    assert first.alignment.query_overlap < 0.5


@pytest.mark.parametrize("share", [1, 3])
def test_only_what_is_allowed_is_found(collection: Collection, share: int) -> None:
    """Whether that is much of the collection or little."""
    engine = collection.engine()
    keys = np.array([record.id for record in collection.list()], np.uint64)[::share]
    engine = replace(engine, allowed=keys[1:], pictures=6 * share)
    query = tracing.of_query(Picture.open(collection.proxy(int(keys[0]))), engine.encoders)

    found = of_whole(engine, query, 5)

    assert found
    assert set(found) <= set(keys[1:].tolist())


def test_few_that_are_allowed_are_compared_one_by_one(collection: Collection) -> None:
    """And the nearest of them comes first."""
    engine = collection.engine()
    keys = [record.id for record in collection.list()]
    query = tracing.of_query(Picture.open(collection.proxy(keys[-1])), engine.encoders)
    engine = replace(engine, allowed=np.array(keys[-1:], np.uint64), pictures=1000)

    assert of_whole(engine, query, 5) == keys[-1:]
