"""Encoders of two towers, one for pictures and one for words, whose rows live in one space."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pictrace.encoders._card import CardEncoder
from pictrace.encoders._once import Once
from pictrace.encoders._onnx import Model, opened, output_of
from pictrace.encoders._rows import of_each, rows_of
from pictrace.encoders._tokens import Tokenizer
from pictrace.errors import ModelDamagedError, UsageError
from pictrace.settings import Runtime
from pictrace.types import Rows
from pictrace.weights import ModelCard, TextTower

_INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_BATCH = 16


class PairEncoder(CardEncoder):
    """The model of a card whose half for words, if it has one, is an ONNX file with a tokenizer.

    That half is loaded with the first text, and needs not be there to index pictures.
    """

    def __init__(self, name: str, card: ModelCard, runtime: Runtime) -> None:
        super().__init__(name, card, Model(card, runtime=runtime))
        self._runtime = runtime

    @property
    def reads_words(self) -> bool:
        """Whether the model has a half for words."""
        return self.card.text is not None

    @property
    def text_calibration(self) -> Sequence[tuple[float, float]]:
        """What the card says of cosines between words and pictures."""
        return self._tower.calibration

    def encode_text(self, texts: Sequence[str]) -> Rows:
        """Rows `(n, width)` float32 of length 1, in the space of the pictures.

        Raises:
            MissingExtraError: the tokenizer's library is not installed.
            ModelMissingError: a file for words is not there.
            ModelDamagedError: one is not the card's, or nothing that can be run here.
        """
        if not texts:
            return np.empty((0, self.space.width), np.float32)
        parts = [self._rows(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
        return np.concatenate(parts)

    def cuts(self, texts: Sequence[str]) -> Sequence[bool]:
        """Of each text whether the model reads less than all of it."""
        return self._tokenizer.cuts(texts)

    def _rows(self, texts: Sequence[str]) -> Rows:
        ids, mask = self._tokenizer.numbers(texts)
        session, tower = self._session, self._tower
        inputs = {one.name: _INTEGERS[one.type] for one in session.get_inputs()}
        given = {"input_ids": ids, "attention_mask": mask}
        values = {name: given[name].astype(kind, copy=False) for name, kind in inputs.items()}
        seconds = self._runtime.model_seconds
        found = output_of(session, tower.model, values, tower.tensor, seconds=seconds)
        return rows_of(of_each(found, len(texts), self.card), self.card)

    @property
    def _tower(self) -> TextTower:
        if self.card.text is None:
            raise UsageError(f"the model {self.card.name} reads no words", hint="ask `reads_words` before")
        return self.card.text

    @Once
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer(self._tower, self._runtime)

    @Once
    def _session(self) -> Any:
        tower = self._tower
        session = opened(tower.model, self._runtime)
        inputs: Mapping[str, str] = {one.name: one.type for one in session.get_inputs()}
        outputs = [one.name for one in session.get_outputs()]
        is_known = "input_ids" in inputs and set(inputs) <= {"input_ids", "attention_mask"}
        if not is_known or not set(inputs.values()) <= set(_INTEGERS) or tower.tensor not in {"", *outputs}:
            raise ModelDamagedError(
                f"{tower.model.file} takes {', '.join(inputs)} and gives {', '.join(outputs)}, "
                "which its card does not fit",
                hint="a model for words takes input_ids, and attention_mask if it must; `tensor` names its output",
            )
        return session
