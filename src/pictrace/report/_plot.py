"""Small diagrams as SVG: lines, points and columns over labelled axes, coloured by the page's style sheet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 360, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 12, 40

Point = tuple[float, float]


@dataclass(frozen=True)
class Axis:
    """One axis: what it measures, from where to where, and the marks along it with their words."""

    title: str
    low: float
    high: float
    marks: Sequence[tuple[float, str]]

    def along(self, value: float) -> float:
        """A value's place between both ends, 0 to 1."""
        return min(1.0, max(0.0, (value - self.low) / ((self.high - self.low) or 1.0)))


def shares(title: str, low: float = 0.0) -> Axis:
    """An axis of shares from `low` to 1, in per cent."""
    step = 0.2 if low < 0.5 else (0.1 if low < 0.8 else 0.05)
    many = round((1 - low) / step)
    marks = [(low + place * step, f"{100 * (low + place * step):.0f}") for place in range(many + 1)]
    return Axis(title, low, 1.0, marks)


def counts(title: str, most: float) -> Axis:
    """An axis from 0 to `most` or a little more, with three to six round marks."""
    step = 10 ** math.floor(math.log10(max(1.0, most)))
    step = next(width for width in (step / 5, step / 2, step, 2 * step, 5 * step) if most / width <= 5)
    step = max(1.0, step)
    many = max(1, math.ceil(most / step))
    return Axis(title, 0.0, many * step, [(place * step, f"{place * step:,.0f}") for place in range(many + 1)])


def plot(across: Axis, up: Axis, drawn: Sequence[str], *, alt: str) -> str:
    """A diagram of what was drawn over two axes; `alt` says in words what it shows."""
    grid = "".join(
        f'<path class="grid" d="M{_LEFT} {_y(up, value):.1f}H{_WIDTH - _RIGHT}"/>'
        f'<text class="mark-y" x="{_LEFT - 6}" y="{_y(up, value) + 4:.1f}">{escape(words)}</text>'
        for value, words in up.marks
    )
    below = "".join(
        f'<text class="mark-x" x="{_x(across, value):.1f}" y="{_HEIGHT - _BOTTOM + 16}">{escape(words)}</text>'
        for value, words in across.marks
    )
    titles = (
        f'<text class="axis" x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 6}">{escape(across.title)}</text>'
        f'<text class="axis" transform="translate(11 {(_TOP + _HEIGHT - _BOTTOM) / 2}) rotate(-90)">'
        f"{escape(up.title)}</text>"
    )
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(alt)}">'
        f"{grid}{below}{titles}{''.join(drawn)}</svg>"
    )


def line(across: Axis, up: Axis, points: Sequence[Point], *, css: str = "curve") -> str:
    """A line through points in their order."""
    path = "L".join(f"{_x(across, x):.1f} {_y(up, y):.1f}" for x, y in points)
    return f'<path class="{css}" d="M{path}"/>' if points else ""


def dots(across: Axis, up: Axis, points: Sequence[tuple[float, float, float, str]]) -> str:
    """Points with a radius in pixels each, and words that show when one points at them."""
    return "".join(
        f'<circle class="spot" cx="{_x(across, x):.1f}" cy="{_y(up, y):.1f}" r="{radius:.1f}">'
        f"<title>{escape(words)}</title></circle>"
        for x, y, radius, words in points
    )


def columns(across: Axis, up: Axis, bins: Sequence[tuple[float, float, float]]) -> str:
    """A column for each (from, to, height)."""
    return "".join(
        f'<rect class="column" x="{_x(across, low) + 0.5:.1f}" y="{_y(up, height):.1f}" '
        f'width="{max(0.5, _x(across, high) - _x(across, low) - 1):.1f}" '
        f'height="{_HEIGHT - _BOTTOM - _y(up, height):.1f}"/>'
        for low, high, height in bins
    )


def upright(across: Axis, value: float, words: str) -> str:
    """A dashed line at one place of the lower axis, with words beside it."""
    x, right = _x(across, value), across.along(value) > 0.7
    side = f'x="{x - 5:.1f}" class="said end"' if right else f'x="{x + 5:.1f}" class="said"'
    dashes = f'<path class="limit" d="M{x:.1f} {_TOP}V{_HEIGHT - _BOTTOM}"/>'
    return f'{dashes}<text {side} y="{_TOP + 10}">{escape(words)}</text>'


def _x(axis: Axis, value: float) -> float:
    return _LEFT + axis.along(value) * (_WIDTH - _LEFT - _RIGHT)


def _y(axis: Axis, value: float) -> float:
    return _HEIGHT - _BOTTOM - axis.along(value) * (_HEIGHT - _TOP - _BOTTOM)
