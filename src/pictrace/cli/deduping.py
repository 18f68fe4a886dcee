"""The commands that plan what becomes of duplicates, do it and take it back: dedupe plan, apply, undo and journal."""

import contextlib
import os
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pictrace.cli._console import check_free, opened, save, tell, write, write_json, write_table
from pictrace.cli._deeds import DONE, check_unapplied, keep_up, tell_outcome, tell_plan, warn_of_idle
from pictrace.cli._options import (
    AgainstOption,
    CollectionOption,
    FilterOption,
    HtmlOption,
    JsonOption,
    ReferenceOption,
    RelationName,
    RelationOption,
    ScoreOption,
    folders,
)
from pictrace.errors import UsageError

if TYPE_CHECKING:
    from pictrace.dedupe.plans import Kept, Plan
    from pictrace.duplicates.groups import Group

_BEGINNING = '{\n "format": "pictrace-plan"'
_LONGEST_LINE = 64 << 20


class ActionName(StrEnum):
    """What is done to files that go."""

    QUARANTINE = "quarantine"
    TRASH = "trash"
    HARDLINK = "hardlink"
    REFLINK = "reflink"
    DELETE = "delete"


YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
PlanArgument = Annotated[str, typer.Argument(metavar="FILE", help="A plan that `dedupe plan` wrote.")]


def plan(  # noqa: PLR0913 - one parameter per option
    *,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Where the plan goes.")],
    collection: CollectionOption = None,
    relation: RelationOption = RelationName.COPY,
    min_score: ScoreOption = 0.0,
    where: FilterOption = None,
    against: AgainstOption = None,
    groups: Annotated[
        str | None,
        typer.Option("--groups", metavar="FILE", help="Take groups from `dedupe find --json`, `-` for stdin."),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="RULES", help="Which file stays: rules in order, such as `favourite,-quality`."),
    ] = None,
    reference: ReferenceOption = None,
    protect: Annotated[
        list[str] | None, typer.Option("--protect", metavar="GLOB", help="Files of such names stay. Repeatable.")
    ] = None,
    action: Annotated[ActionName, typer.Option("--action", help="What is done to those that go.")] = (
        ActionName.QUARANTINE
    ),
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down which file of each group of duplicates stays, which would go, and why; nothing is done to any.

    Files of the same bytes or pixels are accepted from the start, others wait until somebody has looked at them.
    """
    from pictrace.cli._pictures import check_page
    from pictrace.dedupe.keeping import rules_of
    from pictrace.dedupe.planning import Protection, plan_of
    from pictrace.duplicates.wholeness import told_apart

    rules = rules_of([name for one in keep or () for name in one.split(",")])
    references = folders(reference)
    check_free(output, like=_BEGINNING)
    check_unapplied(output)
    check_page(html)
    if groups is not None and against is not None:
        raise UsageError("--groups says already what was found", hint="leave --against out")
    if output == html:
        raise UsageError("the plan and the page cannot be one file", hint="name two files")
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(opened(collection))
        warn_of_idle(source, references=references, patterns=protect or ())
        if groups is not None:
            found = _given(groups, source)
        else:
            other = stack.enter_context(opened(against)) if against is not None else None
            asked = {"min_score": min_score, "where": where, "references": references, "against": other}
            found = source.duplicates(relation.value, **asked)
        made = plan_of(
            list(told_apart(found, source.compare)),
            rules,
            collection=source.path,
            action=action.value,
            protection=Protection(references, tuple(protect or ())),
            limits=source.settings.limits,
        )
        save(output, made.to_json())
        if html is not None:
            save(html, _page(made, source))
    tell_plan(made, output, as_json=as_json)


def apply(  # noqa: PLR0913 - one parameter per option
    file: PlanArgument,
    *,
    include: Annotated[
        list[RelationName] | None,
        typer.Option(
            "--include",
            metavar="RELATION",
            help="Files of this relation (`copy`, `scene`, `similar`) go although nobody accepted each. Repeatable.",
        ),
    ] = None,
    quarantine: Annotated[
        str | None, typer.Option("--quarantine", metavar="DIR", help="Put files aside there, on their own disk.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Prove everything, and change nothing.")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Really delete, if the plan says so: for good.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Do what a plan says to the files it names, each proved again at that moment, with a copy that stays.

    Without `--yes` it asks; where no terminal is, so that nobody can answer, it refuses.
    """
    from pictrace.cli._progress import progress
    from pictrace.dedupe import applying
    from pictrace.dedupe.plans import Plan
    from pictrace.words import counted

    read = Plan.read(file)
    names = [str(one) for one in include or ()]
    many = counted(len(list(read.removals(names))), "file")
    if not dry_run and not _is_meant(f"{read.action} {many}", yes=yes):
        return
    folder = "" if quarantine is None else os.path.abspath(quarantine)  # noqa: PTH100 - links stay
    manner = applying.Manner(names, folder, may_delete=delete, is_rehearsal=dry_run)
    with progress(things=("file", "files")) as watcher:
        outcome = applying.apply(read, manner, progress=_watch(watcher))
    if not dry_run:
        still = "the collection still lists them; `pictrace index --prune` forgets places where nothing is"
        keep_up(read.collection, lambda source: source.forget_places(outcome.places), otherwise=still)
    done = DONE[read.action]
    tell_outcome(outcome, f"would be {done}" if dry_run else done, as_json=as_json)


