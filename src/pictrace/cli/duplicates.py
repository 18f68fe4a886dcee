"""The commands that find duplicates and remember what is decided of them: dedupe find, decide and decisions."""

import contextlib
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pictrace.cli._console import check_free, key_of, opened, save, tell, write, write_json, write_table
from pictrace.cli._options import (
    AgainstOption,
    CollectionOption,
    FilterOption,
    HtmlOption,
    IdArgument,
    JsonOption,
    ReferenceOption,
    RelationName,
    RelationOption,
    ScoreOption,
    folders,
)
from pictrace.errors import UsageError

if TYPE_CHECKING:
    from pictrace.dedupe.finding import Heard
    from pictrace.dedupe.groups import Group, Member

dedupe = typer.Typer(help="Find duplicates, decide, act, and take everything back.", no_args_is_help=True)


class RulingName(StrEnum):
    """What two pictures are to each other."""

    DUPLICATE = "duplicate"
    DIFFERENT = "different"
    ALTERNATE = "alternate"
    BOTH = "both"


CsvOption = Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Also write a table, a line per file.")]


@dedupe.command()
def find(  # noqa: PLR0913 - one parameter per option
    *,
    collection: CollectionOption = None,
    relation: RelationOption = RelationName.COPY,
    min_score: ScoreOption = 0.0,
    where: FilterOption = None,
    reference: ReferenceOption = None,
    against: AgainstOption = None,
    as_json: JsonOption = False,
    csv: CsvOption = None,
    html: HtmlOption = None,
) -> None:
    """Find groups of files that show the same picture; nothing is done to any of them.

    Every file of a group was held against one of them, the first that is named, and the score of a group is that of
    its weakest link. What was judged once is not judged again, and a run that was stopped goes on where it was.
    """
    _check(csv, html)
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(opened(collection))
        other = stack.enter_context(opened(against)) if against is not None else None
        heard = stack.enter_context(_watched())
        groups = source.duplicates(
            relation.value,
            min_score=min_score,
            where=where,
            references=folders(reference),
            against=other,
            heard=heard,
        )
        if html is not None:
            save(html, _page(groups, {"": source, str(other.path) if other else "-": other}))
    if csv is not None:
        save(csv, _table(groups))
    if as_json:
        for group in groups:
            write_json(group.to_dict())
    else:
        _show(groups)


def _check(csv: str | None, html: str | None) -> None:
    from pictrace.cli._pictures import check_page

    check_page(html)
    check_free(csv, like=_HEAD)
    if csv is not None and csv == html:
        raise UsageError("the table and the page cannot be one file", hint="name two files")


@contextlib.contextmanager
def _watched() -> Iterator["Heard"]:
    """Progress in steps, two for each picture: its neighbours are known, then it has its place."""
    from pictrace.cli._progress import progress
    from pictrace.dedupe.finding import Heard

    with progress(things=("step", "steps")) as watcher:

        def hear(stage: str, done: int, total: int) -> None:
            if hasattr(watcher, "total"):
                watcher.total = 2 * total
            watcher.seen(done + (total if stage == "judged" else 0), stage)

        yield Heard(hear)


_HEAD = "group,relation,score,medoid,path,id,file_relation,file_score,width,height,size,format,sha256"


def _table(groups: Sequence["Group"]) -> str:
    """One line per file, as spreadsheets read it: what could be taken for a formula is quoted with an apostrophe."""
    import csv
    import io

    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_HEAD.split(","))
    for group in groups:
        for one in group:
            head = (group.id, group.relation, f"{group.score:.6f}", group.is_led_by(one))
            what = (one.id, one.relation, f"{one.score:.6f}", one.width, one.height, one.place.size, one.format)
            writer.writerow((*head, _unharmful(one.path), *what, one.sha256))
    return stream.getvalue()


def _unharmful(path: str) -> str:
    return f"'{path}" if path[:1] in "=+-@\t\r" else path


def _page(groups: Sequence["Group"], sources: dict[str, Any]) -> str:
    from pictrace import report
    from pictrace.cli._pictures import today

    return report.of_groups(groups, lambda one: sources[one.collection].proxy(one.id), made=today())


def _show(groups: Sequence["Group"]) -> None:
    from pictrace.words import counted, percent, shown

    if not groups:
        write("No duplicates were found.")
        return
    rows = []
    for number, group in enumerate(groups, 1):
        for place, one in enumerate(group):
            head = (str(number), f"{group.relation} {percent(group.score)}") if place == 0 else ("", "")
            shape = f"{one.width} x {one.height}"
            rows.append((*head, _kind(group, one, place), shape, _bytes(one.place.size), str(one.id), shown(one.path)))
    titles = ("group", "how sure", "file", "pixels", "size", "id", "path")
    write_table([(title, "right" if title in {"group", "pixels", "size", "id"} else "left") for title in titles], rows)
    spare = sum(group.spare for group in groups)
    write(f"{counted(len(groups), 'group')}, {counted(spare, 'file')} more than pictures. Nothing was done to them.")
    freed = _bytes(sum(group.spare_bytes for group in groups))
    write(f"{freed} could be freed if the largest file of each stays; next: pictrace dedupe plan -o plan.json")
    if loose := sum(len(group.loose) for group in groups):
        pairs = counted(loose, "pair")
        tell(f"note: {pairs} across groups would be duplicates too; `--json` names them under `loose`")


def _kind(group: "Group", one: "Member", place: int) -> str:
    from pictrace.words import percent

    if one.reference:
        return "reference"
    return "medoid" if place == 0 and group.is_led_by(one) else f"{one.relation} {percent(one.score)}"


def _bytes(size: int) -> str:
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}"


@dedupe.command()
def decide(
    one: IdArgument,
    other: IdArgument,
    verdict: Annotated[
        RulingName, typer.Argument(metavar="VERDICT", help="`duplicate`, `different`, `alternate` or `both`.")
    ],
    *,
    collection: CollectionOption = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why, for whoever asks later.")] = "",
) -> None:
    """Remember what two pictures are to each other: `duplicate`, `different`, `alternate` or `both` to stay.

    It is kept by the hashes of their contents, and outlives moves, new indexes and the pictures themselves.
    """
    with opened(collection) as target:
        made = target.decide(key_of(one), key_of(other), verdict.value, note=note)
    write(f"Remembered: {made.verdict}.")


@dedupe.command()
def decisions(
    *,
    collection: CollectionOption = None,
    import_: Annotated[
        str | None, typer.Option("--import", metavar="FILE", help="Take decisions from a file, `-` for stdin.")
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="With --import: take those of the file back.")] = False,
) -> None:
    """Write everything that was decided as lines of JSON, or take decisions from such a file."""
    from pictrace.dedupe.decisions import dumped, parsed
    from pictrace.words import counted

    if forget and import_ is None:
        raise UsageError("--forget needs a file that says which", hint="give --import FILE")
    with opened(collection) as target:
        if import_ is None:
            for line in dumped(target.decisions()):
                write(line)
            return
        taken = parsed(_lines(import_))
        (target.undecide if forget else target.take_decisions)(taken)
    tell(f"{'forgot' if forget else 'took'} {counted(len(taken), 'decision')}")


def _lines(path: str) -> list[str]:
    import sys
    from pathlib import Path

    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="name a file of decisions") from error
    return text.split("\n")  # a note may hold other characters that end lines
