"""Any ONNX model whose card lies in the folder of models: `onnx:NAME`."""

from pictrace import weights
from pictrace.encoders import check_model
from pictrace.encoders._pair import PairEncoder
from pictrace.errors import UnknownNameError
from pictrace.settings import EVERY_CORE, Runtime


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
