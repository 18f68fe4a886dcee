"""What one picture shows around the other: nothing but a border, other content, or more of the same."""

import itertools
import math
from collections.abc import Sequence

import cv2
import numpy as np

from pictrace.changes._laid import Bytes, Laid, Matrix, covered
from pictrace.changes._views import between
from pictrace.frames import HALF
from pictrace.polygons import Point, clipped
from pictrace.results import Box, Change, ChangeKind, Which
from pictrace.types import Alignment, Trace

WHOLE = 0.97
"""Share of a picture from which on all of it is meant."""

FLAT = 0.9
"""Share of what is around that is of one colour."""

EDGE = 1.9
"""Of the second sharpest side of a border, against lines beside it."""

SEAM = 1.7
"""Of all sides but one; of crops the second dullest side has at most 1.44, of what was pasted at least 1.82."""

SEAM_OF_TWO = 2.5
"""The same where only two sides are inside."""

_LEVELS = 16
_FRAME = 0.02
_REACH = 8


def outside(query: Trace, candidate: Trace, alignment: Alignment, pair: Laid) -> list[Change]:
    """Crops, borders and pictures within pictures, told by what is around the overlap in each."""
    onto, back = between(alignment)
    found: list[Change] = []
    sides: tuple[tuple[Which, Which, Trace, Trace, Matrix, float], ...] = (
        ("match", "query", candidate, query, onto, alignment.match_overlap),
        ("query", "match", query, candidate, back, alignment.query_overlap),
    )
    for larger, smaller, around, inner, lay, share in sides:
        if share >= WHOLE:
            continue
        outline = _mapped(lay, [(0, 0), (inner.width, 0), (inner.width, inner.height), (0, inner.height)])
        pixels = pair.still if (larger == "query") == pair.is_query_still else pair.moving
        kind = told(pixels, around, inner, lay, outline)
        if kind is None:
            continue
        box = boxed(clipped(outline, around.width, around.height))
        side = smaller if kind is ChangeKind.CROPPED else larger
        on_query, on_match = (box, None) if larger == "query" else (None, box)
        found.append(Change(kind, side, numbers={"share": share}, query_box=on_query, match_box=on_match))
    return found


def told(pixels: Bytes, around: Trace, inner: Trace, lay: Matrix, outline: Sequence[Point]) -> ChangeKind | None:
    """What is around the outline of another picture: it tells who was made of whom."""
    height, width = pixels.shape[:2]
    scale = np.diag([width / around.width, height / around.height, 1.0])
    corners = [(x * width / around.width, y * height / around.height) for x, y in outline]
    shape = (min(512, max(8, inner.height)), min(512, max(8, inner.width)))
    onto = scale @ lay @ np.diag([inner.width / shape[1], inner.height / shape[0], 1.0])
    inside = covered(shape, onto, (width, height), rim=1)
    # What is mixed of both belongs to neither.
    beyond = cv2.erode((~inside).astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1) > 0
    is_flat = bool(beyond.any()) and flatness(pixels[beyond]) >= FLAT
    if is_flat and _fills_frame(corners, width, height) and _is_turned(corners):
        return None
    ratios = seams(pixels, corners)
    if is_flat:
        return ChangeKind.BORDERED if ratios and ratios[min(1, len(ratios) - 1)] >= EDGE else ChangeKind.CROPPED
    # One side may go unseen, where by chance both pictures are alike.
    is_pasted = len(ratios) > 1 and (ratios[-2] >= SEAM if len(ratios) > 2 else ratios[1] >= SEAM_OF_TWO)
    return ChangeKind.PASTED if is_pasted else ChangeKind.CROPPED


def flatness(pixels: Bytes) -> float:
    """The share of pixels `(n, 3)` that are of one colour, nearly."""
    middle = np.median(pixels[::2], axis=0)
    return float((np.abs(pixels[::2] - middle).max(axis=1) <= _LEVELS).mean())


def seams(pixels: Bytes, corners: Sequence[Point]) -> list[float]:
    """How much sharper the change across each side of an outline is than across lines beside it, the sharpest first.

    1 where nothing is there; sides that lie outside of the frame or along its edge are left out.
    """
    height, width = pixels.shape[:2]
    edge = _FRAME * max(width, height)
    ratios = []
    for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        length = math.dist(start, end)
        if length < 12:
            continue
        steps = np.linspace(0.04, 0.96, max(12, min(128, round(length))))
        along = np.array(start) + steps[:, None] * (np.array(end) - np.array(start))
        normal = np.array([end[1] - start[1], start[0] - end[0]]) / length
        reach = np.arange(-_REACH, _REACH + 1)
        places = (along[None] + reach[:, None, None] * normal).astype(np.float32)
        held = (along > edge).all(axis=1) & (along < np.array([width - edge, height - edge])).all(axis=1)
        if np.count_nonzero(held) < 10:
            continue
        there = places[..., 0] - np.float32(HALF), places[..., 1] - np.float32(HALF)
        line = np.float32(1) * cv2.remap(pixels, *there, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        across = np.abs(line[2:] - line[:-2]).mean(axis=2)[:, held].mean(axis=1)
        at = reach[1:-1]
        ratios.append((across[np.abs(at) <= 2].max() + 1) / (np.median(across[np.abs(at) >= 4]) + 1))
    return sorted(map(float, ratios), reverse=True)


def _fills_frame(corners: Sequence[Point], width: float, height: float) -> bool:
    """Whether the outline touches all four edges of the frame, or goes beyond: then only corners are left."""
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    slack = _FRAME * max(width, height)
    return min(xs) <= slack and min(ys) <= slack and max(xs) >= width - slack and max(ys) >= height - slack


def _is_turned(corners: Sequence[Point]) -> bool:
    """Whether the outline is not upright."""
    slopes = [abs(math.sin(2 * math.atan2(b[1] - a[1], b[0] - a[0]))) for a, b in itertools.pairwise(corners)]
    return max(slopes) > math.sin(math.radians(2))


def boxed(outline: Sequence[Point]) -> Box:
    """The upright box around an outline, in whole pixels."""
    xs, ys = zip(*outline, strict=True)
    left, top = round(min(xs)), round(min(ys))
    return float(left), float(top), float(round(max(xs)) - left), float(round(max(ys)) - top)


def _mapped(onto: Matrix, points: Sequence[Point]) -> list[Point]:
    rows = np.array([(x, y, 1.0) for x, y in points]) @ onto.T
    return [(float(x / w), float(y / w)) for x, y, w in rows]
