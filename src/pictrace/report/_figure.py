"""Pictures and what is drawn over them, as SVG in pixels of the originals."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from pictrace.explain import Drawing, Line
from pictrace.polygons import Point

LINES = 40
"""Drawn at most between two pictures; more hide them."""

_GAP = 3.0
_UNIT = 100.0
_HELD_WHOLE = 0.985


@dataclass
class Store:
    """Every picture of a page once, however often it is drawn."""

    _elements: dict[str, str] = field(default_factory=dict)

    def put(self, data: bytes, size: tuple[int, int]) -> str:
        """The element that draws a JPEG, PNG or WebP file over `size` pixels."""
        name = f"i{hashlib.sha256(data + repr(size).encode()).hexdigest()[:12]}"
        if name not in self._elements:
            address = f"data:image/{_kind(data)};base64,{base64.b64encode(data).decode('ascii')}"
            self._elements[name] = (
                f'<image id="{name}" width="{size[0]}" height="{size[1]}" preserveAspectRatio="none" href="{address}"/>'
            )
        return f'<use href="#{name}"/>'

    def html(self) -> str:
        """The pictures, to be put before whatever draws them."""
        return f'<svg class="store" aria-hidden="true"><defs>{"".join(self._elements.values())}</defs></svg>'


def _kind(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return "png"
    return "webp" if data[8:12] == b"WEBP" else "jpeg"


def picture(store: Store, data: bytes, size: tuple[int, int], *, alt: str, css: str = "", crop: bool = False) -> str:
    """One picture alone; with `crop` it fills its box and loses what is beyond."""
    fit = "xMidYMid slice" if crop else "xMidYMid meet"
    return (
        f'<svg{_class(css)} viewBox="0 0 {size[0]} {size[1]}" preserveAspectRatio="{fit}" role="img" '
        f'aria-label="{escape(alt)}">{store.put(data, size)}</svg>'
    )


def pair(store: Store, drawing: Drawing, *, alt: str, css: str, upright: bool = False, lines: int = LINES) -> str:
    """Query and match beside each other (or, `upright`, one above the other), with overlap and lines."""
    axis = 0 if upright else 1
    scales = _UNIT / drawing.query_size[axis], _UNIT / drawing.match_size[axis]
    query, match = (
        (size[0] * scale, size[1] * scale)
        for size, scale in zip((drawing.query_size, drawing.match_size), scales, strict=True)
    )
    offset = (0.0, query[1] + _GAP) if upright else (query[0] + _GAP, 0.0)
    frame = offset[0] + match[0], offset[1] + match[1]
    sides = _placed(
        store.put(drawing.query_jpeg, drawing.query_size) + _covered(drawing),
        (0.0, 0.0),
        query,
        drawing.query_size,
    ) + _placed(
        store.put(drawing.match_jpeg, drawing.match_size) + _edge(drawing.outline),
        offset,
        match,
        drawing.match_size,
    )
    joined = [
        (x1 * scales[0], y1 * scales[0], offset[0] + x2 * scales[1], offset[1] + y2 * scales[1])
        for x1, y1, x2, y2 in _spread(drawing.lines, lines)
    ]
    return (
        f'<svg{_class(css)} viewBox="0 0 {frame[0]:.2f} {frame[1]:.2f}" role="img" '
        f'aria-label="{escape(alt)}">{sides}{_lines(joined)}</svg>'
    )


def overlay(store: Store, drawing: Drawing, name: str) -> str:
    """The query laid over the match, left of a seam that can be moved; `name` is unique in the page."""
    width, height = drawing.match_size
    seam = f'x1="{width / 2}" x2="{width / 2}" y1="0" y2="{height}"'
    return (
        f'<svg class="overlay" viewBox="0 0 {width} {height}" role="img" '
        'aria-label="The query laid over the match">'
        f'<clipPath id="{name}"><rect class="veil" width="{width / 2}" height="{height}"/></clipPath>'
        f"{store.put(drawing.match_jpeg, drawing.match_size)}"
        f'<g clip-path="url(#{name})">{store.put(drawing.aligned_webp, drawing.match_size)}</g>'
        f'<line class="seam halo" {seam}/><line class="seam" {seam}/></svg>'
    )


def bar(share: float) -> str:
    """A share of 1 as a bar; the number stands beside it in words."""
    return (
        '<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{100 * min(1.0, max(0.0, share)):.1f}" height="4"/></svg>'
    )


def stacked(shares: Sequence[float]) -> str:
    """Shares of a whole in one bar, each in its own strength of one colour."""
    total = sum(shares) or 1.0
    starts = [100 * sum(shares[:place]) / total for place in range(len(shares))]
    pieces = "".join(
        f'<rect class="o{place % 4}" x="{start:.2f}" width="{100 * share / total:.2f}" height="8"/>'
        for place, (start, share) in enumerate(zip(starts, shares, strict=True))
    )
    return f'<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{pieces}</svg>'


def _class(css: str) -> str:
    return f' class="{css}"' if css else ""


def _placed(content: str, at: Point, size: tuple[float, float], pixels: tuple[int, int]) -> str:
    return (
        f'<svg x="{at[0]:.2f}" y="{at[1]:.2f}" width="{size[0]:.2f}" height="{size[1]:.2f}" '
        f'viewBox="0 0 {pixels[0]} {pixels[1]}" preserveAspectRatio="none">{content}</svg>'
    )


def _covered(drawing: Drawing) -> str:
    """The query's part that is not in the match, darkened; nothing where all of it is."""
    if len(drawing.covered) < 3:
        return ""
    width, height = drawing.query_size
    if _area(drawing.covered) >= _HELD_WHOLE * width * height:
        return ""
    hole = f"M0 0H{width}V{height}H0ZM{_points(drawing.covered, 'L')}Z"
    return f'<path class="shade" fill-rule="evenodd" d="{hole}"/>{_edge(drawing.covered)}'


def _edge(polygon: Sequence[Point]) -> str:
    if len(polygon) < 3:
        return ""
    points = _points(polygon, " ")
    return f'<polygon class="edge halo" points="{points}"/><polygon class="edge" points="{points}"/>'


def _lines(lines: Sequence[Line]) -> str:
    if not lines:
        return ""
    threads = "".join(f"M{x1:.2f} {y1:.2f}L{x2:.2f} {y2:.2f}" for x1, y1, x2, y2 in lines)
    dots = "".join(f"M{x1:.2f} {y1:.2f}h0M{x2:.2f} {y2:.2f}h0" for x1, y1, x2, y2 in lines)
    return "".join(
        f'<path class="{css}" d="{path}"/>'
        for css, path in (("halo thin", threads), ("line", threads), ("dot halo", dots), ("dot", dots))
    )


def _points(polygon: Sequence[Point], between: str) -> str:
    return between.join(f"{x:.1f} {y:.1f}" for x, y in polygon)


def _area(polygon: Sequence[Point]) -> float:
    following = (*polygon[1:], polygon[0])
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(polygon, following, strict=True))) / 2


def _spread(lines: Sequence[Line], most: int) -> list[Line]:
    """At most so many lines, from top to bottom of the query."""
    ordered = sorted(lines, key=lambda line: (line[1], line[0]))
    step = max(1.0, len(ordered) / most) if most else 1.0
    return [ordered[int(place * step)] for place in range(min(most, len(ordered)))]
