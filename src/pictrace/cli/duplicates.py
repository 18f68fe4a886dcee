"""The commands that find duplicates and remember what is decided of them: dedupe find, decide and decisions."""

import contextlib
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pictrace.cli._console import check_free, key_of, opened, save, tell, write, write_json
from pictrace.cli._deeds import warn_of_idle
from pictrace.cli._groups import SortName, ordered, show
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
    from pictrace.duplicates.finding import Heard
    from pictrace.duplicates.groups import Group

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
    sort: Annotated[
        SortName, typer.Option("--sort", help="What comes first: the surest, what frees most, or most files.")
    ] = SortName.SCORE,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", metavar="N", min=1, help="Tell of the first N groups only.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No table and no progress, only what it comes to.")] = (
        False
    ),
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
        heard = stack.enter_context(_watched(quiet=quiet))
        found = source.duplicates(
            relation.value,
            min_score=min_score,
            where=where,
            references=folders(reference),
            against=other,
            heard=heard,
        )
        warn_of_idle(source, references=reference or ())
        everything = ordered(found, sort.value)
        groups = everything[:limit]
        if html is not None:
            save(html, _page(groups, {"": source, str(other.path) if other else "-": other}))
    if csv is not None:
        save(csv, _table(groups))
    if as_json:
        for group in groups:
            write_json(group.to_dict())
    else:
        show(everything, most=limit, quiet=quiet)


def _check(csv: str | None, html: str | None) -> None:
    from pictrace.cli._pictures import check_page

    check_page(html)
    check_free(csv, like=_HEAD)
    if csv is not None and csv == html:
        raise UsageError("the table and the page cannot be one file", hint="name two files")


@contextlib.contextmanager
def _watched(*, quiet: bool) -> Iterator["Heard"]:
    """Progress in steps, two for each picture: its neighbours are known, then it has its place."""
    from pictrace.cli._progress import progress
    from pictrace.duplicates.finding import Heard

    with progress(quiet=quiet, things=("step", "steps")) as watcher:

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
    from pictrace.decisions import dumped, parsed
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
