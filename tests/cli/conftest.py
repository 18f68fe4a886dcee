"""The command line run in this process, and a small shelf of real photographs to run it on."""

import io
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from photographs import FOLDER, jpeg, photo

from pictrace.cli import main
from pictrace.collection import Collection
from pictrace.edits import cropped
from pictrace.results import Match
from pictrace.settings import Settings
from pictrace.types import Alignment, Relation

PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png")


@dataclass(frozen=True)
class Shelf:
    """A collection of `PHOTOS` (ids 1 to 3), and beside it a crop of chelsea."""

    collection: str
    crop: str


@pytest.fixture(scope="session")
def shelf(tmp_path_factory) -> Shelf:
    """Made once; tests that write make their own."""
    folder = tmp_path_factory.mktemp("shelf")
    with Collection(folder / "shelf.pictrace", settings=Settings(workers=1, threads=1)) as fresh:
        for name in PHOTOS:
            fresh.add_image((FOLDER / name).read_bytes(), name=f"photos/{name}")
    (folder / "crop.jpg").write_bytes(jpeg(cropped(0.1)(photo("chelsea.png"))))
    return Shelf(str(folder / "shelf.pictrace"), str(folder / "crop.jpg"))


@pytest.fixture
def pictrace(monkeypatch, tmp_path: Path):
    """Runs `pictrace ARGUMENTS` in an empty folder and gives the exit code; `stdin` is what is piped in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: str, stdin: bytes = b"") -> int:
        monkeypatch.setattr(sys, "argv", ["pictrace", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        return main()

    return call


@pytest.fixture
def match() -> Match:
    """A copy that was never computed, of a file whose name tries to steer the terminal."""
    return Match(
        id=7,
        path="photos/[bold]red\x1b[31m\n\udcff.jpg",
        relation=Relation.COPY,
        score=0.9876,
        signals={"pdq_distance": 12.0, "aligned_ssim": 0.93456},
        alignment=Alignment(
            transform=((0.5, 0.0, 100.0), (0.0, 0.5, 50.0), (0.0, 0.0, 1.0)),
            query_overlap=1.0,
            match_overlap=0.25,
            quad=((100.0, 50.0), (500.0, 50.0), (500.0, 350.0), (100.0, 350.0)),
        ),
        width=800,
        height=600,
        sha256="ab" * 32,
        reasons=("the structure is the same (SSIM 0.93)",),
    )
