"""How far a picture stands out of a collection, of which most have nothing to do with what is asked for."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Background:
    """The cosines of a query with a sample of the `pictures` of a collection: `cosines` (n,) float32, ascending."""

    cosines: npt.NDArray[np.float32]
    pictures: int

    @classmethod
    def of(cls, cosines: npt.NDArray[np.float32], pictures: int) -> "Background":
        """The background that cosines in any order are."""
        return cls(np.sort(cosines), pictures)

    def percentile(self, cosine: float) -> float:
        """The share of the sample that is less near, 0 to 1."""
        return float(np.searchsorted(self.cosines, np.float32(cosine)) / max(1, len(self.cosines)))

    def standing(self, cosine: float) -> float:
        """The chance that of so many strangers none would be as near, 0 to 1.

        The cosines of strangers are taken to be normal: around the median, and as wide as the sample is below it,
        where what is asked for is not. Whether a picture shows what is asked for, nobody has measured.
        """
        if not len(self.cosines):
            return 0.0
        low, middle = np.quantile(self.cosines, (_ONE_BELOW, 0.5)).tolist()
        width = max(middle - low, _LEAST_WIDTH)
        beyond = 0.5 * math.erfc((cosine - middle) / width / math.sqrt(2))
        return math.exp(self.pictures * math.log1p(-beyond)) if beyond < 1 else 0.0


_ONE_BELOW = 0.158655
"""The share of a normal distribution that is more than one standard deviation below its middle."""

_LEAST_WIDTH = 1e-3
"""As rows are stored in float16: pictures that are all the same do not stand out of each other."""


@dataclass(frozen=True)
class Strangers:
    """What cosines of one encoder are like in a collection.

    `middle` is that of two pictures that have nothing to do with each other, `alike` the one from which on they look
    alike, as far as that can be told without anybody's having looked.
    """

    middle: float
    alike: float

    @classmethod
    def of(cls, rows: npt.NDArray[np.float32]) -> "Strangers | None":
        """Those of a sample `(n, columns)` of the collection's rows; `None` where it is too small to tell.

        Nearly all pairs of a sample are strangers. Likeness begins where it does for `lite0`, in shares of the way from
        strangers to the same picture, but not where so many pairs of strangers would be alike.
        """
        few = rows[:: max(1, len(rows) // _PAIRED)]
        if len(few) < _LEAST_SAMPLE:
            return None
        unit = few / np.linalg.norm(few, axis=1, keepdims=True)
        cosines = (unit @ unit.T)[np.triu_indices(len(unit), 1)]
        middle, uncommon = np.quantile(cosines, (0.5, 1 - _ALIKE_BY_CHANCE)).tolist()
        room = 1.0 - middle
        return cls(middle, middle + room * min(max(_WAY, (uncommon - middle) / max(room, _LEAST_WIDTH)), _MOST_WAY))

    def likened(self, cosine: float) -> float:
        """The cosine of `lite0` that means as much."""
        theirs = (self.middle - 1.0, self.middle, self.alike, 1.0)
        return float(np.interp(cosine, theirs, (MIDDLE - 1.0, MIDDLE, ALIKE, 1.0)))


MIDDLE = 0.044
ALIKE = 0.443
"""Of `lite0`: the middle cosine of all pairs of 800 photographs of five sources, of which nearly all are strangers, in
one draw (0.041 in that of benchmarks/strangers.py), and the one above which its calibration calls two alike."""

_ALIKE_BY_CHANCE = 0.015
"""The share of the pairs of that draw, relatives among them, that are above it."""

_WAY = (ALIKE - MIDDLE) / (1.0 - MIDDLE)
_MOST_WAY = 0.8
"""However many pictures of a collection are alike: what is nearer than this to being the same looks like it."""

_PAIRED = 500
_LEAST_SAMPLE = 30
"""Rows: with fewer, a share of 0.015 of their pairs is less than seven."""
