"""The bundled model, EfficientNet-Lite0 in eight bits: what a picture shows, in 512 numbers."""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from pictrace import weights
from pictrace.encoders import refuse_model
from pictrace.encoders._onnx import Model
from pictrace.picture import Picture
from pictrace.settings import EVERY_CORE, Runtime
from pictrace.types import Metric, Rows, Space


class Encoder:
    """EfficientNet-Lite0 (ImageNet), averaged, square-rooted, reduced to 512 values of length 1.

    https://arxiv.org/abs/1905.11946; docs/decisions/0002-bundled-encoder.md says what was tried. The model is
    loaded with the first rows, from the folder of models if the file is there.
    """

    name: ClassVar[str] = "lite0"
    space: ClassVar[Space] = Space(Metric.COSINE, 512)

    def __init__(self, model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
        refuse_model(self.name, model)
        self._card = weights.card(self.name)
        self._model = Model(self._card, threads=runtime.threads, folder=runtime.models)

    @property
    def version(self) -> str:
        """The revision of the model and the first digits of its file's SHA-256."""
        return f"{self._card.revision}-{self._card.sha256[:12]}"

    def prepare(self, picture: Picture) -> npt.NDArray[np.uint8]:
        """The whole picture as a square, `(224, 224, 3)` uint8 RGB: a centre crop would lose the edges."""
        return picture.squashed(self._card.side)

    def encode_prepared(self, prepared: npt.NDArray[Any]) -> Rows:
        """Rows `(n, 512)` float32 of `(n, 224, 224, 3)` uint8.

        Raises:
            ModelMissingError: the model's file is not there.
            ModelDamagedError: the model's file is not the one that its card names.
        """
        return self._model.rows(prepared)
