"""What is said of plans and of what was done by them, and what is seen to before and after."""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pictrace.cli._console import opened, tell, write, write_json
from pictrace.errors import UsageError

if TYPE_CHECKING:
    from pictrace.dedupe.plans import Plan
    from pictrace.dedupe.undoing import Outcome

DONE = {
    "quarantine": "put aside",
    "trash": "put into the trash",
    "hardlink": "made a hard link",
    "reflink": "made to share blocks",
    "delete": "deleted",
}
"""What was done to a file, by the action of its plan."""


def check_unapplied(output: str) -> None:
    """Nothing, unless the plan that would be overwritten is the one by which files can be brought back.

    Raises:
        UsageError: it is.
    """
    from pictrace.dedupe.plans import Plan
    from pictrace.dedupe.undoing import acted_upon
    from pictrace.errors import PlanInvalidError

    if not Path(output).is_file():
        return
    with contextlib.suppress(PlanInvalidError):
        if acted_upon(Plan.read(output)):
            raise UsageError(
                f"the plan {output} was applied, and `undo` takes it back by that file",
                hint=f"name another file, or take it back first: pictrace dedupe undo {output}",
            )


def warn_of_idle(source: Any, *, references: Sequence[str] = (), patterns: Sequence[str] = ()) -> None:
    """Folders and patterns by which nothing that is indexed is protected are said: most are slips of the pen."""
    from pictrace.dedupe.coverage import idle_folders, idle_patterns
    from pictrace.words import shown

    catalog = source.engine().catalog
    for folder in idle_folders(catalog, references):
        tell(f"warning: nothing that is indexed is below {shown(folder)}, so --reference protects nothing there")
    for pattern in idle_patterns(catalog, patterns):
        tell(f"warning: no indexed file matches {shown(pattern)}, so --protect protects nothing by it")


def keep_up(path: str, write: Callable[[Any], object], *, otherwise: str) -> None:
    """A collection knows what became of files, if it is there and nobody else writes; else `otherwise` is said."""
    from pictrace.errors import PictraceError

    try:
        with opened(path) as source:
            write(source)
    except PictraceError as error:
        tell(f"note: {otherwise}: {error}")


def tell_plan(made: "Plan", output: str, *, as_json: bool) -> None:
    """What a plan would do, in a few lines."""
    from pictrace.words import counted, shown

    goes = [one for _, one in made.removals()]
    waits = sum(len(group.remove) for group in made.groups) - len(goes)
    left = sum(len(group.left) for group in made.groups)
    size = sum(one.size for one in goes)
    if as_json:
        facts = {"plan": output, "id": made.id, "groups": len(made.groups), "accepted": len(goes), "bytes": size}
        write_json({**facts, "review": waits, "left": left})
        return
    write(f"{counted(len(made.groups), 'group')}: {counted(len(goes), 'file')} would go ({size:,} bytes).")
    if waits:
        write(f"{counted(waits, 'file')} more once somebody accepts them, or with `dedupe apply --include copy`.")
    if left:
        write(f"Left alone: {counted(left, 'file')}; the plan says why.")
    write(f"Nothing was done. The plan is {shown(output)}; next: pictrace dedupe apply {shown(output)}")


def tell_outcome(outcome: "Outcome", what: str, *, as_json: bool) -> None:
    """What became of files.

    Raises:
        Exit: with 1, if one of them stayed or came back elsewhere.
    """
    from pictrace.words import counted, shown

    if as_json:
        write_json(outcome.to_dict())
    else:
        for one in outcome.troubles:
            tell(f"{shown(one.detail)} ({one.code})")
        write(f"{counted(outcome.done, 'file')} {what} ({outcome.bytes:,} bytes){_more(outcome)}.")
        if outcome.journal:
            write(f"The journal is {shown(outcome.journal)}")
    if outcome.troubles:
        raise typer.Exit(1)


def _more(outcome: "Outcome") -> str:
    parts: Sequence[tuple[int, str]] = (
        (outcome.already, "before"),
        (outcome.waiting, "waiting to be accepted"),
        (outcome.failed, "not as meant"),
    )
    return "".join(f", {count:,} {said}" for count, said in parts if count)
