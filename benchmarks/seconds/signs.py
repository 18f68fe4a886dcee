"""lite0's model behind a fixed projection to 256 values, of which the signs are kept: as dear as another model."""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from pictrace.encoders import lite0
from pictrace.picture import Picture
from pictrace.settings import EVERY_CORE, Runtime
from pictrace.types import Metric, Rows, Space

WIDTH = 256


class Encoder:
    """Rows of 256 bits."""

    name: ClassVar[str] = "seconds.signs"
    space: ClassVar[Space] = Space(Metric.HAMMING, WIDTH)
    version: ClassVar[str] = "1"

    def __init__(self, model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
        self._model = lite0.Encoder(model, runtime=runtime)
        draw = np.random.default_rng(9)
        self._projection = draw.normal(size=(self._model.space.columns, WIDTH)).astype(np.float32)

    def prepare(self, picture: Picture) -> npt.NDArray[Any]:
        """As lite0 does."""
        return self._model.prepare(picture)

    def encode_prepared(self, prepared: npt.NDArray[Any]) -> Rows:
        """Rows `(n, 32)` uint8."""
        return np.packbits(self._model.encode_prepared(prepared) @ self._projection > 0, axis=1)
