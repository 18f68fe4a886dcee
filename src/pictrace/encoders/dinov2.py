"""DINOv2: the same thing or place in another photograph."""

from pictrace import weights
from pictrace.encoders import refuse_model
from pictrace.encoders._card import CardEncoder
from pictrace.encoders._onnx import Model
from pictrace.settings import EVERY_CORE, Runtime


class Encoder(CardEncoder):
    """DINOv2 ViT-S/14, its class token. Oquab et al., https://arxiv.org/abs/2304.07193."""

    def __init__(self, model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
        refuse_model("dinov2", model)
        card = weights.card("dinov2", runtime.models)
        super().__init__("dinov2", card, Model(card, runtime=runtime))
