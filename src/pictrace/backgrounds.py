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
