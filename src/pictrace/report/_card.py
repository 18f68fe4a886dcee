"""One match as a card: both pictures, where they overlap, how sure, and why."""

from collections.abc import Mapping, Sequence

from pictrace import deeds, words
from pictrace.explain import Drawing
from pictrace.report._figure import LINES, Store, bar, overlay, pair
from pictrace.report._shell import text
from pictrace.results import Match
from pictrace.types import Alignment, Level


def card(
    store: Store, match: Match, drawing: Drawing | None, *, number: int, name: str, levels: Sequence[Level] = ()
) -> str:
    """A match's card; `number` is its place in the page, `name` its path or title, `levels` how it was judged."""
    parts = [_header(match, name), f'<p class="say">{text(_sentence(match))}</p>']
    if drawing is not None:
        parts.append(_views(store, match, drawing, number))
    parts.append(_facts(match, levels))
    return f'<article class="card {match.relation}" id="m{number}">{"".join(parts)}</article>'


def badge(match: Match) -> str:
    """The relation as a coloured word."""
    return f'<span class="badge {match.relation}">{match.relation}</span>'


def title(name: str) -> str:
    """A path with its folders dimmed."""
    folder, slash, file = words.shown(name).rpartition("/")
    return f'<span class="dim">{text(folder + slash)}</span>{text(file)}'


def _header(match: Match, name: str) -> str:
    facts = [f"{match.width:,} × {match.height:,} pixels"]
    if match.id is not None:
        facts.append(f"id {match.id}")
    if match.path in match.vanished:
        facts.append(words.VANISHED)
    return (
        f'<header><div class="who"><h2 class="file">{title(name)}</h2>'
        f'<p class="sub">{text(" · ".join(facts))}</p>{_others(match)}</div>{badge(match)}'
        f'<div class="score"><b>{words.percent(match.score)}</b>{bar(match.score)}</div></header>'
    )


def _others(match: Match) -> str:
    """The further places where the picture was seen."""
    others = "".join(f"<li>{text(place)}</li>" for place in words.places(match)[1:])
    return f'<ul class="places" aria-label="Other places">{others}</ul>' if others else ""


def _sentence(match: Match) -> str:
    if match.alignment is None:
        return words.related(match)
    laid, posed = deeds.overlap(match.alignment), deeds.pose(match.alignment)
    where = f"{laid[0].upper()}{laid[1:]}"
    how = f" Beside the match, the query is {posed}." if posed != "in place" else ""
    return f"{words.related(match)} {where}.{how}"


def _views(store: Store, match: Match, drawing: Drawing, number: int) -> str:
    # The number that the reasons say, also where fewer places were found again in the proxies.
    many = max(len(drawing.lines), int(match.signals.get("inliers", 0)))
    joined = min(LINES, len(drawing.lines))
    agree = f"; {words.counted(many, 'place')} agree, lines join {joined} of them" if joined > 1 else ""
    caption = alt = f"The query first, then the match{agree}."
    said = f"<figcaption>{text(caption)}</figcaption>"
    wide = pair(store, drawing, alt=alt, css="wide")
    both = wide + pair(store, drawing, alt=alt, css="tall", upright=True) + said
    if not drawing.aligned_webp:
        return f'<div class="views"><figure class="panel only">{both}</figure></div>'
    return (
        f'<div class="views" role="group" aria-label="Views of the match">{_tabs(number)}'
        f'<figure class="panel p1">{both}</figure>'
        f'<figure class="panel p2">{overlay(store, drawing, f"c{number}")}'
        '<input class="wipe" type="range" value="50" aria-label="How much of the query to show" hidden>'
        "<figcaption>The query, moved into place, on the left; the match on the right.</figcaption></figure>"
        f'<figure class="panel p3">{_difference(store, drawing)}<figcaption>Where they differ once aligned, '
        f"brightness and contrast evened out: the same {_SCALE} different</figcaption></figure></div>"
    )


def _tabs(number: int) -> str:
    """Radio buttons that style sheets alone can follow, and their labels."""
    names = ("Places that agree", "Laid over", "Difference")
    inputs = "".join(
        f'<input type="radio" class="v{place}" id="v{number}-{place}" name="v{number}"{" checked" * (place == 1)}>'
        for place in (1, 2, 3)
    )
    labels = "".join(
        f'<label class="l{place}" for="v{number}-{place}">{label}</label>' for place, label in enumerate(names, 1)
    )
    return f'{inputs}<div class="tabs">{labels}</div>'


_SCALE = (
    '<svg class="scale" viewBox="0 0 8 1" preserveAspectRatio="none" aria-hidden="true">'
    + "".join(
        f'<rect x="{place}" width="1.05" height="1" fill="{colour}"/>'
        for place, colour in enumerate(
            ("#000004", "#210c4a", "#56106e", "#8a226a", "#bb3754", "#e35933", "#f98e09", "#fcffa4")
        )
    )
    + "</svg>"
)
"""The inferno colours of the difference, https://bids.github.io/colormap/."""


def _difference(store: Store, drawing: Drawing) -> str:
    width, height = drawing.match_size
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="Map of the differences">'
        f"{store.put(drawing.difference_webp, drawing.match_size)}</svg>"
    )


def _facts(match: Match, levels: Sequence[Level]) -> str:
    where = _where(match.alignment) if match.alignment else ""
    done = _listed("What was done", [deeds.told(change) for change in match.changes])
    why = _listed("Why", [*match.reasons, *([deeds.decided(levels)] if levels else [])])
    told = f"{where}{done}{why}{_levels(levels)}{_measures(match.signals)}"
    return f'<div class="facts">{told}</div>' if told else ""


def _listed(heading: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    return f'<div><h3>{heading}</h3><ul class="reasons">{items}</ul></div>' if items else ""


def _levels(levels: Sequence[Level]) -> str:
    """Every relation with its probability and what is needed, and the signals that speak loudest."""
    rows = "".join(
        f'<tr><th scope="row">{level.relation}</th><td class="number">{_chance(level)}</td>'
        f'<td class="number">{words.percent(level.threshold)}</td><td>{level.speaks_for or "nothing"}</td>'
        f"<td>{level.speaks_against or 'nothing'}</td></tr>"
        for level in levels
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Relation", "Probability", "Needed", "For", "Against"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    said = "".join(f"<li>{text(line)}</li>" for line in deeds.spoken(levels))
    return f'<details><summary>All thresholds</summary>{table}<ul class="reasons">{said}</ul></details>' if rows else ""


def _chance(level: Level) -> str:
    return words.percent(level.probability) if level.speaks_for else "–"


def _where(alignment: Alignment) -> str:
    rows = "".join(
        f"<dt>{label}</dt>{bar(share)}<dd>{words.percent(share)}</dd>"
        for label, share in (
            ("Of the query", alignment.query_overlap),
            ("Of the match", alignment.match_overlap),
        )
    )
    rows += f'<dt>The query is</dt><dd class="wide">{text(deeds.pose(alignment))}</dd>'
    return f'<div><h3>Overlap</h3><dl class="shares">{rows}</dl></div>'


def _measures(signals: Mapping[str, float]) -> str:
    if not signals:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{text(name)}</th><td class="number">{words.measured(value)}</td>'
        f'<td class="note">{text(words.MEANINGS.get(name, ""))}</td></tr>'
        for name, value in signals.items()
    )
    return f"<details><summary>All measures</summary><table>{rows}</table></details>"