def undo(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A plan that was applied, or the journal of one run.")],
    *,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take back what a plan or one run did: every file to its place, and nothing is overwritten.

    Without `--yes` it asks; where no terminal is, so that nobody can answer, it refuses.
    """
    from pictrace.cli._progress import progress
    from pictrace.dedupe import undoing
    from pictrace.dedupe.plans import Plan

    path = Path(file)
    is_run = path.is_dir() or path.suffix == ".jsonl"
    target = path if is_run else Plan.read(path)
    if not _is_meant(f"take back what {file} did", yes=yes):
        return
    with progress(things=("file", "files")) as watcher:
        outcome = undoing.undo(target, progress=_watch(watcher))
    if outcome.places:
        collection = str(Path(outcome.journal).parents[2])
        missing = "the collection does not list them yet; `pictrace index` of their folders takes them in"
        keep_up(collection, lambda source: source.add(*outcome.places), otherwise=missing)
    tell_outcome(outcome, "brought back", as_json=as_json)


def journal(*, collection: CollectionOption = None, as_json: JsonOption = False) -> None:
    """List what was done to the files of a collection, run by run, and what of it was taken back."""
    from pictrace.dedupe.undoing import history
    from pictrace.settings import load

    runs = history(Path(load(collection=collection or None).collection_path))
    if as_json:
        for one in runs:
            write_json(vars(one))
        return
    if not runs:
        write("Nothing was ever done to files.")
        return
    titles = (("begun", "left"), ("action", "left"), ("files", "right"), ("bytes", "right"), ("back", "right"))
    rows = [(one.created, one.action, f"{one.done:,}", f"{one.bytes:,}", f"{one.back:,}", one.journal) for one in runs]
    write_table((*titles, ("journal", "left")), rows)


def _is_meant(what: str, *, yes: bool) -> bool:
    """Whether somebody wants it; where nobody can be asked, `--yes` has to be given."""
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(f"nobody is there to say whether to {what}", hint="give --yes if you are sure")
    if typer.confirm(f"{what[:1].upper()}{what[1:]}?", err=True):
        return True
    tell("nothing was done")
    return False


def _watch(watcher: Any) -> Callable[[int, int, str], None]:
    def watch(done: int, total: int, path: str) -> None:
        if hasattr(watcher, "total"):
            watcher.total = total
        watcher.seen(done, path)

    return watch


def _given(path: str, source: Any) -> "list[Group]":
    """Groups as `dedupe find --json` wrote them, with what the collection knows of each file now."""
    from pictrace.duplicates.given import group_from

    try:
        with sys.stdin.buffer if path == "-" else Path(path).open("rb") as lines:
            pixels = {key: pixels.hex() for key, _, pixels in source.engine().catalog.identities()}
            return [group_from(line, source.get, pixels) for line in iter(lambda: lines.readline(_LONGEST_LINE), b"")]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="name what `find --json` wrote") from error


def _page(made: "Plan", source: Any) -> str:
    from pictrace import report
    from pictrace.cli._pictures import today

    def seen(one: "Kept") -> tuple[bytes, tuple[int, int]] | None:
        key = source.find(one.sha256)
        if key is None:
            return None
        record = source.get(key)
        return source.proxy(key), (record.width, record.height)

    return report.of_plan(made, seen, made=today())
