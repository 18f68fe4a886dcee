"""Many searches on one page: how each edit of each picture was found again."""

from collections.abc import Sequence
from dataclasses import dataclass

from pictrace import deeds, words
from pictrace.explain import Drawing
from pictrace.report._card import badge
from pictrace.report._figure import Store, pair, picture
from pictrace.report._shell import page, text
from pictrace.results import Match


@dataclass(frozen=True)
class Tile:
    """One search: what was done to the picture, the best match (if any), its name, and the time taken.

    `drawing` is there if a match is; `right` says whether it is the one that should be found.
    """

    title: str
    query_jpeg: bytes
    query_size: tuple[int, int]
    match: Match | None
    name: str
    drawing: Drawing | None
    milliseconds: float
    right: bool


@dataclass(frozen=True)
class Section:
    """All searches with one picture; the picture itself heads its column."""

    title: str
    note: str
    jpeg: bytes
    size: tuple[int, int]
    tiles: Sequence[Tile]


@dataclass(frozen=True)
class Sheet:
    """A contact sheet: a headline, a sentence, figures (label, value), columns, and what else was tried."""

    headline: str
    lead: str
    figures: Sequence[tuple[str, str]]
    columns: Sequence[Section]
    others: Sequence[Section] = ()


def contact_sheet(sheet: Sheet, *, made: str = "") -> str:
    """The page of many searches: a table of scores, edit by picture, and every match below it."""
    store = Store()
    figures = "".join(f"<div><dt>{text(label)}</dt><dd>{text(value)}</dd></div>" for label, value in sheet.figures)
    hero = (
        f'<section class="hero bare"><div><h1>{text(sheet.headline)}</h1>'
        f'<p class="lead">{text(sheet.lead)}</p>'
        f'<dl class="stats">{figures}</dl></div></section>'
    )
    groups = [*sheet.columns, *sheet.others]
    body = hero + _matrix(store, sheet.columns) + "".join(_group(store, one, at) for at, one in enumerate(groups))
    return page(body, store, title="Demonstration · PicTrace", kind="Demonstration", made=made)


def _matrix(store: Store, columns: Sequence[Section]) -> str:
    if not columns:
        return ""
    heads = "".join(
        f'<th scope="col">{picture(store, one.jpeg, one.size, alt=one.title, crop=True)}</th>' for one in columns
    )
    rows = "".join(
        f'<tr><th scope="row">{text(tile.title)}</th>'
        + "".join(_cell(one.tiles[row], f"t{at}-{row}") for at, one in enumerate(columns))
        + "</tr>"
        for row, tile in enumerate(columns[0].tiles)
    )
    seen = {tile.match.relation for one in columns for tile in one.tiles if tile.match is not None}
    legend = "".join(f'<span class="badge {relation}">{relation}</span>' for relation in sorted(seen, reverse=True))
    return (
        '<section class="matrix" aria-label="Scores by edit and picture"><table><thead><tr><td></td>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f'<p class="legend">Relation and probability: {legend} '
        "Each links to its pictures below.</p></section>"
    )


def _cell(tile: Tile, anchor: str) -> str:
    if tile.match is None or not tile.right:
        said = "not found" if tile.match is None else "another"
        return f'<td><a class="cell nothing" href="#{anchor}">{said}</a></td>'
    said = f"{tile.match.relation}, {words.percent(tile.match.score)}"
    return (
        f'<td><a class="cell {tile.match.relation}" href="#{anchor}" title="{said}">'
        f'{words.percent(tile.match.score)}<span class="out"> {tile.match.relation}</span></a></td>'
    )


def _group(store: Store, section: Section, at: int) -> str:
    tiles = "".join(_tile(store, tile, f"t{at}-{row}") for row, tile in enumerate(section.tiles))
    return (
        f'<section class="group"><h2>{text(section.title)}</h2><p>{text(section.note)}</p>'
        f'<div class="sheet">{tiles}</div></section>'
    )


def _tile(store: Store, tile: Tile, anchor: str) -> str:
    if tile.match is None or tile.drawing is None:
        drawn = picture(store, tile.query_jpeg, tile.query_size, alt="The query; nothing was found", css="pair")
        sign, small = '<span class="badge nothing">no match</span>', "Nothing related in the collection."
    else:
        alt = f"The query beside the match, {tile.match.relation}"
        drawn = pair(store, tile.drawing, alt=alt, css="pair", lines=0)
        sign, small = badge(tile.match), _small(tile, tile.match)
    return (
        f'<article class="tile" id="{anchor}"><div class="window">{drawn}</div><div class="words">'
        f'<h3>{text(tile.title)}</h3>{sign}<p class="small">{text(small)}</p></div></article>'
    )


def _small(tile: Tile, match: Match) -> str:
    parts = [words.percent(match.score)] if tile.right else [tile.name, words.percent(match.score)]
    if match.alignment is not None:
        parts.append(deeds.pose(match.alignment))
    return " · ".join([*parts, f"{tile.milliseconds:.0f} ms"])
