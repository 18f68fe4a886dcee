"""Areas where two pictures disagree while all around them agrees: text, stickers, bars, blots."""

from collections.abc import Sequence

import cv2
import numpy as np

from pictrace.changes._laid import Bytes, Cell, Laid, Mask
from pictrace.changes._outside import boxed
from pictrace.changes._tones import Toned
from pictrace.results import Box, Change, ChangeKind, Which
from pictrace.types import Trace

APART = 24
"""Levels that the core of an overlay differs by."""

DOUBTFUL = 8
"""Levels that its other parts differ by, if they are joined with it."""

NOISE = 6
"""Levels."""

STRONG = 0.15
"""Share of an overlay that its core takes."""

REST = 0.035
"""Share of all else that may be apart by more than noise; of edits 0.00 to 0.03, of photographs on walls 0.05."""

LEAST = 0.004
"""Share of the overlap, a letter of a caption."""

MOST = 0.5
"""Share of the overlap."""

BOXES = 4
JOINED = 9
"""Pixels that letters may be from each other."""


def overlaid(pair: Laid, tone: Toned) -> list[tuple[Cell, float]]:
    """Boxes in the still picture and the shares of the overlap that they fill, the largest first.

    None where the pictures disagree all over.
    """
    inside = cv2.erode(pair.inside.astype(np.uint8), np.ones((5, 5), np.uint8))
    area = cv2.countNonZero(inside)
    found = areas(tone.apart, inside)
    if not found or len(found) > BOXES or sum(share for _, share in found) > MOST:
        return []
    around = inside.copy()
    for (x, y, width, height), _ in found:
        around[y : y + height, x : x + width] = 0
    left = cv2.countNonZero(around)
    if left < (1 - MOST) * area or np.count_nonzero(around & (tone.apart > NOISE)) > REST * left:
        return []
    return found


def disturbance(pair: Laid, tone: Toned) -> float:
    """The share of the overlap where one picture shows what the other does not, even if nothing can be said of it."""
    return int(np.count_nonzero(pair.inside & (tone.apart > APART))) / max(1, int(np.count_nonzero(pair.inside)))


def areas(apart: Bytes, inside: Bytes) -> list[tuple[Cell, float]]:
    """Boxes (x, y, width, height) around what is apart and the shares of the overlap that they fill, largest first."""
    total = max(1, cv2.countNonZero(inside))
    shown = np.where(inside > 0, apart, np.uint8(0))
    if int(shown.max()) <= APART:
        return []
    weak = (shown > DOUBTFUL).astype(np.uint8)
    joined = cv2.morphologyEx(weak, cv2.MORPH_CLOSE, np.ones((JOINED, JOINED), np.uint8))
    # Smaller than this, nothing is left of noise and of edges that do not meet.
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    sure = np.where(shown > APART, labels, 0)
    strong = np.bincount(sure.ravel(), minlength=len(stats))
    rows = [
        (_around(sure == one), row[cv2.CC_STAT_AREA] / total)
        for one, row in enumerate(stats.tolist())
        if one and row[cv2.CC_STAT_AREA] >= LEAST * total and strong[one] >= STRONG * row[cv2.CC_STAT_AREA]
    ]
    return sorted(rows, key=lambda row: -row[1])


def _around(found: Mask) -> Cell:
    """The box around nearly all of what is marked, and the two pixels that were forgiven at its edges."""
    rows, columns = np.nonzero(found)
    (left, right), (top, bottom) = (np.percentile(at, [1, 99]) for at in (columns, rows))
    x, y = max(0, int(left) - 2), max(0, int(top) - 2)
    return x, y, int(right) + 3 - x, int(bottom) + 3 - y


def overlay(query: Trace, candidate: Trace, pair: Laid, area: tuple[Cell, float], side: Which | None) -> Change:
    """Such an area as a change of the picture that it was laid over, with its box in both originals."""
    box, share = area
    x, y, width, height = box
    frame = [(float(a), float(b)) for a, b in ((x, y), (x + width, y), (x + width, y + height), (x, y + height))]
    still, moving = (query, candidate) if pair.is_query_still else (candidate, query)
    there = np.linalg.inv(pair.onto)
    moved = [tuple((there @ (a, b, 1.0))[:2] / (there @ (a, b, 1.0))[2]) for a, b in frame]
    boxes = [_original(frame, pair.still, still), _original(moved, pair.moving, moving)]
    on_query, on_match = boxes if pair.is_query_still else boxes[::-1]
    return Change(ChangeKind.OVERLAID, side, numbers={"share": share}, query_box=on_query, match_box=on_match)


def _original(outline: Sequence[tuple[float, ...]], pixels: Bytes, trace: Trace) -> Box:
    """The box around an outline in a small picture, in pixels of its original and inside it."""
    height, width = pixels.shape[:2]
    return boxed(
        [
            (min(max(x, 0.0), width) * trace.width / width, min(max(y, 0.0), height) * trace.height / height)
            for x, y in outline
        ]
    )
