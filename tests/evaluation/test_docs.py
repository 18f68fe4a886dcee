"""docs/eval.md says what there is."""

import dataclasses
import re
from pathlib import Path

import pytest

from pictrace.edits import SUITE
from pictrace.evaluation import AVERAGE_PRECISION, BARS, CALIBRATION_ERROR, Counts, EditFigures, Figures

PAGE = (Path(__file__).parents[2] / "docs" / "eval.md").read_text("utf-8")


def test_every_edit_is_in_the_table() -> None:
    """Name, family, words and aim, in the order of the suite, and no other."""
    rows = re.findall(r"^\| `([\w-]+)` \| ([a-z]+) \| (.+) \| ([\d.]+|–) \|$", PAGE, re.MULTILINE)
    bars = {name: "–" if bar is None else f"{bar:.2f}" for name, bar in BARS.items()}

    assert rows == [(edit.name, edit.family, edit.says, bars[edit.name]) for edit in SUITE.values()]


@pytest.mark.parametrize("figure", re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.+?`) \| ", PAGE, re.MULTILINE))))
def test_every_figure_that_is_explained_is_there(figure) -> None:
    """A name in the tables is a field of the figures, or an edit."""
    fields = {field.name for kind in (Counts, EditFigures, Figures) for field in dataclasses.fields(kind)}

    assert figure in fields | {name.partition("-")[0] for name in SUITE} | set(SUITE)


def test_numbers_in_the_text_are_those_of_the_code() -> None:
    """How many edits there are, and what is aimed at."""
    assert f"in {len(SUITE)} ways" in PAGE
    assert f"{AVERAGE_PRECISION} are aimed at" in PAGE
    assert f"at most {CALIBRATION_ERROR} for" in PAGE


def test_the_example_runs(tmp_path, monkeypatch, collection, capsys) -> None:
    """The Python of the page, on a smaller plan."""
    code = re.search(r"```python\n(.+?)```", PAGE, re.DOTALL)[1]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures.pictrace").symlink_to(collection.path)
    exec(code.replace("pictures=24, strangers=6", 'pictures=1, strangers=4, edits=["half"]'), {})  # noqa: S102

    assert capsys.readouterr().out.startswith("1.0 1.0")
