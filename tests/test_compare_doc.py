"""docs/compare.md: its table is what comparing says, and its list of changes is whole.

`RECORD_GOLDEN=1` writes the tables anew.
"""

import json
import os
import re
from pathlib import Path

import pytest
from photographs import FOLDER, jpeg, photo
from PIL import Image, ImageOps

from pictrace import comparison, deeds, words
from pictrace.edits import captioned
from pictrace.results import ChangeKind
from pictrace.settings import Settings

ROOT = Path(__file__).parents[1]
DOC = ROOT / "docs" / "compare.md"
RESULT = ROOT / "benchmarks" / "results" / "changes.json"
HEAD = (
    "| picture 1 | picture 2 | relation | probability | SSIM of the whole | what was done |\n|---|---|---|---|---|---|"
)


def edited() -> Image.Image:
    """A part of the cup of coffee, mirrored, with a bar of text."""
    return captioned(ImageOps.mirror(photo("coffee.png").crop((70, 40, 520, 350))))


PAIRS = {
    ("a cat", "the same, half the size, JPEG quality 40"): lambda: (
        jpeg(photo("chelsea.png").resize((226, 150)), 40), FOLDER / "chelsea.png"),
    ("a cup of coffee", "a part of it, mirrored, with text"): lambda: (jpeg(edited()), FOLDER / "coffee.png"),
    ("a motorcycle", "the same, from 19 cm further right"): lambda: (
        FOLDER / "motorcycle_right.png", FOLDER / "motorcycle_left.png"),
    ("a cat ", "a cup of coffee"): lambda: (FOLDER / "coffee.png", FOLDER / "chelsea.png"),
}  # fmt: skip
"""What is compared: the second picture of a row is the query."""


@pytest.fixture(scope="module")
def rows() -> list[list[str]]:
    """The table as it is now."""
    found = []
    for (first, second), make in PAIRS.items():
        match = comparison.beside(*make(), settings=Settings(threads=1)).match
        done = "; ".join(deeds.told(change, ("the second", "the first")) for change in match.changes)
        ssim = words.percent(match.signals["ssim"])
        found.append([first.strip(), second, str(match.relation), words.percent(match.score), ssim, done or "–"])
    return found


def recorded(begin: str, end: str) -> str:
    return DOC.read_text("utf-8").partition(f"<!-- {begin} -->\n")[2].partition(f"<!-- {end} -->")[0]


def record(begin: str, end: str, text: str) -> None:
    before, _, rest = DOC.read_text("utf-8").partition(f"<!-- {begin} -->\n")
    after = rest.partition(f"<!-- {end} -->")[2]
    DOC.write_text(f"{before}<!-- {begin} -->\n{text}\n<!-- {end} -->{after}", "utf-8")


def is_near(told: str, found: str) -> bool:
    """The same words; numbers may differ by as much as other processors make of them."""
    numbers = [[float(one) for one in re.findall(r"\d+(?:\.\d+)?", text)] for text in (told, found)]
    plain = [re.sub(r"\d+(?:\.\d+)?", "0", text) for text in (told, found)]
    return plain[0] == plain[1] and numbers[0] == pytest.approx(numbers[1], abs=4, rel=0.03)


def test_the_table_says_what_comparing_says(rows: list[list[str]]) -> None:
    """Four pairs, every relation but the same file."""
    if os.environ.get("RECORD_GOLDEN") == "1":
        record("pairs", "end", "\n".join([HEAD, *(f"| {' | '.join(row)} |" for row in rows)]))
    told = [line.strip("| ").split(" | ") for line in recorded("pairs", "end").splitlines()[2:]]

    assert [row[2] for row in rows] == ["copy", "copy", "scene", "different"]
    assert [row[:3] for row in told] == [row[:3] for row in rows]
    assert [(a, b) for one, two in zip(told, rows, strict=True) for a, b in zip(one, two, strict=True)
            if not is_near(a, b)] == []  # fmt: skip


def test_every_kind_of_change_is_explained() -> None:
    """In a row of its own, or beside a kindred one."""
    first = re.findall(r"^\| (`[^|]*)\|", DOC.read_text("utf-8"), re.MULTILINE)
    explained = set(re.findall(r"`([a-z-]+)`", "".join(first)))

    assert {str(kind) for kind in ChangeKind} <= explained


def test_what_was_measured_is_what_is_told() -> None:
    """Precision and recall stand in the page as the benchmark wrote them."""
    found = json.loads(RESULT.read_text("utf-8"))["changes"]
    lines = ["| change | precision | recall |", "|---|---|---|"]
    for name, one in found.items():
        kind, _, more = name.partition(":")
        shown = f"`{kind}` {more.replace('_', ' ')}".strip()
        lines.append(f"| {shown} | {_two(one['precision'])} | {_two(one['recall'])} |")
    text = "\n".join(lines)
    if os.environ.get("RECORD_GOLDEN") == "1":
        record("measured", "end measured", text)

    assert recorded("measured", "end measured").strip() == text


def _two(share: float | None) -> str:
    return "–" if share is None else f"{share:.2f}"
