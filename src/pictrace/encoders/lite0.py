"""The bundled model, EfficientNet-Lite0 in eight bits: what a picture shows, in 512 numbers."""

from pictrace import weights
from pictrace.encoders import refuse_model
from pictrace.encoders._card import CardEncoder
from pictrace.encoders._onnx import Model
from pictrace.settings import EVERY_CORE, Runtime


class Encoder(CardEncoder):
    """EfficientNet-Lite0 (ImageNet), averaged, square-rooted, reduced to 512 values of length 1.

    https://arxiv.org/abs/1905.11946; docs/decisions/0002-bundled-encoder.md says what was tried. The model is loaded
    with the first rows, from the folder of models if the file is there. The whole picture is squashed to a square: a
    centre crop would lose the edges.
    """

    def __init__(self, model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
        refuse_model("lite0", model)
        card = weights.card("lite0")
        super().__init__("lite0", card, Model(card, runtime=runtime))
