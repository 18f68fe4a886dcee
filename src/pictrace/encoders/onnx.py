"""Any ONNX model whose card lies in the folder of models: `onnx:NAME`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from pictrace import weights
from pictrace.encoders import _onnx, _providers, check_model
from pictrace.encoders._pair import PairEncoder
from pictrace.errors import ModelDamagedError, ModelMissingError, UnknownNameError
from pictrace.settings import EVERY_CORE, Runtime

MOST = 32
"""Pictures at a time that `bare` runs at most."""

TYPES = {"tensor(uint8)": "u1", "tensor(float)": "f4", "tensor(float16)": "f2"}


def bare(path: Path, runtime: Runtime, *, side: int = 0) -> tuple[str, Callable[[int], None]]:
    """What a file runs on, and what runs it once on so many pictures of noise; no card says how, so no rows come of it.

    `side` is that of the pictures where the file leaves it open.

    Raises:
        ModelMissingError: it cannot be read.
        ModelDamagedError: it cannot be run here, or takes something else than pictures of one size.
        MissingExtraError: the provider that was asked for is not there.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        hint = "name a file that can be read"
        raise ModelMissingError(f"{path} cannot be read: {error.strerror}", hint=hint) from error
    provider = _providers.chosen(runtime.provider, _onnx.available())
    session = _onnx.session_of(data, path.name, runtime, provider=provider)
    inputs = [(one.name, one.type, one.shape or []) for one in session.get_inputs()]
    name, kind, shape = inputs[0] if len(inputs) == 1 else ("", "", [])
    if side and len(shape) == 4:
        shape = [shape[0], *(one if isinstance(one, int) else side for one in shape[1:])]
    if kind not in TYPES or len(shape) != 4 or not all(isinstance(one, int) and one > 0 for one in shape[1:]):
        what = ", ".join(f"{shape} {kind}" for _, kind, shape in inputs) or "nothing"
        hint = "one input, pictures, whose sides are written in the file or named with --side"
        raise ModelDamagedError(f"{path.name} takes {what}, and cannot be timed", hint=hint)
    # A file that takes one size of batch only is run as often as pictures need.
    step = shape[0] if isinstance(shape[0], int) and shape[0] > 0 else 0
    noise = np.random.default_rng(1).integers(0, 256, (step or MOST, *shape[1:])).astype(TYPES[kind])

    def run(count: int) -> None:
        for _ in range(-(-count // step) if step else 1):
            given = {name: noise if step else noise[:count]}
            _onnx.run(session, path.name, given, seconds=runtime.model_seconds)

    return provider, run


class Encoder(PairEncoder):
    """The model of one card, the user's or one that came with PicTrace.

    Raises:
        UnknownNameError: there is no such card, or it is of a model that something else runs.
        ModelDamagedError: the card is damaged.
    """

    def __init__(self, model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
        check_model("onnx", model, "onnx:my-model")
        card = weights.card(model, runtime.models)
        if card.runtime != "onnx":
            raise UnknownNameError(
                f"the model {model} is no ONNX file; {card.runtime} runs it",
                hint="`pictrace models export` makes one",
            )
        super().__init__(f"onnx:{model}", card, runtime)
