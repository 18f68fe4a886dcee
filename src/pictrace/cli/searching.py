"""The commands that look for relations: search and compare."""

import dataclasses
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pictrace.cli._console import check_free, key_of, opened, save, tell, write, write_json, write_path, write_table
from pictrace.cli._options import CollectionOption, FilterOption, HtmlOption, JsonOption, ModeName
from pictrace.errors import FetchError, PictureError, SourceUnreadableError, UsageError

if TYPE_CHECKING:
    from pictrace.explain import Drawing
    from pictrace.picture import Picture
    from pictrace.results import Answer, Match
    from pictrace.types import Trace

_DRAWN = 50

ImageArgument = Annotated[
    str,
    typer.Argument(
        metavar="IMAGE", help="A picture's path or URL, `-` for stdin, or `id:42` for one in the collection."
    ),
]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, help="Most matches to show.")]
ScoreOption = Annotated[float, typer.Option("--min-score", min=0, max=1, help="Least probability to show.")]
ModeOption = Annotated[
    ModeName, typer.Option("--mode", help="How far to look; `similar` verifies nothing and is quickest.")
]
RegionOption = Annotated[
    str | None, typer.Option("--region", metavar="X,Y,W,H", help="Search with this part of the picture only.")
]
PathsOption = Annotated[bool, typer.Option("--paths-only", "-f", help="Just the paths, one per line, byte for byte.")]
NulOption = Annotated[bool, typer.Option("-0", help="With --paths-only: end paths with NUL.")]


def search(  # noqa: PLR0913 - one parameter per option
    image: ImageArgument,
    *,
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
    """Find the relatives of a picture: copies, edits, parts, other photographs of the same thing.

    Matches come best first, with the relation, the probability that it holds, where the pictures overlap, and every
    place where the match was seen; places where there is no file any more are marked as vanished.
    """
    from pictrace.cli._places import looked_for

    if as_json and paths_only:
        raise UsageError("--json and --paths-only exclude each other", hint="choose one")
    if nul and not paths_only:
        raise UsageError("-0 says how paths end, and --paths-only is not there", hint="give both")
    _check_page(html)
    part = _region(region)
    with opened(collection) as source:
        query = key_of(image) if image.startswith("id:") else _picture(image, source.settings, whole=part is not None)
        found = source.search(query, limit=limit, min_score=min_score, mode=mode.value, region=part, where=where)
        answer = looked_for(found)
        if html is not None:
            save(html, _page(source, query, part, answer, name=image))
    from pictrace import words

    for warning in answer.warnings:
        tell(f"note: {words.shown(warning)}")
    if as_json:
        for match in answer:
            write_json(match.to_dict())
    elif paths_only:
        for match in answer:
            if match.path is not None:
                write_path(match.path, end=b"\0" if nul else b"\n")
    else:
        _show(answer, is_filtered=where is not None)


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A picture's path or URL, or `-` for stdin.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    *,
    as_json: JsonOption = False,
    html: HtmlOption = None,
) -> None:
    """Say how two pictures are related, wherever they are from; nothing is stored."""
    from pictrace.comparison import compare as judged
    from pictrace.settings import load

    if first == second == "-":
        raise UsageError("only one of the pictures can come from stdin", hint="name a file for the other")
    _check_page(html)
    settings = load()
    pictures = [_picture(one, settings) for one in (first, second)]
    match = dataclasses.replace(judged(*pictures, settings=settings), path=None if second == "-" else second)
    if html is not None:
        from pictrace import explain, report

        drawing = explain.explain(explain.visible(pictures[0]), explain.visible(pictures[1]), match)
        save(html, report.of_pair(match, drawing, (first, second), made=_today()))
    if as_json:
        write_json(match.to_dict())
    else:
        _show_pair(match)


def _check_page(path: str | None) -> None:
    if path is not None:
        from pictrace.report import beginning

        check_free(path, like=beginning())


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


def _picture(path: str, settings: Any, *, whole: bool = False) -> "Picture":
    """The picture of an argument, decoded like any other query, or `whole` for a part to be cut out."""
    from pictrace.comparison import at_hand
    from pictrace.picture import Picture
    from pictrace.tracing import TARGET

    target = 0 if whole else TARGET
    if not path:
        raise UsageError("an empty path names no picture", hint="name a picture's file")
    scheme = re.match(r"([a-z][a-z0-9+.-]+)://", path, re.IGNORECASE)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        raise UsageError(f"{path} is no URL that can be fetched", hint="give http, https, or a file's path")
    if path != "-":
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir fails where nothing may be looked at
            raise SourceUnreadableError(f"{path} is a folder, no picture", hint="`pictrace index` takes folders")
        try:
            return Picture.open(at_hand(path, settings.fetch), limits=settings.limits, target=target)
        except (PictureError, FetchError) as error:
            raise type(error)(f"{path}: {error}", hint=error.hint) from error
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            "`-` reads a picture from stdin, and nothing is piped in", hint="try: pictrace search - < FILE"
        )
    return Picture.open(sys.stdin.buffer, limits=settings.limits, target=target)


def _page(source: Any, query: "Picture | int", part: Any, answer: "Answer", *, name: str) -> str:
    """The report of a search, the first matches drawn."""
    from pictrace import report

    trace = _trace(source, query, part)
    drawings = [_drawing(source, trace, match) for match in answer[:_DRAWN]]
    shown = report.Query("stdin" if name == "-" else name, trace.proxy, (trace.width, trace.height))
    return report.of_search(answer, drawings, shown, made=_today())


def _trace(source: Any, query: "Picture | int", part: Any) -> "Trace":
    from pictrace import explain
    from pictrace.picture import Picture

    if isinstance(query, int) and part is None:
        record = source.get(query)
        return explain.visible(Picture.open(source.proxy(query)), width=record.width, height=record.height)
    whole = source.whole(query)
    return explain.visible(whole if part is None else whole.cut(part))


def _drawing(source: Any, trace: "Trace", match: "Match") -> "Drawing":
    from pictrace import explain
    from pictrace.picture import Picture

    stored = Picture.open(source.proxy(match.id))
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
        columns = (
            ("relation", "left"),
            ("score", "right"),
            ("overlap", "right"),
            ("id", "right"),
            ("path", "left"),
        )
        write_table(columns, [row for match in answer for row in _rows(match)])


def _rows(match: "Match") -> list[Sequence[str]]:
    """One row, and one more for each further place."""
    from pictrace import words

    shape = match.alignment
    overlap = f"{words.percent(shape.query_overlap)} / {words.percent(shape.match_overlap)}" if shape else ""
    first, *others = words.places(match) or [""]
    facts = str(match.relation), words.percent(match.score), overlap, str(match.id)
    return [(*facts, first), *(("", "", "", "", place) for place in others)]


def _show_pair(match: "Match") -> None:
    from pictrace import words

    write(f"{words.related(match)} ({match.relation}, {words.percent(match.score)})")
    if match.alignment is not None:
        laid = words.overlap(match.alignment, ("the first", "the second"))
        write(f"Overlap: {laid}; the first is {words.transform(match.alignment)} to lie on the second.")
    for reason in match.reasons:
        write(f"- {words.shown(reason)}")
    write_table(
        (("measure", "left"), ("value", "right"), ("meaning", "left")),
        [(name, f"{value:.4g}", words.MEANINGS.get(name, "")) for name, value in match.signals.items()],
    )


def _today() -> str:
    from datetime import datetime

    return datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
