"""Are the perceptual hashes within each other's reach, as they are, turned or mirrored?"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from pictrace.types import Alignment, Evidence, Matrix, Relation, Silence, Trace
from pictrace.verdict import calibration

_ENCODER = "pdq"
_LEAST_QUALITY = 50
"""Below it the hash is of little but noise; from the PDQ specification, section on the quality metric,
https://github.com/facebook/ThreatExchange/blob/main/hashing/hashing.pdf"""

_LIMIT = 31
"""Bits of 256 up to which the same specification calls two pictures the same."""


class Signal:
    """The Hamming distance of the PDQ hashes, least over the query's eight turns and mirror images."""

    name: ClassVar[str] = "pdq"
    family: ClassVar[str] = "hash"
    ceiling: ClassVar[Relation] = Relation.COPY

    def compare(self, query: Trace, candidate: Trace, before: Sequence[Evidence]) -> Evidence:
        """Evidence with `pdq_distance` in bits; beyond the limit no opinion, since every crop is there too."""
        del before
        if _ENCODER not in query.rows or _ENCODER not in candidate.rows:
            return self._silent(Silence.NO_HASH, {})
        distances = np.bitwise_count(query.rows[_ENCODER] ^ candidate.rows[_ENCODER][:1]).sum(axis=1)
        variant = int(distances.argmin())
        distance = int(distances[variant])
        measures = {"pdq_distance": float(distance)}
        if min(query.quality, candidate.quality) < _LEAST_QUALITY:
            return self._silent(Silence.NO_STRUCTURE, measures)
        if distance > _LIMIT:
            return self._silent(Silence.HASHES_DIFFER, measures)
        log_odds = calibration(self.name).log_odds(measures)
        alignment = _whole(query, candidate, variant)
        return Evidence(self.name, self.family, self.ceiling, log_odds, measures, alignment=alignment)

    def _silent(self, reason: str, measures: dict[str, float]) -> Evidence:
        return Evidence(self.name, self.family, self.ceiling, None, measures, reason)


_TURNS = (
    ((1, 0, 0), (0, 1, 0)),
    ((0, 1, 0), (-1, 0, 1)),
    ((-1, 0, 1), (0, -1, 1)),
    ((0, -1, 1), (1, 0, 0)),
    ((1, 0, 0), (0, -1, 1)),
    ((-1, 0, 1), (0, 1, 0)),
    ((0, 1, 0), (1, 0, 0)),
    ((0, -1, 1), (-1, 0, 1)),
)
"""Where each variant of `encoders.pdq` sends a point of the unit square: as it is, three turns counter-
clockwise, upside down, mirrored, over the main and over the other diagonal."""


def _whole(query: Trace, candidate: Trace, variant: int) -> Alignment:
    """All of one picture over all of the other, the way the matching variant turns it."""
    onto = np.diag([candidate.width, candidate.height, 1.0])
    turn = np.array([*_TURNS[variant], (0, 0, 1)], np.float64)
    matrix = onto @ turn @ np.diag([1 / query.width, 1 / query.height, 1.0])
    corners = onto @ turn @ np.array([[0, 1, 1, 0], [0, 0, 1, 1], [1, 1, 1, 1]], np.float64)
    rows = matrix.tolist()
    transform: Matrix = (tuple(rows[0]), tuple(rows[1]), tuple(rows[2]))
    quad = tuple((float(x), float(y)) for x, y in corners[:2].T)
    return Alignment(transform, 1.0, 1.0, quad, mirrored=variant >= 4)
