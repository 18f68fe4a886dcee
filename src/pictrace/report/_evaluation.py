"""An evaluation as a page: each edit with an example and its shares, and how far scores, order and times hold."""

import math
from collections.abc import Sequence
from itertools import groupby

from pictrace import words
from pictrace.evaluation import AVERAGE_PRECISION, CALIBRATION_ERROR, EditFigures, Evaluation, Figures
from pictrace.report import _plot
from pictrace.report._figure import Store, picture
from pictrace.report._shell import page, text

_COLUMNS = 30
_ALONE = {"pdq": "hash", "embedding": "likeness", "geometry": "geometry", "closer": "closer", "structure": "structure"}
"""Signals that have a column of their own, and its title."""


def of_evaluation(evaluation: Evaluation, name: str, *, made: str = "") -> str:
    """The page of an evaluation of the collection called `name`."""
    store, figures = Store(), evaluation.figures
    body = _hero(figures, name) + _diagrams(evaluation) + _table(store, evaluation) + _notes(figures)
    return page(body, store, title=f"Evaluation of {name} · PicTrace", kind="Evaluation", made=made)


def _hero(figures: Figures, name: str) -> str:
    overall = figures.overall
    stats = [
        ("right one first", words.percent(overall.first)),
        ("called a copy", words.percent(overall.copy)),
        (f"average precision (aim {AVERAGE_PRECISION})", f"{figures.micro_average_precision:.3f}"),
        ("wrong copies", f"{overall.wrong_copies:,} of {overall.trials:,}"),
        ("false alarms", f"{overall.false_alarms:,} of {overall.strangers:,}"),
        (f"calibration error (aim {CALIBRATION_ERROR})", f"{figures.calibration.error:.3f}"),
    ]
    shown = "".join(f"<div><dt>{text(label)}</dt><dd>{text(value)}</dd></div>" for label, value in stats)
    lead = (
        f"{words.counted(figures.drawn, 'picture')} of the collection {words.shown(name)} were edited in "
        f"{words.counted(len(figures.edits), 'way')} each and searched for among "
        f"{words.counted(figures.searched, 'picture')}. {words.counted(figures.strangers, 'stranger')}, left out of "
        f"the search, were edited too: whatever is called a copy of them is a false alarm."
    )
    many = words.counted(overall.trials, "edited copy", "edited copies")
    headline = f"{words.percent(overall.copy)} of {many} found and called what they are"
    return (
        f'<section class="hero bare"><div><h1>{text(headline)}</h1><p class="lead">{text(lead)}</p>'
        f'<dl class="stats">{shown}</dl></div></section>'
    )


def _diagrams(evaluation: Evaluation) -> str:
    figures = evaluation.figures
    times = [trial.milliseconds for trial in evaluation.trials]
    said = ", ".join(f"{share:.3f} at precision {at}" for at, share in figures.recall_at_precision.items())
    parts = (
        ("Found and right", _precision(figures), f"All claims, the surest first. Recall {said}."),
        (
            "Scores kept",
            _reliability(figures),
            f"What was called a copy: on the line, 90 % means 9 of 10. Off it by {_off(figures)} on average.",
        ),
        ("Time of a search", _latency(figures, times), _times(figures)),
    )
    return (
        '<section class="plots" aria-label="Diagrams">'
        + "".join(
            f"<figure><h2>{title}</h2>{drawn}<figcaption>{text(caption)}</figcaption></figure>"
            for title, drawn, caption in parts
        )
        + "</section>"
    )


def _off(figures: Figures) -> str:
    return f"{100 * figures.calibration.error:.1f} percentage points"


def _precision(figures: Figures) -> str:
    points = [(recall, precision) for _, precision, recall in figures.curve]
    least = min((precision for _, precision in points), default=1.0)
    across, up = _plot.shares("found, % of all"), _plot.shares("right, %", 0.0 if least < 0.5 else 0.5)
    first = [(0.0, points[0][1])] if points else []
    alt = f"Precision over recall; the area under it is {figures.micro_average_precision:.3f}"
    return _plot.plot(across, up, [_plot.line(across, up, first + points)], alt=alt)


def _reliability(figures: Figures) -> str:
    across, up = _plot.shares("score, %"), _plot.shares("true, %")
    most = max((one.count for one in figures.calibration.bins), default=1)
    spots = [
        (one.said, one.held, 3 + 7 * math.sqrt(one.count / most),
         f"{words.counted(one.count, 'match', 'matches')}: said {one.said:.1%}, true {one.held:.1%}")
        for one in figures.calibration.bins
    ]  # fmt: skip
    ideal = _plot.line(across, up, [(0.0, 0.0), (1.0, 1.0)], css="ideal")
    alt = f"Share of true matches over their score; the calibration error is {figures.calibration.error:.3f}"
    return _plot.plot(across, up, [ideal, _plot.dots(across, up, spots)], alt=alt)


