"""SigLIP 2: pictures by words of many languages, and what pictures show."""

from pictrace import weights
from pictrace.encoders import refuse_model
from pictrace.encoders._pair import PairEncoder
from pictrace.settings import EVERY_CORE, Runtime


class Encoder(PairEncoder):
    """SigLIP 2 ViT-B/16 by Google. Tschannen et al., https://arxiv.org/abs/2502.14786.

    Words are 64 tokens of Gemma's tokenizer, filled up, in small letters, as the model was trained.
    """

    def __init__(self, model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
        refuse_model("siglip2", model)
        super().__init__("siglip2", weights.card("siglip2", runtime.models), runtime)
