"""The command that shows what PicTrace can do: demo."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pictrace.cli._console import tell, write, write_table

if TYPE_CHECKING:
    from pictrace.demo import Trial


def demo(
    *,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="FOLDER", help="Where to put everything; ./demo by default."),
    ] = None,
    browse: Annotated[bool, typer.Option("--open/--no-open", help="Show the page in a browser.")] = False,
) -> None:
    """Index real photographs, edit some of them in many ways, find them all again, and show it on a page.

    Nothing is downloaded: the photographs come with a library that PicTrace uses.
    """
    from pictrace import demo as logic
    from pictrace.words import percent, shown

    outcome = logic.run(out, tell=lambda line: tell(shown(line)))
    columns = (
        ("edit", "left"), ("found", "right"), ("relation", "left"),
        ("score %", "right"), ("overlap", "right"), ("ms", "right"),
    )  # fmt: skip
    names = list(dict.fromkeys(trial.edit for trial in outcome.trials))
    write_table(columns, [_row(name, [one for one in outcome.trials if one.edit == name]) for name in names])
    for trial in outcome.others:
        said = f"{trial.match.relation}, {percent(trial.match.score)}: {trial.found}" if trial.match else "no match"
        write(f"{trial.edit}: {said}")
    write(logic.summary(outcome))
    write(f"The page: {shown(str(outcome.page))}")
    write(f"Try: {_command()} search {shown(str(outcome.example))} -c {shown(str(outcome.collection))}")
    if browse:
        typer.launch(str(outcome.page))


def _command() -> str:
    """How this program is called here: by its name, if that is on the path."""
    import shutil
    import sys
    from pathlib import Path

    from pictrace.words import shown

    if shutil.which("pictrace"):
        return "pictrace"
    beside = Path(sys.executable).with_name("pictrace")
    return shown(os.path.relpath(beside)) if beside.exists() else "python -m pictrace"


def _row(name: str, trials: Sequence["Trial"]) -> tuple[str, ...]:
    import statistics

    from pictrace.words import percent

    right = [trial.match for trial in trials if trial.right and trial.match]
    relations = sorted({match.relation for match in right}, reverse=True)
    shares = [match.alignment.query_overlap for match in right if match.alignment]
    return (
        name,
        f"{len(right)} of {len(trials)}",
        ", ".join(str(relation) for relation in relations),
        percent(statistics.median(match.score for match in right)).removesuffix(" %") if right else "",
        percent(statistics.median(shares)) if shares else "",
        f"{statistics.median(trial.milliseconds for trial in trials):.0f}",
    )