def _latency(figures: Figures, times: Sequence[float]) -> str:
    most = max(figures.latency_ms.get("p99", 1.0) * 1.15, 1.0)
    across = _plot.counts("ms", most)
    width = across.high / _COLUMNS
    heights = [0] * _COLUMNS
    for spent in times:
        heights[min(_COLUMNS - 1, int(spent / width))] += 1
    up = _plot.counts("searches", max(heights))
    bins = [(place * width, (place + 1) * width, float(height)) for place, height in enumerate(heights) if height]
    middle = figures.latency_ms.get("p50", 0.0)
    drawn = [_plot.columns(across, up, bins), _plot.upright(across, middle, f"half within {middle:.0f} ms")]
    return _plot.plot(across, up, drawn, alt=f"How long searches took; half of them at most {middle:.0f} ms")


def _times(figures: Figures) -> str:
    said = ", ".join(f"{name[1:]}\u00a0% within {value:.0f}\u00a0ms" for name, value in figures.latency_ms.items())
    return f"{said}."


def _table(store: Store, evaluation: Evaluation) -> str:
    edits = evaluation.figures.edits
    signals = [name for name in _ALONE if any(name in edit.signals for edit in edits)]
    heads = "".join(f'<th scope="col" class="number">{_ALONE[name]}</th>' for name in signals)
    rows = "".join(
        f'<tr class="family"><th scope="rowgroup" colspan="{7 + len(signals)}">{text(family)}</th></tr>'
        + "".join(_row(store, evaluation, edit, signals) for edit in members)
        for family, members in groupby(edits, key=lambda edit: edit.family)
    )
    return (
        '<section class="edits" aria-label="Edit by edit"><h2>Edit by edit</h2>'
        "<p>The bar is the share that was called a copy with a score that at most one wrong claim in 1,000 reaches; "
        "the pale part behind it had the right picture first; the tick is what is aimed at. "
        "On the right, what each signal alone would have supported.</p>"
        '<div class="wide"><table><thead><tr><td></td><th scope="col">edit</th><th scope="col">certain</th>'
        '<th scope="col" class="number">first</th><th scope="col" class="number">copy</th>'
        f'<th scope="col" class="number">wrong</th>{heads}<th scope="col" class="number">ms</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _row(store: Store, evaluation: Evaluation, edit: EditFigures, signals: Sequence[str]) -> str:
    data, size = evaluation.examples[edit.name]
    counts = edit.counts
    wrong = counts.wrong_copies + counts.false_alarms
    alone = "".join(_alone(edit.signals.get(name, 0.0)) for name in signals)
    state = {True: "met", False: "missed", None: ""}[edit.is_met]
    return (
        f'<tr class="{state}"><td class="example">{picture(store, data, size, alt=edit.says)}</td>'
        f'<th scope="row">{text(edit.name)}<span>{text(edit.says)}</span></th>'
        f'<td class="certain">{_bullet(edit)}<b>{words.percent(counts.certain)}</b>{_aim(edit)}</td>'
        f'<td class="number">{words.percent(counts.first)}</td><td class="number">{words.percent(counts.copy)}</td>'
        f'<td class="number{" bad" if wrong else ""}">{wrong or "–"}</td>{alone}'
        f'<td class="number">{edit.median_ms:.0f}</td></tr>'
    )


def _bullet(edit: EditFigures) -> str:
    tick = "" if edit.bar is None else f'<rect class="tick" x="{100 * edit.bar - 0.5:.1f}" width="1" height="14"/>'
    return (
        '<svg class="bullet" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="ground" y="3" width="100" height="8"/>'
        f'<rect class="pale" y="3" width="{100 * edit.counts.first:.1f}" height="8"/>'
        f'<rect class="full" y="3" width="{100 * edit.counts.certain:.1f}" height="8"/>{tick}</svg>'
    )


def _aim(edit: EditFigures) -> str:
    if edit.bar is None:
        return ""
    return f"<span>{'aim' if edit.is_met else 'misses'} {words.percent(edit.bar)}</span>"


def _alone(share: float) -> str:
    strength = round(4 * share)
    return f'<td class="number"><span class="heat h{strength}">{100 * share:.0f}</span></td>'


def _notes(figures: Figures) -> str:
    facts = [
        f"Index {one.encoder}: {one.recall_at_10:.3f} of the ten nearest rows found in "
        f"{words.counted(one.queries, 'query', 'queries')}, "
        f"{'every row compared' if one.exhaustive else 'measured against comparing every row'}."
        for one in figures.neighbours
    ]
    if figures.peak_memory_bytes:
        facts.append(f"At most {figures.peak_memory_bytes / 1e6:,.0f} MB of memory, the evaluation's own included.")
    if figures.from_proxies:
        many = words.counted(figures.from_proxies, "picture")
        facts.append(f"{many} could not be read where they were; their previews of 512 pixels were edited.")
    if figures.relatives:
        pairs = words.counted(len(figures.relatives), "picture")
        facts.append(
            f"{pairs} are called copies or scenes of drawn ones as they are, and count as neither right nor wrong."
        )
    facts.append(f"All of it took {figures.seconds:.0f} s.")
    listed = "".join(f"<li>{text(one)}</li>" for one in facts)
    return f'<section class="group"><h2>What else was measured</h2><ul>{listed}</ul></section>'
