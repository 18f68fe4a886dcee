"""Searching: the right picture, first, with its relation, and honest about what was searched."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photographs import FOLDER, PHOTOS, flat, jpeg, photo
from PIL import Image

from pictrace import search
from pictrace.collection import Collection
from pictrace.comparison import compare
from pictrace.edits import EDITS, cropped
from pictrace.errors import NotFoundError, UsageError
from pictrace.picture import Picture
from pictrace.settings import Settings
from pictrace.types import Relation


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Six real photographs, indexed."""
    with Collection(tmp_path_factory.mktemp("search") / "six.pictrace", settings=Settings(workers=1, threads=1)) as six:
        six.add(*(FOLDER / name for name in PHOTOS))
        yield six


@pytest.mark.parametrize("name", PHOTOS)
def test_a_picture_finds_itself_first_with_one(collection: Collection, name: str) -> None:
    """The same bytes are exact, certain, and before everything else."""
    first = collection.search(FOLDER / name)[0]

    assert (str(FOLDER / name), Relation.EXACT, 1.0) == (first.path, first.relation, first.score)


@pytest.mark.parametrize("edit", sorted(EDITS))
@pytest.mark.parametrize("name", ["astronaut.png", "coffee.png"])
def test_every_edit_is_found_and_called_a_copy(collection: Collection, name: str, edit: str) -> None:
    """What people do to pictures does not hide them."""
    first = collection.search(jpeg(EDITS[edit](photo(name))))[0]

    assert (str(FOLDER / name), Relation.COPY) == (first.path, first.relation)
    assert first.score > 0.9


