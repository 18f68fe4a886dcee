"""An encoder that is what its model's card says: preparation, space, version and rows."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pictrace import weights
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
        """What `version_of` says of the card: other weights or another preparation, other rows."""
        return version_of(self.card)

    @property
    def calibration(self) -> Sequence[tuple[float, float]]:
        """What the card says of cosines between pictures: pairs of one, ascending, and log-odds that they are alike."""
        return self.card.calibration

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


def version_of(card: ModelCard) -> str:
    """The revision of a model and the first digits of a hash of all its files' SHA-256, of its own if it is one file.

    Nobody raises the revision of a card that did not come with PicTrace when it is changed, so that digits of what else
    makes the rows follow there: preparation, output, pooling, width, and how texts become tokens.
    """
    digest = card.sha256 if card.text is None else _sha256("".join(one.sha256 for one in card.files))
    version = f"{card.revision}-{digest[:12]}"
    return version if card in weights.cards() else f"{version}-{_sha256(_facts(card))[:8]}"


def _facts(card: ModelCard) -> str:
    """JSON of what makes rows beside the files."""
    facts = [dataclasses.asdict(card.preparation), card.tensor, card.pooling, card.width]
    if card.text is not None:
        facts += [card.text.context, card.text.pad, card.text.lowercase, card.text.tensor]
    return json.dumps(facts, sort_keys=True)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
