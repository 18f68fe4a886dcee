"""Arguments and options that several commands share."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pictrace.errors import UsageError

CollectionOption = Annotated[
    str | None,
    typer.Option(
        "--collection",
        "-c",
        metavar="COLLECTION",
        help="The collection's folder; by default PICTRACE_COLLECTION, else one of the user's own.",
    ),
]
ImageArgument = Annotated[
    str,
    typer.Argument(
        metavar="IMAGE", help="A picture's path or URL, `-` for stdin, or `id:42` for one in the collection."
    ),
]
QueryArgument = Annotated[
    str,
    typer.Argument(
        metavar="QUERY",
        help="A picture's path or URL, `-` for stdin, or `id:42` for one in the collection; where an encoder of the "
        "collection reads words, anything else is words.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON, one object per line.")]
HtmlOption = Annotated[
    str | None,
    typer.Option("--html", metavar="FILE", help="Also write a page with the pictures and the proof."),
]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="An id, as `list` and `search` show it.")]

FilterOption = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="EXPR",
        help="Only pictures that meet a condition such as `width >= 1000`; see docs/filters.md.",
    ),
]


class RelationName(StrEnum):
    """What counts as a duplicate."""

    EXACT = "exact"
    COPY = "copy"
    SCENE = "scene"
    SIMILAR = "similar"


RelationOption = Annotated[
    RelationName,
    typer.Option("--relation", "-r", help="The weakest relation that counts: same bytes or pixels, edited copies, …"),
]
ScoreOption = Annotated[float, typer.Option("--min-score", min=0, max=1, help="Least probability of a link.")]
ReferenceOption = Annotated[
    list[str] | None,
    typer.Option("--reference", metavar="DIR", help="Files below are compared against, never acted on. Repeatable."),
]
AgainstOption = Annotated[
    str | None,
    typer.Option(
        "--against", metavar="COLLECTION", help="Find what is there in another collection too; the files there stay."
    ),
]


class OrderName(StrEnum):
    """What comes first in a list."""

    OLDEST = "oldest"
    NEWEST = "newest"
    SMALLEST = "smallest"
    LARGEST = "largest"
    LIGHTEST = "lightest"
    HEAVIEST = "heaviest"


class ModeName(StrEnum):
    """How far a search looks."""

    AUTO = "auto"
    EXACT = "exact"
    COPY = "copy"
    SIMILAR = "similar"
    TEXT = "text"


def folders(named: Sequence[str] | None) -> tuple[str, ...]:
    """The folders as they were named; one that is not there is refused, for it would protect nothing."""
    from pictrace.words import shown

    for one in named or ():
        if "://" not in one and not Path(one).exists():
            raise UsageError(f"nothing is at {shown(one)}", hint="name a folder that is there, or mount its disk")
    return tuple(named or ())
