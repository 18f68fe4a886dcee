"""A second encoder that needs no model: which of 64 places are brighter than the picture as a whole."""

import os
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from pictrace.errors import ModelMissingError
from pictrace.picture import Picture
from pictrace.settings import EVERY_CORE, Runtime
from pictrace.types import Metric, Rows, Space


class Encoder:
    """An average hash; GREYS_VERSION makes it another version, and GREYS_MISSING takes its model away."""

    name: ClassVar[str] = "seconds.greys"
    space: ClassVar[Space] = Space(Metric.HAMMING, 64)

    def __init__(self, model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
        del model, runtime

    @property
    def version(self) -> str:
        """As the environment has it."""
        return os.environ.get("GREYS_VERSION", "1")

    def prepare(self, picture: Picture) -> npt.NDArray[np.uint8]:
        """A square of 32 pixels."""
        return picture.squashed(32)

    def encode_prepared(self, prepared: npt.NDArray[Any]) -> Rows:
        """Rows `(n, 8)` uint8."""
        if "GREYS_MISSING" in os.environ:
            raise ModelMissingError("the model of seconds.greys is not here")
        grey = prepared.astype(np.float32).mean(axis=3).reshape(len(prepared), 8, 4, 8, 4).mean(axis=(2, 4))
        bits = grey > grey.mean(axis=(1, 2), keepdims=True)
        return np.packbits(bits.reshape(len(prepared), 64) ^ (self.version != "1"), axis=1)
