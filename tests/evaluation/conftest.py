"""One evaluation of a small collection of real photographs, made once."""

from pathlib import Path

import pytest
from photographs import FOLDER, jpeg, noise

from pictrace.collection import Collection
from pictrace.demo import PHOTOGRAPHS
from pictrace.evaluation import Evaluation, Plan, evaluate
from pictrace.settings import Settings

EDITS = ("jpeg-50", "crop-50", "collage")
PICTURES, STRANGERS = 3, 4


@pytest.fixture(scope="session")
def photographs(tmp_path_factory) -> Path:
    """A folder of small photographs, all different."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("photographs")
    for name in PHOTOGRAPHS:
        image = Image.open(FOLDER / name).convert("RGB")
        image.thumbnail((384, 384))
        (folder / f"{name.rpartition('.')[0]}.jpg").write_bytes(jpeg(image))
    return folder


@pytest.fixture(scope="session")
def collection(photographs, tmp_path_factory):
    """A collection of them."""
    path = tmp_path_factory.mktemp("shelf") / "shelf.pictrace"
    with Collection(path, settings=Settings(workers=1, threads=1)) as fresh:
        fresh.add(photographs)
        yield fresh


@pytest.fixture(scope="session")
def evaluated(collection) -> Evaluation:
    """An evaluation with a few edits."""
    return evaluate(collection, Plan(PICTURES, STRANGERS, EDITS))


@pytest.fixture
def tiny(tmp_path):
    """A collection of three pictures that nobody has the originals of."""
    with Collection(tmp_path / "tiny.pictrace", settings=Settings(workers=1, threads=1)) as fresh:
        for seed in (1, 2, 3):
            fresh.add_image(jpeg(noise(seed)))
        yield fresh
