"""Any network of timm whose weights lie in the folder of models: `timm:NAME`."""

from pictrace import weights
from pictrace.encoders import _torch, check_model
from pictrace.encoders._network import NetworkEncoder, network_card
from pictrace.settings import EVERY_CORE, Runtime
from pictrace.weights import ModelCard


class Encoder(NetworkEncoder):
    """The pooled features of a network of timm (Wightman, https://github.com/huggingface/pytorch-image-models).

    `timm:NAME` has the card `timm-NAME`, which `card_of` makes of a file of weights.

    Raises:
        UnknownNameError: there is no such card.
        MissingExtraError: the network was not exported, and the extra `torch` is not installed.
    """

    def __init__(self, model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
        check_model("timm", model, "timm:resnet18")
        name = f"timm:{model}"
        card = network_card(name, runtime)

        def make() -> _torch.Model:
            return _torch.Model(card, lambda: _torch.timm_network(model), runtime=runtime)

        super().__init__(name, card, make, runtime)


def card_of(model: str, *, sha256: str, size: int) -> ModelCard:
    """The card of a network's weights, a safetensors file of `size` bytes, with what timm says of its preparation.

    Raises:
        UnknownNameError: timm knows none of that name, or it looks at something else than squares.
        MissingExtraError: the extra `torch` is not installed.
    """
    width, preparation, licence = _torch.timm_facts(model)
    name = weights.card_name(f"timm:{model}")
    return ModelCard(
        name=name,
        file=f"{name}.safetensors",
        origin=f"weights of timm's network {model}",
        revision="1",
        licence=licence,
        sha256=sha256,
        size=size,
        purpose=f"what timm's network {model} was trained for",
        runtime="torch",
        input=f"(n, 3, {preparation.side}, {preparation.side}) float32 RGB",
        normalisation="(x / 255 - mean) / std",
        output=f"(n, {width}): features before the classifier, pooled as the network does",
        width=width,
        preparation=preparation,
    )
