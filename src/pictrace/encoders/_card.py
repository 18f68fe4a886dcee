"""An encoder that is what its model's card says: preparation, space, version and rows."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pictrace.encoders._preparation import square
from pictrace.picture import Picture
from pictrace.types import Metric, Rows, Space
from pictrace.weights import ModelCard


class Runner(Protocol):
    """What gives the rows of prepared pictures; nothing is loaded before it is asked for some."""

    @property
    def provider(self) -> str: ...

    def rows(self, pictures: npt.NDArray[np.uint8]) -> Rows: ...


class CardEncoder:
    """An encoder of a name, whose model a card describes and something runs."""

    def __init__(self, name: str, card: ModelCard, runner: Runner) -> None:
        self.name = name
        self.card = card
        self.space = Space(Metric.COSINE, card.width)
        self._runner = runner

    @property
    def version(self) -> str:
        """The revision of the model and the first digits of its file's SHA-256: other weights, other rows."""
        return f"{self.card.revision}-{self.card.sha256[:12]}"

    @property
    def provider(self) -> str:
        """What the model runs on; it is loaded if it was not.

        Raises:
            ModelError: as `encode_prepared`.
        """
        return self._runner.provider

    def prepare(self, picture: Picture) -> npt.NDArray[np.uint8]:
        """The pixels that the model sees, `(side, side, 3)` uint8 RGB."""
        return square(picture, self.card.preparation)

    def encode_prepared(self, prepared: npt.NDArray[Any]) -> Rows:
        """Rows `(n, width)` float32 of length 1 of `(n, side, side, 3)` uint8.

        Raises:
            ModelMissingError: the model's file is not there.
            ModelDamagedError: it is not the one that the card names, or gives other rows than the card says.
            MissingExtraError: the library or the provider that runs it is not there.
        """
        return self._runner.rows(prepared)
