"""A search and a comparison say the same of two pictures, whichever of them is named first."""

from random import Random

import pytest
from photographs import FOLDER, jpeg, photo, trace

from pictrace import assessment, comparison, tracing
from pictrace.collection import Collection
from pictrace.edits import EDITS, SUITE
from pictrace.picture import Picture
from pictrace.settings import Settings
from pictrace.types import Relation

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


STRANGERS = (("chelsea.png", "coffee.png"), ("astronaut.png", "rocket.jpg"))
SHARED = ("text-bar", "meme", "caption-bars", "text-across", "phone", "post")


def under(edit, name):
    """The trace of a photograph that was edited by an edit of the suite."""
    return trace(SUITE[edit](photo(name), Random(1)))


@pytest.fixture(scope="module")
def signals():
    return assessment.load_signals(tracing.SIGNALS)


@pytest.mark.parametrize("names", STRANGERS)
@pytest.mark.parametrize("edit", SHARED)
def test_strangers_under_the_same_words_or_frame_are_no_relatives(signals, edit, names) -> None:
    """However many places agree there, and to whatever fraction of a pixel."""
    match, _ = assessment.compare(*(under(edit, name) for name in names), signals)

    assert (match.relation < Relation.SCENE, match.alignment, match.changes) == (True, None, ())


@pytest.mark.parametrize("edit", SHARED)
def test_what_is_under_words_or_in_a_frame_stays_a_copy(signals, edit) -> None:
    """Of its original, and of the same photograph under something else."""
    one = under(edit, "chelsea.png")
    others = trace(photo("chelsea.png")), under("logo", "chelsea.png")

    assert {assessment.compare(one, other, signals)[0].relation for other in others} == {Relation.COPY}


def test_another_photograph_of_the_scene_is_not_taken_for_a_frame(signals) -> None:
    """The eyes of a stereo pair agree in parts, and nothing refutes it."""
    one, other = (trace(photo(f"motorcycle_{side}.png")) for side in ("left", "right"))

    match, evidence = assessment.compare(one, other, signals)

    assert match.relation is Relation.SCENE
    assert not any(piece.refutes for piece in evidence)


def test_strangers_in_one_frame_are_told_what_agrees(signals) -> None:
    """Not that some features agree, which is too little to go by."""
    match, _ = assessment.compare(under("phone", "chelsea.png"), under("phone", "coffee.png"), signals)

    assert any("on or around them" in reason for reason in match.reasons)
    assert not any("too little to go by" in reason for reason in match.reasons if "local features" in reason)


def test_a_search_among_screenshots_finds_the_same_photograph_and_no_other(tmp_path) -> None:
    """In one application's window are three photographs: of a fourth there is nothing, of one of them a copy."""
    with Collection(tmp_path / "c.pictrace", settings=Settings(workers=1, threads=1)) as few:
        for name in ("chelsea.png", "rocket.jpg", "astronaut.png"):
            few.add_image(jpeg(SUITE["phone"](photo(name), Random(1))))
        stranger, posted = (
            few.search(jpeg(SUITE[edit](photo(name), Random(1))))
            for edit, name in (("phone", "coffee.png"), ("post", "chelsea.png"))
        )

    assert all(match.relation < Relation.SCENE for match in stranger)
    assert [match.id for match in posted if match.relation >= Relation.SCENE] == [1]
    assert posted[0].relation is Relation.COPY
