"""Encoders and index of a collection: chosen when it is made, and refused when it was made with others."""

from pathlib import Path

import pytest
from photographs import FOLDER, jpeg, noise, photo

import pictrace
from pictrace.errors import UnknownNameError, UsageError
from pictrace.settings import Settings
from pictrace.types import Relation

ONE = Settings(workers=1, threads=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a collection with one picture lies, made with `pdq` and `exact`."""
    place = tmp_path / "chosen.pictrace"
    with pictrace.open(place, settings=ONE, encoders=["pdq"], index="exact") as collection:
        collection.add(FOLDER / "coffee.png")
    return place


def test_a_new_collection_is_made_as_chosen(path) -> None:
    """What was chosen is in the recipe, and needs no second choice."""
    with pictrace.open(path, settings=ONE) as collection:
        recipe = collection.recipe

    assert ([stamp.name for stamp in recipe.encoders], recipe.index) == (["pdq"], "exact")


@pytest.mark.parametrize("names", [["pdq"], ["lite0"], ["pdq", "lite0", "pdq"]])
def test_any_choice_of_encoders_finds_copies(tmp_path, names) -> None:
    """Fewer encoders find less, and still find."""
    with pictrace.open(tmp_path / "some.pictrace", settings=ONE, encoders=names) as collection:
        key = collection.add_image(jpeg(photo("coffee.png")))
        collection.rebuild()

        first = collection.search(jpeg(photo("coffee.png"), quality=30))[0]

    assert (first.id, first.relation) == (key, Relation.COPY)


@pytest.mark.parametrize("same", [{}, {"encoders": ["pdq"]}, {"encoders": ["pdq", "pdq"], "index": "exact"}])
def test_the_same_choice_again_is_none(path, same) -> None:
    """The command that made a collection also brings it up to date."""
    with pictrace.open(path, settings=ONE, **same) as collection:
        collection.add_image(jpeg(noise(1)))

        assert len(collection) == 2


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"encoders": ["lite0", "pdq"]}, "the encoders pdq, not lite0, pdq"),
        ({"index": "hnsw"}, "the index exact, not hnsw"),
    ],
)
def test_a_collection_that_was_made_with_others_is_refused(path, other, said) -> None:
    """Reading and writing alike, and it can be written again afterwards."""
    with pictrace.open(path, settings=ONE, **other) as collection:
        for use in (lambda: len(collection), lambda: collection.add(FOLDER / "chelsea.png")):
            with pytest.raises(UsageError, match=said):
                use()

    with pictrace.open(path, settings=ONE) as collection:
        assert collection.add(FOLDER / "chelsea.png").added == 1


def test_a_file_is_no_collection(tmp_path) -> None:
    """Nor can one be made in its place."""
    (tmp_path / "file").write_bytes(b"something else")

    with pictrace.open(tmp_path / "file", settings=ONE) as collection:
        for use in (lambda: len(collection), lambda: collection.add(FOLDER / "coffee.png")):
            with pytest.raises(UsageError, match="is a file"):
                use()


@pytest.mark.parametrize("url", ["https://x.example/c.pictrace", "HTTP://x.example", "file:///c", Path("https://x/c")])
def test_a_url_is_no_collection(tmp_path, monkeypatch, url) -> None:
    """No folder `https:` is made in its place."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match="is a URL, and a collection is a folder"):
        pictrace.open(url, settings=ONE)


@pytest.mark.parametrize("name", ["a:b", "c.pictrace", "C:/photos.pictrace", "https", "./s3://x"])
def test_a_colon_makes_no_url(tmp_path, monkeypatch, name) -> None:
    """Drives have one, and folders may."""
    monkeypatch.chdir(tmp_path)

    assert pictrace.open(name, settings=ONE).path == Path(name)


@pytest.mark.parametrize(
    ("choice", "hint"),
    [
        ({"encoders": ["psychic"]}, "lite0, onnx, pdq"),
        ({"encoders": ["json"]}, "lite0, onnx, pdq"),
        ({"encoders": ["os.path"]}, "a module with such a class"),
        ({"encoders": "pdq"}, "lite0, onnx, pdq"),
        ({"index": "psychic"}, "exact, hnsw"),
    ],
)
def test_unknown_names_are_refused_with_those_there_are(tmp_path, choice, hint) -> None:
    """Before anything is made."""
    with pytest.raises(UnknownNameError) as caught:
        pictrace.open(tmp_path / "none.pictrace", settings=ONE, **choice)

    assert hint in caught.value.hint
