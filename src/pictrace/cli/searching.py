"""The command that looks for relatives: search."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pictrace.cli._console import key_of, opened, save, tell, write, write_json, write_path, write_table
from pictrace.cli._options import CollectionOption, FilterOption, HtmlOption, JsonOption, ModeName, QueryArgument
from pictrace.cli._pictures import check_page, named, picture_of, today
from pictrace.cli._queries import PLACES, query_of
from pictrace.errors import UsageError

if TYPE_CHECKING:
    from pictrace.explain import Drawing
    from pictrace.picture import Picture
    from pictrace.results import Answer, Match
    from pictrace.types import Trace

_DRAWN = 50

LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, help="Most matches to show.")]
ScoreOption = Annotated[float, typer.Option("--min-score", min=0, max=1, help="Least probability to show.")]
ModeOption = Annotated[
    ModeName,
    typer.Option(
        "--mode", help="How far to look; `similar` verifies nothing and is quickest, `text` takes the query for words."
    ),
]
PlusOption = Annotated[
    list[str] | None,
    typer.Option("--plus", metavar="QUERY", help="Another picture, or words, to search with too. Repeatable."),
]
MinusOption = Annotated[
    list[str] | None,
    typer.Option("--minus", metavar="QUERY", help="A picture, or words, of what is not wanted. Repeatable."),
]
RegionOption = Annotated[
    str | None, typer.Option("--region", metavar="X,Y,W,H", help="Search with this part of the picture only.")
]
PathsOption = Annotated[bool, typer.Option("--paths-only", "-f", help="Just the paths, one per line, byte for byte.")]
NulOption = Annotated[bool, typer.Option("-0", help="With --paths-only: end paths with NUL.")]


def search(  # noqa: PLR0913 - one parameter per option
    query: QueryArgument,
    *,
    plus: PlusOption = None,
    minus: MinusOption = None,
    collection: CollectionOption = None,
    limit: LimitOption = 10,
    min_score: ScoreOption = 0.0,
    mode: ModeOption = ModeName.AUTO,
    region: RegionOption = None,
    where: FilterOption = None,
    as_json: JsonOption = False,
    paths_only: PathsOption = False,
    nul: NulOption = False,
    html: HtmlOption = None,
) -> None:
    """Find the relatives of a picture: copies, edits, parts, other photographs of the same thing; or find by words.

    Matches come best first, with the relation, the probability that it holds, where the pictures overlap, every place
    where the match was seen, and in brackets what was done to the picture; places where there is no file any more are
    marked as vanished. Words, and mixtures with --plus and --minus, find what comes nearest and prove nothing;
    `2*red` counts twice.
    """
    from pictrace.cli._places import looked_for

    if as_json and paths_only:
        raise UsageError("--json and --paths-only exclude each other", hint="choose one")
    if nul and not paths_only:
        raise UsageError("-0 says how paths end, and --paths-only is not there", hint="give both")
    check_page(html)
    part = _region(region)
    is_words = mode is ModeName.TEXT
    how = "auto" if is_words else mode.value
    asked: Any
    with opened(collection) as source:
        if part is None or is_words or plus or minus:
            asked = query_of(query, source, plus=plus or (), minus=minus or (), is_words=is_words)
        else:
            asked = key_of(query) if query.startswith("id:") else picture_of(query, source.settings, whole=True)
        _check_drawable(asked, html)
        found = source.search(asked, limit=limit, min_score=min_score, mode=how, region=part, where=where)
        answer = looked_for(found)
        if html is not None:
            save(html, _page(source, asked, part, answer, name=query))
    _warn(answer, is_table=not as_json and not paths_only)
    if as_json:
        for match in answer:
            write_json(match.to_dict())
    elif paths_only:
        _write_paths(answer, end=b"\0" if nul else b"\n")
    else:
        _show(answer, is_filtered=where is not None)


def _warn(answer: "Answer", *, is_table: bool) -> None:
    from pictrace import words

    for warning in answer.warnings:
        said = PLACES if is_table and warning == words.UNCALIBRATED else warning
        tell(f"note: {words.shown(said)}")


def _write_paths(answer: "Answer", *, end: bytes) -> None:
    for match in answer:
        if match.path is not None:
            write_path(match.path, end=end)


def _region(text: str | None) -> tuple[int, int, int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*", text, re.ASCII)
    if found is None:
        raise UsageError(
            f"{text!r} is no region", hint="--region takes x,y,width,height in pixels, as in 10,20,300,200"
        )
    x, y, width, height = (int(number) for number in found.groups())
    return x, y, width, height


def _check_drawable(asked: Any, html: str | None) -> None:
    from pictrace.blends import Blend, Words

    if html is not None and isinstance(asked, Words | Blend):
        raise UsageError("--html draws a picture beside its matches, and words have none", hint="leave it out")


def _page(source: Any, query: "Picture | int", part: Any, answer: "Answer", *, name: str) -> str:
    """The report of a search, the first matches drawn."""
    from pictrace import report

    trace = _trace(source, query, part)
    drawings = [_drawing(source, trace, match) for match in answer[:_DRAWN]]
    shown = report.Query(named(name, source), trace.proxy, (trace.width, trace.height))
    return report.of_search(answer, drawings, shown, made=today())


def _trace(source: Any, query: "Picture | int", part: Any) -> "Trace":
    from pictrace import explain
    from pictrace.picture import Picture

    if isinstance(query, int) and part is None:
        record = source.get(query)
        return explain.visible(Picture.of_proxy(source.proxy(query)), width=record.width, height=record.height)
    whole = source.whole(query)
    return explain.visible(whole if part is None else whole.cut(part))


def _drawing(source: Any, trace: "Trace", match: "Match") -> "Drawing":
    from pictrace import explain
    from pictrace.picture import Picture

    stored = Picture.of_proxy(source.proxy(match.id))
    return explain.explain(trace, explain.visible(stored, width=match.width, height=match.height), match)


def _show(answer: "Answer", *, is_filtered: bool = False) -> None:
    from pictrace import words

    if is_filtered and not answer.searched:
        write("No picture meets the filter.")
        return
    took = sum(answer.timings_ms.values())
    thorough = words.searched(answer)
    write(f"{words.found(answer)} {thorough[0].upper()}{thorough[1:]}; {took:.0f} ms.")
    if answer:
        is_ordered = words.UNCALIBRATED in answer.warnings
        columns = (
            ("relation", "left"),
            ("place" if is_ordered else "score", "right"),
            ("overlap", "right"),
            ("id", "right"),
            ("path", "left"),
        )
        places = range(1, len(answer) + 1) if is_ordered else [0] * len(answer)
        write_table(columns, [row for match, place in zip(answer, places, strict=True) for row in _rows(match, place)])


def _rows(match: "Match", place: int) -> list[Sequence[str]]:
    """One row, one more for each further place, and one for what was done to the picture; `place` is 0 where the score
    is told.
    """
    from pictrace import deeds, words

    shape = match.alignment
    overlap = f"{words.percent(shape.query_overlap)} / {words.percent(shape.match_overlap)}" if shape else ""
    first, *others = words.places(match) or [""]
    facts = str(match.relation), f"{place}" if place else words.percent(match.score), overlap, str(match.id)
    done = deeds.briefly(match.changes)
    below = [*others, *([f"({done})"] if done else [])]
    return [(*facts, first), *(("", "", "", "", line) for line in below)]
