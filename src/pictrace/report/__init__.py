"""Results as one self-contained HTML page: to look at, to keep, to send to somebody."""

from collections.abc import Sequence
from dataclasses import dataclass

from pictrace import words
from pictrace.explain import Drawing
from pictrace.report._card import card
from pictrace.report._evaluation import of_evaluation
from pictrace.report._figure import Store, picture, stacked
from pictrace.report._groups import of_groups
from pictrace.report._plan import of_plan
from pictrace.report._sheet import Section, Sheet, Tile, contact_sheet
from pictrace.report._shell import beginning, page, text
from pictrace.results import Answer, Match
from pictrace.types import Level

__all__ = [
    "Query",
    "Section",
    "Sheet",
    "Tile",
    "beginning",
    "contact_sheet",
    "of_evaluation",
    "of_groups",
    "of_pair",
    "of_plan",
    "of_search",
]


@dataclass(frozen=True)
class Query:
    """What was searched with: its name for people, a JPEG to show, and its size in pixels."""

    name: str
    jpeg: bytes
    size: tuple[int, int]


def of_search(answer: Answer, drawings: Sequence[Drawing], query: Query, *, made: str = "") -> str:
    """The page of one search; the first matches have a drawing each, the others are counted."""
    store = Store()
    cards = "".join(
        card(store, match, drawing, number=place, name=match.path or f"picture {match.id}")
        for place, (match, drawing) in enumerate(zip(answer, drawings, strict=False), 1)
    )
    left = len(answer) - min(len(answer), len(drawings))
    more = f'<p class="more">{words.counted(left, "more match", "more matches")} not drawn here.</p>' if left else ""
    body = f'{_hero(store, answer, query)}<section aria-label="Matches">{cards}{more}</section>'
    return page(body, store, title=f"{query.name} · PicTrace", kind="Search", made=made)


def of_pair(
    match: Match, drawing: Drawing, names: tuple[str, str], *, levels: Sequence[Level] = (), made: str = ""
) -> str:
    """The page of one comparison; `names` are those of the query and of the match, `levels` how it was judged."""
    store = Store()
    lead = f'<p class="lead">{text(names[0])} compared with {text(names[1])}.</p>'
    hero = f'<section class="hero bare"><div><h1>{text(words.related(match))}</h1>{lead}</div></section>'
    body = hero + card(store, match, drawing, number=1, name=names[1], levels=levels)
    return page(body, store, title=f"{names[0]} and {names[1]} · PicTrace", kind="Comparison", made=made)


def _hero(store: Store, answer: Answer, query: Query) -> str:
    shape = f"{query.size[0]:,} × {query.size[1]:,} pixels"
    seen = picture(store, query.jpeg, query.size, alt="The picture that was searched for")
    best = answer.matches[0].score if answer.matches else None
    stats = [
        ("searched", words.counted(answer.searched, "picture")),
        ("in all", _time(sum(answer.timings_ms.values()))),
    ]
    if best is not None:
        stats.insert(0, ("best match", words.percent(best)))
    figures = "".join(f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in stats)
    warnings = "".join(f'<p class="warning">{text(warning)}</p>' for warning in answer.warnings)
    return (
        f'<section class="hero"><figure><div class="picture">{seen}</div>'
        f"<figcaption>{text(query.name)} · {shape}</figcaption></figure>"
        f'<div><h1>{text(words.found(answer))}</h1><p class="lead">{text(_thoroughness(answer))}</p>'
        f'<dl class="stats">{figures}</dl>{_stages(answer)}{warnings}</div></section>'
    )


def _thoroughness(answer: Answer) -> str:
    said = words.searched(answer)
    looked = f" Signals that looked: {', '.join(answer.signals)}." if answer.signals else ""
    return f"{said[0].upper()}{said[1:]}.{looked}"


def _stages(answer: Answer) -> str:
    if not answer.timings_ms:
        return ""
    legend = "".join(
        f'<li><i class="o{place % 4}"></i>{text(stage)} {_time(spent)}</li>'
        for place, (stage, spent) in enumerate(answer.timings_ms.items())
    )
    return f'<div class="stages">{stacked(list(answer.timings_ms.values()))}<ul>{legend}</ul></div>'


def _time(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.1f} s" if milliseconds >= 1000 else f"{milliseconds:.3g} ms"
