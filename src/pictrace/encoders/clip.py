"""CLIP: pictures by English words, and what pictures show."""

from pictrace import weights
from pictrace.encoders import refuse_model
from pictrace.encoders._pair import PairEncoder
from pictrace.settings import EVERY_CORE, Runtime


class Encoder(PairEncoder):
    """CLIP ViT-B/32 by OpenAI. Radford et al., https://arxiv.org/abs/2103.00020.

    Words are at most 77 tokens with what begins and ends them, in small letters.
    """

    def __init__(self, model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
        refuse_model("clip", model)
        super().__init__("clip", weights.card("clip", runtime.models), runtime)
