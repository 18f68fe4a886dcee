"""SSCD: edited copies of a picture, however they were edited."""

from pictrace import weights
from pictrace.encoders import refuse_model
from pictrace.encoders._card import CardEncoder
from pictrace.encoders._onnx import Model
from pictrace.settings import EVERY_CORE, Runtime


class Encoder(CardEncoder):
    """SSCD, its 512 values. Pizzi et al., A Self-Supervised Descriptor for Image Copy Detection,
    https://arxiv.org/abs/2202.10261. The rows are not whitened and the picture is looked at once, at 320 pixels.
    """

    def __init__(self, model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
        refuse_model("sscd", model)
        card = weights.card("sscd", runtime.models)
        super().__init__("sscd", card, Model(card, runtime=runtime))