def test_a_match_names_every_place(tmp_path: Path) -> None:
    """One picture in two folders is one match, and where it is gone the search does not look."""
    with Collection(tmp_path / "twice.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        for name in ("a", "b"):
            collection.add_image(jpeg(photo("coffee.png")), name=name)

        match = collection.search(1)[0]

        assert (match.path, match.paths, match.vanished) == ("a", ("a", "b"), ())


def test_the_other_eye_is_a_scene(collection: Collection) -> None:
    """Another photograph of the same thing is told from a copy."""
    first = collection.search(FOLDER / "motorcycle_right.png")[0]

    assert (str(FOLDER / "motorcycle_left.png"), Relation.SCENE) == (first.path, first.relation)


def test_a_stranger_is_nothing_stronger_than_similar(collection: Collection) -> None:
    """A picture that is not there is not found."""
    answer = collection.search(FOLDER / "retina.jpg")

    assert all(match.relation <= Relation.SIMILAR for match in answer)


def test_what_lies_inside_the_query_is_found_by_local_features(collection: Collection, monkeypatch) -> None:
    """Where neither the whole nor its parts lead to it, for here they may not look at any picture."""
    monkeypatch.setattr(search, "VERIFIED", 0)
    monkeypatch.setattr(search, "THOROUGH", 0)
    poster = photo("retina.jpg").resize((1100, 800))
    glued = photo("coffee.png").resize((480, 320)).convert("RGBA").rotate(14, expand=True)
    poster.paste(glued, (430, 310), glued)

    answer = collection.search(jpeg(poster))

    assert str(FOLDER / "coffee.png") == answer[0].path
    assert answer[0].relation >= Relation.SCENE
    assert "inside" in answer.timings_ms
    assert "thorough" not in answer.timings_ms


def test_without_local_features_in_an_index_more_candidates_are_verified_at_last(collection, monkeypatch) -> None:
    """Nothing else would lead to what lies inside; with them there, none of these is needed."""
    monkeypatch.setattr(search, "VERIFIED", 0)
    monkeypatch.setattr(search, "FEWER", 0)
    query = Picture.open(jpeg(photo("coffee.png").crop((40, 30, 500, 350))))

    answer = search.search(replace(collection.engine(), local=None), query)

    assert (str(FOLDER / "coffee.png"), Relation.COPY) == (answer[0].path, answer[0].relation)
    assert "thorough" in answer.timings_ms


def test_a_flat_picture_gets_a_reason_and_no_match(collection: Collection) -> None:
    """Featureless is a typed answer."""
    answer = collection.search(jpeg(flat()))

    assert len(answer) == 0
    assert "featureless" in answer.warnings[0]


def test_same_pixels_in_another_file_are_exact(collection: Collection) -> None:
    """A file rewritten without loss is the same picture."""
    stream = io.BytesIO()
    Image.open(FOLDER / "chelsea.png").save(stream, "WEBP", lossless=True)

    assert Relation.EXACT is collection.search(stream.getvalue())[0].relation


def test_the_envelope_says_what_was_searched(collection: Collection) -> None:
    """An empty answer can be trusted only if it says what it looked at."""
    answer = collection.search(FOLDER / "coffee.png")

    assert (answer.searched, answer.exhaustive, answer.recall) == (6, True, None)
    assert {"encode", "exact", "candidates", "verify"} == set(answer.timings_ms)
    assert answer.signals == ("identity", "pdq", "embedding", "geometry", "structure")


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_min_score_is_monotone(collection: Collection, one: float, other: float) -> None:
    """Asking for more certainty never adds a match."""
    low, high = sorted((one, other))
    query = FOLDER / "motorcycle_right.png"

    few, many = ({match.id for match in collection.search(query, min_score=bar)} for bar in (high, low))

    assert few <= many


@pytest.mark.parametrize(("mode", "expected"), [("exact", Relation.EXACT), ("copy", Relation.COPY)])
def test_modes_leave_out_weaker_relations(collection: Collection, mode, expected: Relation) -> None:
    """Whoever asks for copies is not shown look-alikes."""
    answer = collection.search(FOLDER / "motorcycle_left.png", mode=mode)

    assert all(match.relation >= expected for match in answer)
    assert Relation.EXACT is answer[0].relation


def test_a_region_is_searched_alone(collection: Collection) -> None:
    """A part of a collage finds the picture that is in it."""
    collage = Image.new("RGB", (1200, 400))
    collage.paste(photo("coffee.png"), (0, 0))
    collage.paste(photo("astronaut.png").resize((400, 400)), (700, 0))

    first = collection.search(jpeg(collage), region=(700, 0, 400, 400))[0]

    assert (str(FOLDER / "astronaut.png"), Relation.COPY) == (first.path, first.relation)


@pytest.mark.parametrize("region", [(0, 0, 0, 5), (-1, 0, 5, 5), (500, 0, 200, 10)])
def test_a_region_outside_is_refused(collection: Collection, region) -> None:
    """Nothing is silently cut to fit."""
    with pytest.raises(UsageError, match="not inside"):
        collection.search(FOLDER / "coffee.png", region=region)


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"min_score": 1.1}, {"mode": "everything"}])
def test_senseless_arguments_are_refused(collection: Collection, wrong) -> None:
    """Each refusal says what would be right."""
    with pytest.raises(UsageError) as caught:
        collection.search(FOLDER / "coffee.png", **wrong)

    assert "mode one of auto, exact, copy, similar" in caught.value.hint


def test_a_stored_picture_can_be_searched_with_by_id(collection: Collection) -> None:
    """Its own file is not needed any more."""
    record = next(iter(collection.list()))

    first = collection.search(record.id)[0]

    assert (record.id, Relation.EXACT) == (first.id, first.relation)


def test_an_unknown_id_is_refused(collection: Collection) -> None:
    """There is nothing to search with."""
    with pytest.raises(NotFoundError):
        collection.search(10_000)


def test_removed_pictures_are_never_found(tmp_path: Path) -> None:
    """Forgetting is visible at once, to a reader that was open before."""
    with Collection(tmp_path / "gone.pictrace", settings=Settings(workers=1)) as collection:
        keys = [collection.add_image(jpeg(photo(name))) for name in PHOTOS[:2]]
        collection.search(jpeg(photo(PHOTOS[0])))
        collection.remove(keys[0])

        assert keys[0] not in [match.id for match in collection.search(jpeg(photo(PHOTOS[0])))]


@pytest.mark.parametrize("edit", ["mirrored", "turned 25°", "15 % cut off each side"])
def test_compare_is_symmetric(edit: str) -> None:
    """Which picture is named first changes the direction of the map and nothing else."""
    one, other = jpeg(EDITS[edit](photo("coffee.png"))), jpeg(photo("coffee.png"))

    there, back = compare(one, other), compare(other, one)

    assert (there.relation, there.score, there.signals["inliers"]) == (
        back.relation,
        back.score,
        back.signals["inliers"],
    )
    assert (there.alignment.query_overlap, there.alignment.match_overlap) == (
        back.alignment.match_overlap,
        back.alignment.query_overlap,
    )


