"""A search and a comparison say the same of two pictures, whichever of them is named first."""

import pytest
from photographs import FOLDER, jpeg, photo

from pictrace import comparison
from pictrace.collection import Collection
from pictrace.edits import EDITS
from pictrace.picture import Picture
from pictrace.settings import Settings

NAMES = ("chelsea.png", "coffee.png", "rocket.jpg")
SOME = {
    "cut out": lambda image: image.crop((60, 40, 380, 260)),
    "tilted": lambda image: image.rotate(7, expand=True),
    "mirrored": EDITS["mirrored"],
    "turned": EDITS["turned 25°"],
}


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Three photographs, and the first one tilted."""
    place = tmp_path_factory.mktemp("assessment") / "c.pictrace"
    with Collection(place, settings=Settings(workers=1, threads=1)) as few:
        for name in NAMES:
            few.add_image(FOLDER / name)
        few.add_image(jpeg(SOME["tilted"](photo(NAMES[0]))))
        yield few


def judged(match) -> tuple[object, ...]:
    """What people see of a match, and what it rests on."""
    return match.relation, match.score, match.signals["inliers"], match.signals["aligned_ssim"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("edit", SOME)
def test_a_comparison_says_what_the_search_said(collection, name, edit) -> None:
    """With the same picture, that was uploaded, beside one of the collection; and with the two swapped."""
    query = Picture.open(jpeg(SOME[edit](photo(name))))
    found = next(match for match in collection.search(query) if match.id == NAMES.index(name) + 1)
    there = comparison.pair(collection.engine(), query, found.id)
    back = comparison.pair(collection.engine(), found.id, query)

    assert judged(found) == judged(there.match) == judged(back.match)
    assert len(there.drawing.lines) == found.signals["inliers"] == len(back.drawing.lines)


@pytest.mark.parametrize(("query", "other"), [(1, 4), (4, 1)])
def test_so_do_two_of_the_collection(collection, query, other) -> None:
    """Each finds the other, and is compared with it."""
    found = next(match for match in collection.search(query) if match.id == other)
    pair = comparison.pair(collection.engine(), query, other)

    assert judged(found) == judged(pair.match)


@pytest.mark.parametrize("edit", ["cut out", "tilted", "turned"])
def test_so_do_files(collection, edit) -> None:
    """What is in no collection is judged by as much as what is."""
    query = jpeg(SOME[edit](photo("coffee.png")))

    assert judged(collection.search(query)[0]) == judged(collection.compare(query, FOLDER / "coffee.png"))


def test_strangers_are_strangers_either_way(collection) -> None:
    """The way round that agrees more proves nothing where neither does."""
    pair = comparison.pair(collection.engine(), 2, 3)

    assert (str(pair.match.relation), pair.match.alignment) == ("different", None)
