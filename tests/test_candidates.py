"""Candidates: neighbours of the whole query, and of its parts."""

from dataclasses import replace

import numpy as np
import pytest
from photographs import FOLDER, PHOTOS, jpeg, photo

from pictrace import tracing
from pictrace.candidates import interleaved, of_details, of_parts, of_whole
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


def cluttered(share: float = 0.32) -> bytes:
    """A poster with a picture glued to the middle of it, at this share of its width, a little turned."""
    poster = photo("retina.jpg").resize((1100, 800))
    width = round(1100 * share)
    glued = photo("coffee.png").resize((width, width * 2 // 3)).convert("RGBA").rotate(14, expand=True)
    poster.paste(glued, (430, 310), glued)
    return jpeg(poster)


def test_details_find_what_is_small_anywhere(collection: Collection) -> None:
    """A picture on a tenth of the query's area leads those that share local features with it."""
    engine = collection.engine()

    keys = of_details(engine, tracing.details_of(Picture.open(cluttered())), 3)

    assert str(FOLDER / "coffee.png") == collection.get(keys[0]).path
    assert len(keys) <= 3


def test_deleted_and_excluded_pictures_are_not_among_the_details(collection: Collection) -> None:
    """What may not be found makes room for others."""
    engine = collection.engine()
    rows = tracing.details_of(Picture.open(cluttered()))
    _, *others = of_details(engine, rows, 6)
    allowed = np.array(sorted(others), np.uint64)

    assert of_details(replace(engine, allowed=allowed), rows, 6) == others


def test_no_details_find_nothing(collection: Collection) -> None:
    """A flat query, and a collection whose local features were put off."""
    engine = collection.engine()

    assert of_details(engine, tracing.details_of(Picture.open(np.zeros((90, 90, 3), np.uint8))), 5) == []
    assert of_details(replace(engine, local=None), tracing.details_of(Picture.open(cluttered())), 5) == []


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