def test_compare_tells_the_numbers_people_know(collection: Collection) -> None:
    """SSIM, ORB matches, cosine and hash distance ride along."""
    match = collection.compare(FOLDER / "coffee.png", jpeg(cropped(0.1)(photo("coffee.png"))))

    assert {"ssim", "matches", "inliers", "cosine", "pdq_distance", "aligned_ssim"} <= set(match.signals)


def test_deleted_pictures_do_not_hide_the_living(tmp_path: Path) -> None:
    """After all but one of many near-duplicates are gone, that one is found."""
    with Collection(tmp_path / "many.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        (tmp_path / "many").mkdir()
        for number in range(130):
            edited = photo("coffee.png").resize((150, 100))
            edited.putpixel((number, 0), (255, 0, 0))
            edited.save(tmp_path / "many" / f"{number}.png")
        keys = collection.add(tmp_path / "many").ids
        collection.remove(*keys[:-1])

        answer = collection.search(photo("coffee.png").resize((150, 100)), limit=1)

        assert [match.id for match in answer] == [keys[-1]]
        assert answer.searched == 1


@pytest.mark.parametrize("size", [(16, 4000), (4000, 16), (17, 17)])
def test_thin_and_tiny_pictures_get_an_answer(collection: Collection, size: tuple[int, int]) -> None:
    """However odd the shape, a search ends with an answer."""
    assert collection.search(jpeg(photo("coffee.png").resize(size))).searched == 6


def test_compare_tells_each_overlap_from_its_own_side(collection: Collection) -> None:
    """The shares in `signals` are those of `overlap`, whichever picture was named first."""
    crop = jpeg(cropped(0.15)(photo("coffee.png")))

    for one, other in ((crop, FOLDER / "coffee.png"), (FOLDER / "coffee.png", crop)):
        match = collection.compare(one, other)
        assert match.signals["query_overlap"] == match.alignment.query_overlap
        assert match.signals["match_overlap"] == match.alignment.match_overlap


@pytest.mark.parametrize("query", ["coffee.png", "motorcycle_right.png", "retina.jpg"])
def test_threads_change_nothing(collection: Collection, query: str) -> None:
    """One core or two, the answer is the same."""
    engine, picture = collection.engine(), Picture.open(FOLDER / query)

    alone, together = (search.search(replace(engine, threads=count), picture).matches for count in (1, 2))

    assert [match.to_dict() for match in alone] == [match.to_dict() for match in together]


def test_stages_are_heard_before_the_answer(collection: Collection) -> None:
    """What is exactly the same at once, then candidates."""
    heard = []

    picture = Picture.open(FOLDER / "coffee.png")
    told = lambda stage, matches: heard.append((stage, matches))  # noqa: E731 - as short as it is said
    answer = search.search(collection.engine(), picture, heard=told)

    assert [stage for stage, _ in heard] == ["exact", "candidates"]
    assert [match.path for match in heard[0][1]] == [str(FOLDER / "coffee.png")]
    assert answer[0].path == heard[1][1][0].path


def test_nothing_is_heard_of_a_stage_that_found_nothing(collection: Collection) -> None:
    """A flat picture has no candidates."""
    heard = []

    search.search(collection.engine(), Picture.open(jpeg(flat())), heard=lambda *told: heard.append(told))

    assert heard == []


def test_what_was_done_is_told_of_what_was_found(collection: Collection) -> None:
    """Of a copy the changes; nothing of the same file, and nothing of what only looks alike."""
    image = photo("coffee.png")

    found = collection.search(jpeg(image.crop((60, 40, 500, 360))))
    same = collection.search(FOLDER / "coffee.png")

    assert "cropped" in [str(change.kind) for change in found[0].changes]
    assert found.to_dict()["results"][0]["changes"][0]["kind"] == "cropped"
    assert not any(match.changes for match in found if match.alignment is None)
    assert same[0].changes == ()
