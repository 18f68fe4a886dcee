"""Collections that are made by a call which fails: nothing is left of one into which nothing was put."""

from pathlib import Path

import pytest
from photographs import FOLDER, jpeg, noise
from small_models import small_card, small_onnx

import pictrace
from pictrace.catalogs.sqlite import Catalog
from pictrace.errors import ModelDamagedError, SourceError
from pictrace.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a process whose folder of models has one, `small`, that gives other rows than its card says."""
    (tmp_path / "models").mkdir()
    small_card(tmp_path / "models", small_onnx(), width=7)
    return Settings(workers=1, threads=1, models=str(tmp_path / "models"))


def test_nothing_is_left_where_the_model_fails_at_once(tmp_path: Path, settings) -> None:
    """The same command with another encoder then makes the collection, and so does a single picture."""
    place = tmp_path / "made" / "new.pictrace"
    with pictrace.open(place, settings=settings, encoders=["onnx:small"]) as collection:
        with pytest.raises(ModelDamagedError):
            collection.add(FOLDER / "coffee.png")
        with pytest.raises(ModelDamagedError):
            collection.add_image(jpeg(noise(1)))

        assert not place.exists()
    with pictrace.open(place, settings=settings, encoders=["pdq"]) as collection:
        assert collection.add(FOLDER / "coffee.png").added == 1


def test_a_collection_that_was_there_stays(tmp_path: Path, settings) -> None:
    """However empty it is: somebody has made it as it is."""
    (tmp_path / "photos").mkdir()
    with pictrace.open(tmp_path / "old.pictrace", settings=settings, encoders=["onnx:small"]) as collection:
        collection.add(tmp_path / "photos")
        with pytest.raises(ModelDamagedError):
            collection.add(FOLDER / "coffee.png")

        assert len(collection) == 0
        assert collection.recipe.encoders[0].name == "onnx:small"


def test_a_folder_that_was_there_stays(tmp_path: Path, settings) -> None:
    """Somebody has made it, with permissions of its own perhaps."""
    place = tmp_path / "mine.pictrace"
    place.mkdir(mode=0o750)
    with pictrace.open(place, settings=settings, encoders=["onnx:small"]) as collection:
        with pytest.raises(ModelDamagedError):
            collection.add(FOLDER / "coffee.png")

        assert list(place.iterdir()) == []


def test_what_cannot_be_discarded_hides_no_error(tmp_path: Path) -> None:
    """Why the collection was to go is what is told."""
    (tmp_path / "catalog.sqlite").write_bytes(b"no catalog")

    Catalog.discard(str(tmp_path))

    assert (tmp_path / "catalog.sqlite").read_bytes() == b"no catalog"


def test_what_was_recorded_stays(tmp_path: Path, settings) -> None:
    """A source that breaks costs nothing of those before it."""
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    with pictrace.open(tmp_path / "new.pictrace", settings=settings, encoders=["pdq"]) as collection:
        with pytest.raises(SourceError):
            collection.add(FOLDER / "coffee.png", tmp_path / "broken.zip")

        assert len(collection) == 1


def test_what_lies_beside_a_catalog_is_not_touched(tmp_path: Path, settings) -> None:
    """Somebody has put it there."""
    place = tmp_path / "new.pictrace"
    with pictrace.open(place, settings=settings, encoders=["pdq"]) as collection:
        collection.hold()
    (place / "notes.txt").write_text("mine")

    Catalog.discard(str(place))

    assert {"notes.txt", "catalog.sqlite"} <= {one.name for one in place.iterdir()}


def test_a_catalog_that_is_written_to_or_held_anything_is_not_discarded(tmp_path: Path, settings) -> None:
    """Nor is one that is not there."""
    place = tmp_path / "new.pictrace"
    Catalog.discard(str(place))
    with pictrace.open(place, settings=settings, encoders=["pdq"]) as collection:
        collection.hold()
        Catalog.discard(str(place))
        collection.remove(collection.add_image(jpeg(noise(1))))
    Catalog.discard(str(place))

    assert (place / "catalog.sqlite").exists()
