"""Which of two pictures something was laid over: the one in which it is a patch, or has an outline."""

from collections.abc import Sequence

import cv2
import numpy as np

from pictrace.changes._laid import Bytes, Cell, Laid, Levels, Mask
from pictrace.changes._overlays import APART
from pictrace.changes._tones import Toned
from pictrace.results import Which

OWN = 1.35
"""How much stronger edges along the outline have to be in one picture for it to be that one's: of 630 overlays that
`benchmarks/changes.py` makes 596 are told so, and 16 of the wrong picture."""

EVEN, STEP = 3.0, 8.0
"""Levels that a patch of one colour strays by at most, and by which it is apart from what is around it."""

LEAST = 10
"""Pixels of an outline, a core or what is around it."""

_NEAR = 4


def owners(pair: Laid, tone: Toned, found: Sequence[tuple[Cell, float]]) -> list[Which | None]:
    """The picture that each of the areas in which two disagree was laid over, where that shows.

    It is a patch of one colour in that picture alone, or its outline is an edge in that one alone, for the other goes
    on across it.
    """
    inside = _eroded(pair.inside.astype(np.uint8), 7) > 0
    clear = inside.copy()
    for (x, y, width, height), _ in found:
        clear[y : y + height, x : x + width] = False
    pictures = tone.seen, tone.warped
    edges = [_edges(picture, clear) for picture in pictures]
    marked = cv2.morphologyEx((tone.apart > APART).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    still, moving = _names(pair)
    owned: list[Which | None] = []
    for box, _ in found:
        area = _within(np.asarray(marked), box)
        one, other = (_is_patch(picture, area, inside) for picture in pictures)
        weight = float(one) - float(other) or _outlined(edges, area, inside)
        owned.append(None if not weight else still if weight > 0 else moving)
    return owned


def _names(pair: Laid) -> tuple[Which, Which]:
    return ("query", "match") if pair.is_query_still else ("match", "query")


def _within(marked: Bytes, box: Cell) -> Bytes:
    """What is marked in a box and just around it."""
    x, y, width, height = box
    near = np.zeros_like(marked)
    rows = slice(max(0, y - _NEAR), y + height + _NEAR)
    columns = slice(max(0, x - _NEAR), x + width + _NEAR)
    near[rows, columns] = marked[rows, columns]
    return near


def _edges(picture: Bytes, clear: Mask) -> Levels:
    """How strong edges are, in all planes together, in units of what they are where nothing is laid over."""
    total = np.zeros(picture.shape[:2], np.float32)
    for plane in cv2.split(picture.astype(np.float32)):
        total += cv2.magnitude(cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1))
    return total / np.float32(max(1.0, float(total[clear].mean()) if clear.any() else 1.0))


def _is_patch(picture: Bytes, area: Bytes, inside: Mask) -> bool:
    """Whether an area is of one colour, and around it is another."""
    core = _eroded(area, 5) > 0
    around = (_dilated(area, 13) > _dilated(area, 7)) & inside
    if min(np.count_nonzero(core), np.count_nonzero(around)) < 2 * LEAST:
        return False
    levels = picture[core].astype(np.float32)
    middle = np.median(levels, axis=0)
    step = np.abs(middle - np.median(picture[around].astype(np.float32), axis=0)).max()
    return bool(np.abs(levels - middle).mean(axis=0).max() <= EVEN and step >= STEP)


def _outlined(edges: Sequence[Levels], area: Bytes, inside: Mask) -> float:
    """Above 0 if the rim of an area is an edge in the first picture rather than in the second, below if the other way
    round; 0 if it cannot be told.
    """
    # The area has lost two pixels all around: so much is forgiven where pictures are held against each other.
    rim = (_dilated(area, 7) > _eroded(area, 3)) & inside
    if np.count_nonzero(rim) < LEAST:
        return 0.0
    one, other = (float(part[rim].mean()) for part in edges)
    return one - other if max(one, other) > OWN * min(one, other) else 0.0


def _eroded(mask: Bytes, side: int) -> Bytes:
    return np.asarray(cv2.erode(mask, np.ones((side, side), np.uint8)), np.uint8)


def _dilated(mask: Bytes, side: int) -> Bytes:
    return np.asarray(cv2.dilate(mask, np.ones((side, side), np.uint8)), np.uint8)
