"""The command that proves accuracy on the user's own pictures: eval."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pictrace.cli._console import check_free, opened, save, tell, write, write_json, write_table
from pictrace.cli._options import CollectionOption, JsonOption
from pictrace.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from pictrace.evaluation import EditFigures, Evaluation, Figures
    from pictrace.ingest import Progress

PicturesOption = Annotated[int, typer.Option("--pictures", min=1, help="How many pictures to edit and find again.")]
StrangersOption = Annotated[
    int,
    typer.Option("--strangers", min=4, help="How many further ones to leave out of the search; none may be found."),
]
EditsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--edits", metavar="NAME", help="An edit or a family of them, or several with commas; all by default."
    ),
]
PageOption = Annotated[
    str | None, typer.Option("--html", metavar="FILE", help="Also write a page with figures and examples.")
]
TrialsOption = Annotated[
    str | None, typer.Option("--trials", metavar="FILE", help="Also write every search, a line of JSON for each.")
]
CalibrateOption = Annotated[
    bool,
    typer.Option(
        "--calibrate", help="Also correct this collection's scores of copies by what came of it, if that helps."
    ),
]
ListOption = Annotated[
    bool, typer.Option("--list-edits", help="Only list the edits that there are, by family, and what each does.")
]


def evaluate(  # noqa: PLR0913 - one parameter per option
    *,
    collection: CollectionOption = None,
    pictures: PicturesOption = 24,
    strangers: StrangersOption = 6,
    edits: EditsOption = None,
    as_json: JsonOption = False,
    html: PageOption = None,
    trials: TrialsOption = None,
    calibrate: CalibrateOption = False,
    list_edits: ListOption = False,
) -> None:
    """Prove how well a collection's own pictures are found again: edit some in many ways and search for each.

    Further pictures, strangers, are left out of the search and edited too: whatever is called a copy of them is a
    false alarm. Which pictures take part hangs on their contents alone, so that runs can be compared.
    """
    from pictrace import corrections, evaluation
    from pictrace.cli._progress import progress

    if list_edits:
        _list_edits(as_json=as_json)
        return
    names = _checked(edits, html, trials)
    plan = evaluation.Plan(pictures, strangers, names, corrected=not calibrate)
    with opened(collection) as source, progress(quiet=as_json, things=("search", "searches")) as watcher:
        if calibrate:
            corrections.check_writable(source.path)
        found = evaluation.evaluate(source, plan, progress=_heard(watcher))
        folder = source.path
    # First what cannot fail: the figures took minutes.
    if as_json:
        write_json(found.figures.to_dict())
    else:
        _show(found.figures)
    if trials is not None:
        import json

        save(trials, "".join(f"{json.dumps(trial.to_dict())}\n" for trial in found.trials))
    if html is not None:
        _save_page(html, found, folder.stem)
    if calibrate:
        _calibrate(folder, found)


def _checked(edits: list[str] | None, html: str | None, trials: str | None) -> list[str]:
    """The names of the edits that were asked for, all options refused that make no sense."""
    from pictrace.edits import chosen

    names = [name.strip() for given in edits or () for name in given.split(",") if name.strip()]
    if edits and not names:
        raise UsageError("--edits names none", hint="leave it out for all of them")
    chosen(names)
    if html is not None and html == trials:
        raise UsageError("the page and the trials cannot be one file", hint="name two files")
    if html is not None:
        from pictrace.report import beginning

        check_free(html, like=beginning())
    if trials is not None:
        check_free(trials, like='{"picture":')
    return names


def _list_edits(*, as_json: bool) -> None:
    from pictrace.edits import SUITE

    if as_json:
        for edit in SUITE.values():
            write_json({"name": edit.name, "family": edit.family, "says": edit.says})
        return
    columns = ("family", "left"), ("edit", "left"), ("what it does", "left")
    write_table(columns, [(edit.family, edit.name, edit.says) for edit in SUITE.values()])


def _calibrate(folder: "Path", found: "Evaluation") -> None:
    """Stores a correction of the collection's scores, if pictures it was not fitted on are scored better by it."""
    from pictrace import corrections
    from pictrace.evaluation import fitted
    from pictrace.words import counted

    fit = fitted(found)
    said = f"{fit.before:.4f} without and {fit.after:.4f} with it, on pictures it was not fitted on"
    if not fit.is_worth_it:
        tell(f"no calibration was stored, for it would not help: the error is {said}")
        return
    corrections.write(folder, fit.correction)
    tell(f"calibrated on {counted(fit.correction.pairs, 'claim')} of copies: the error is {said}")


def _heard(watcher: "Progress") -> Callable[[int, int, str], None]:
    def hear(done: int, total: int, edit: str) -> None:
        if hasattr(watcher, "total"):
            watcher.total = total
        watcher.seen(done, edit)

    return hear


def _save_page(path: str, found: "Evaluation", name: str) -> None:
    from datetime import datetime

    from pictrace import report

    made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    save(path, report.of_evaluation(found, name, made=made))


def _show(figures: "Figures") -> None:
    from pictrace.words import counted, percent

    overall = figures.overall
    for note in _notes(figures):
        tell(f"note: {note}")
    columns = (("edit", "left"), ("first", "right"), ("copy", "right"), ("certain", "right"), ("aim", "right"),
               ("wrong", "right"), ("ms", "right"), ("", "left"))  # fmt: skip
    write_table(columns, [_row(edit) for edit in figures.edits])
    write(
        f"Of {counted(overall.trials, 'search', 'searches')} {percent(overall.first)} had the right picture first, and "
        f"{percent(overall.copy)} called it a copy; {counted(overall.wrong_copies, 'wrong copy', 'wrong copies')} "
        f"in them, and {counted(overall.false_alarms, 'false alarm')} "
        f"in {counted(overall.strangers, 'search', 'searches')} with strangers."
    )
    recalls = ", ".join(f"{share:.3f} at precision {at}" for at, share in figures.recall_at_precision.items())
    write(f"Micro-average precision {figures.micro_average_precision:.3f}; recall {recalls}.")
    write(f"Expected calibration error of the scores {figures.calibration.error:.3f}.")
    for one in figures.neighbours:
        how = "every row compared" if one.exhaustive else "approximate"
        write(f"Index {one.encoder}: recall@10 {one.recall_at_10:.3f} ({how}).")
    times = ", ".join(f"{value:.0f} ms ({name})" for name, value in figures.latency_ms.items())
    memory = f"; {figures.peak_memory_bytes / 1e6:,.0f} MB at most" if figures.peak_memory_bytes else ""
    write(f"A search took {times}{memory}.")


def _notes(figures: "Figures") -> Sequence[str]:
    from pictrace.words import counted

    notes = []
    if figures.from_proxies:
        many = counted(figures.from_proxies, "picture")
        notes.append(f"{many} could not be read where they were, and their previews of 512 pixels were edited")
    if figures.relatives:
        many = counted(len(figures.relatives), "picture")
        notes.append(f"{many} look like others of the collection as they are, and count as neither right nor wrong")
    return notes


def _row(edit: "EditFigures") -> tuple[str, ...]:
    counts = edit.counts
    wrong = counts.wrong_copies + counts.false_alarms
    shares = (f"{share:.3f}" for share in (counts.first, counts.copy, counts.certain))
    bar = "" if edit.bar is None else f"{edit.bar:.2f}"
    missed = "missed" if edit.is_met is False else ""
    return edit.name, *shares, bar, str(wrong) if wrong else "", f"{edit.median_ms:.0f}", missed
