"""The one place that turns words into numbers, by the tokenizer that a model was trained with."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from pictrace import weights
from pictrace.encoders._once import Once
from pictrace.errors import MissingExtraError, ModelDamagedError
from pictrace.settings import Runtime
from pictrace.weights import TextTower

_PANIC = "PanicException"
INSTALL = "pip install 'pictrace[text]'"


class Tokenizer:
    """The tokenizer of a model's half for words; loaded with the first text.

    Its file is a `tokenizer.json`, https://huggingface.co/docs/tokenizers, which says how words are taken apart and
    what is put around them; the card says how many numbers go in, what fills them up, and whether letters are small.

    Raises:
        MissingExtraError: the library that reads it is not installed.
        ModelMissingError: its file is not there.
        ModelDamagedError: its file is not the card's, or no tokenizer.
    """

    def __init__(self, tower: TextTower, runtime: Runtime) -> None:
        self._tower = tower
        self._runtime = runtime

    def numbers(self, texts: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Token ids and their mask, `(n, context)` int64 each: a text that is too long keeps what ends every text."""
        found = self._encodings(texts)
        most = max((len(one.ids) for one in found), default=0)
        if most > self._tower.context:
            raise _unfit(self._tower, f"gives {most} tokens, of which its card takes {self._tower.context}")
        ids = np.array([one.ids for one in found], np.int64).reshape(len(texts), self._tower.context)
        mask = np.array([one.attention_mask for one in found], np.int64).reshape(ids.shape)
        return ids, mask

    def cuts(self, texts: Sequence[str]) -> Sequence[bool]:
        """Of each text whether it is too long."""
        return [bool(one.overflowing) for one in self._encodings(texts)]

    def _encodings(self, texts: Sequence[str]) -> Sequence[Any]:
        tower, ready = self._tower, self._ready
        with _Refusals(tower):
            # One by one: batches are given to threads, which no process survives that is copied.
            return [ready.encode(text.lower() if tower.lowercase else text) for text in texts]

    @Once
    def _ready(self) -> Any:
        try:
            import tokenizers
        except ModuleNotFoundError as error:
            if error.name != "tokenizers":
                raise
            raise MissingExtraError("words need a tokenizer, which is not installed", hint=INSTALL) from error
        tower = self._tower
        data = weights.content(tower.tokenizer, self._runtime.models)
        with _Refusals(tower):
            ready = tokenizers.Tokenizer.from_str(data.decode("utf-8", "replace"))
            filler = ready.id_to_token(tower.pad)
            ready.enable_truncation(max_length=tower.context)
            ready.enable_padding(length=tower.context, pad_id=tower.pad, pad_token=filler or "")
        if filler is None:
            raise _unfit(tower, f"has no token {tower.pad}, which its card fills texts up with")
        return ready


class _Refusals:
    """Turns what the library raises into an error of ours: it has no class of its own for it, but `Exception`.

    What makes its Rust give up, such as a pattern that takes too long, is a `BaseException` that cannot be imported.
    """

    def __init__(self, tower: TextTower) -> None:
        self._tower = tower

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del trace
        if kind is Exception or (kind is not None and kind.__name__ == _PANIC):
            raise _unfit(self._tower, f"cannot be used: {str(error)[:160]}") from error


def _unfit(tower: TextTower, what: str) -> ModelDamagedError:
    return ModelDamagedError(
        f"the tokenizer {tower.tokenizer.file} {what}", hint="its card needs another file; docs/models.md says more"
    )
