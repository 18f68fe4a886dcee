"""Where features lay one picture nearly on all of the other, and exactly on all of it would do as well."""

from dataclasses import dataclass, replace

import numpy as np

from pictrace.changes._laid import Laid, Matrix, laid
from pictrace.changes._tones import Toned, toned
from pictrace.types import Alignment, Trace

NEARLY = 0.12
EXACTLY = 0.004
SLACK = 0.003
"""Share of the overlap: what may agree less when whole on whole is the simpler explanation."""

_TURNS = [
    np.array([*rows, (0, 0, 1)], np.float64)
    for rows in (
        ((1, 0, 0), (0, 1, 0)),
        ((0, -1, 1), (1, 0, 0)),
        ((-1, 0, 1), (0, -1, 1)),
        ((0, 1, 0), (-1, 0, 1)),
        ((-1, 0, 1), (0, 1, 0)),
        ((1, 0, 0), (0, -1, 1)),
        ((0, 1, 0), (1, 0, 0)),
        ((0, -1, 1), (-1, 0, 1)),
    )
]
"""The unit square onto itself: turned clockwise by quarters, then four mirror images."""


@dataclass(frozen=True, eq=False)
class Placed:
    """Two pictures laid over each other by an alignment, and their tones, if those can be compared."""

    alignment: Alignment
    pair: Laid
    tone: Toned | None


def placed(query: Trace, candidate: Trace, found: Alignment) -> Placed:
    """By the alignment, or all on all where that explains the pictures as well; few features place corners badly."""
    there = _placed(query, candidate, found)
    turn, distance = _nearest(candidate, found)
    if not EXACTLY < distance < NEARLY:
        return there
    simple = _placed(query, candidate, _whole(query, candidate, found, turn))
    return simple if _agreement(simple) >= _agreement(there) - SLACK else there


def _placed(query: Trace, candidate: Trace, alignment: Alignment) -> Placed:
    pair = laid(query, candidate, alignment)
    return Placed(alignment, pair, toned(pair))


def _nearest(candidate: Trace, alignment: Alignment) -> tuple[Matrix, float]:
    """The turn whose corners are nearest to the outline's, and the largest distance, as shares of the sides."""
    there = np.array(alignment.quad) / (candidate.width, candidate.height)
    found = [(float(np.abs(_corners(turn) - there).max()), place) for place, turn in enumerate(_TURNS)]
    distance, place = min(found)
    return _TURNS[place], distance


def _corners(turn: Matrix) -> Matrix:
    return (turn @ np.array([[0, 1, 1, 0], [0, 0, 1, 1], [1, 1, 1, 1]], np.float64))[:2].T


def _whole(query: Trace, candidate: Trace, alignment: Alignment, turn: Matrix) -> Alignment:
    size = np.array([candidate.width, candidate.height], np.float64)
    rows = (np.diag([*size, 1.0]) @ turn @ np.diag([1 / query.width, 1 / query.height, 1.0])).tolist()
    return replace(
        alignment,
        transform=(tuple(rows[0]), tuple(rows[1]), tuple(rows[2])),
        query_overlap=1.0,
        match_overlap=1.0,
        quad=tuple((float(x), float(y)) for x, y in _corners(turn) * size),
    )


def _agreement(place: Placed) -> float:
    """The share of the overlap that agrees."""
    inside = int(np.count_nonzero(place.pair.inside))
    return 0.0 if place.tone is None else int(np.count_nonzero(place.tone.agreeing)) / max(1, inside)
