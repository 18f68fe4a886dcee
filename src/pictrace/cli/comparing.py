"""The commands that say how two pictures are related, and why: compare and explain."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pictrace.cli._console import key_of, opened, save, write, write_json, write_table
from pictrace.cli._options import CollectionOption, HtmlOption, IdArgument, JsonOption, QueryArgument
from pictrace.cli._pictures import check_page, named, picture_of, today
from pictrace.cli._queries import PLACES, query_of
from pictrace.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pictrace.blending import Described
    from pictrace.comparison import Pair
    from pictrace.results import Change, Match
    from pictrace.types import Level

_NAMES = ("the first", "the second")


def compare(
    first: Annotated[
        str, typer.Argument(metavar="A", help="A picture's path or URL, `-` for stdin, or `id:42` for a stored one.")
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    *,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
    html: HtmlOption = None,
) -> None:
    """Say how two pictures are related, what was done to them, and which threshold decided; nothing is stored.

    They may be from anywhere; where one is given as `id:42`, both are looked at as that collection looks at pictures.
    """
    if first == second == "-":
        raise UsageError("only one of the pictures can come from stdin", hint="name a file for the other")
    check_page(html)
    pair, names = _pair(first, second, collection)
    _save(html, pair, names)
    if as_json:
        write_json(pair.to_dict())
    else:
        _show(pair.match, pair.levels)


def explain(
    query: QueryArgument,
    identifier: IdArgument,
    *,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
    html: HtmlOption = None,
) -> None:
    """Say why a search finds a picture of the collection, or does not: how it comes to it, and what it sees there."""
    from pictrace.blends import Words

    check_page(html)
    key = key_of(identifier)
    with opened(collection) as source:
        asked = query_of(query, source)
        if isinstance(asked, Words):
            _describe(source.explain_words(asked, key), as_json=as_json)
            return
        told = source.explain(asked, key)
        _save(html, told.pair, (named(query, source), named(f"id:{key}", source)))
    if as_json:
        write_json(told.to_dict())
        return
    from pictrace import words

    write(told.found.says(told.pair.match.relation))
    write_table(
        (("looked for by", "left"), ("distance", "right"), ("place", "right")),
        [
            (near.encoder, words.measured(near.distance), "beyond 1,000" if near.place is None else f"{near.place:,}")
            for near in told.found.nearest
        ],
    )
    write("")
    _show(told.pair.match, told.pair.levels)


def _describe(told: "Described", *, as_json: bool) -> None:
    """How near a picture is to words."""
    from pictrace import words

    if as_json:
        write_json(told.to_dict())
        return
    for reading in told.readings:
        write(f"To {reading.encoder} {words.read(reading.measures)}.")
    # Of scores that nobody has measured only the order is of use.
    scored = [("score", "right")] if told.calibrated else []
    columns = (("read by", "left"), ("cosine", "right"), *scored, ("place", "right"))
    rows = [
        (
            one.encoder,
            words.measured(one.cosine),
            *([words.percent(one.score)] if told.calibrated else []),
            "beyond 100" if one.place is None else f"{one.place}",
        )
        for one in told.readings
    ]
    write_table(columns, rows)
    if not told.calibrated:
        write(f"note: {PLACES}")


def _pair(first: str, second: str, collection: str | None) -> tuple["Pair", tuple[str, str]]:
    """Both pictures compared, and their names for people."""
    from dataclasses import replace

    from pictrace.comparison import beside
    from pictrace.settings import load

    if first.startswith("id:") or second.startswith("id:"):
        with opened(collection) as source:
            sides = [_side(one, source.settings) for one in (first, second)]
            pair = beside(*sides, settings=source.settings, answered=source.answered)
            names = named(first, source), named(second, source)
    else:
        settings = load()
        pair, names = (
            beside(*(picture_of(one, settings) for one in (first, second)), settings=settings),
            (first, second),
        )
    is_file = second != "-" and not second.startswith("id:")
    return (replace(pair, match=replace(pair.match, path=second)) if is_file else pair), names


def _save(path: str | None, pair: "Pair", names: tuple[str, str]) -> None:
    if path is not None:
        from pictrace import report

        save(path, report.of_pair(pair.match, pair.drawing, names, levels=pair.levels, made=today()))


def _side(name: str, settings: Any) -> Any:
    return key_of(name) if name.startswith("id:") else picture_of(name, settings)


def _show(match: "Match", levels: "Sequence[Level]") -> None:
    from pictrace import deeds, words

    write(f"{words.related(match)} ({match.relation}, {words.percent(match.score)})")
    if match.alignment is not None:
        laid = deeds.overlap(match.alignment, _NAMES)
        write(f"Overlap: {laid}; beside the second, the first is {deeds.pose(match.alignment)}.")
    for reason in match.reasons:
        write(f"- {words.shown(reason)}")
    _show_changes(match.changes)
    _show_levels(levels)
    write_table(
        (("measure", "left"), ("value", "right"), ("meaning", "left")),
        [(name, words.measured(value), words.MEANINGS.get(name, "")) for name, value in match.signals.items()],
    )


def _show_changes(changes: "Sequence[Change]") -> None:
    from pictrace import deeds

    if changes:
        write("What was done, as if the first had been made of the second:")
        for change in changes:
            write(f"- {deeds.told(change, _NAMES)}")


def _show_levels(levels: "Sequence[Level]") -> None:
    from pictrace import deeds, words

    if not levels:
        return
    write(deeds.decided(levels))
    write_table(
        (("relation", "left"), ("probability", "right"), ("needed", "right"), ("for", "left"), ("against", "left")),
        [
            (
                str(level.relation),
                words.percent(level.probability) if level.speaks_for else "-",
                words.percent(level.threshold),
                level.speaks_for or "nothing",
                level.speaks_against or "nothing",
            )
            for level in levels
        ],
    )
    for line in deeds.spoken(levels):
        write(line)
    write("")
