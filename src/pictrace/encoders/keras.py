"""Any network of keras.applications whose weights lie in the folder of models: `keras:NAME`."""

from pictrace import weights
from pictrace.encoders import _keras, check_model
from pictrace.encoders._network import NetworkEncoder, network_card
from pictrace.settings import EVERY_CORE, Runtime
from pictrace.weights import ModelCard


class Encoder(NetworkEncoder):
    """A network of keras.applications without its top, averaged (https://keras.io/api/applications/).

    `keras:NAME` has the card `keras-name`, in small letters, which `card_of` makes of a file of weights.

    Raises:
        UnknownNameError: there is no such card.
        MissingExtraError: the network was not exported, and the extra `tensorflow` is not installed.
    """

    def __init__(self, model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
        check_model("keras", model, "keras:MobileNetV2")
        name = f"keras:{model}"
        card = network_card(name, runtime)
        super().__init__(name, card, lambda: _keras.Model(card, model, runtime=runtime), runtime)


def card_of(model: str, *, sha256: str, size: int) -> ModelCard:
    """The card of a network's weights without its top, an HDF5 file of `size` bytes.

    Raises:
        UnknownNameError: keras.applications has none of that name.
        MissingExtraError: the extra `tensorflow` is not installed.
    """
    width, preparation = _keras.facts(model)
    name = weights.card_name(f"keras:{model}")
    return ModelCard(
        name=name,
        file=f"{name}.h5",
        origin=f"weights of keras.applications.{model}, without its top",
        revision="1",
        licence="see keras.applications",
        sha256=sha256,
        size=size,
        purpose=f"what keras.applications.{model} was trained for",
        runtime="keras",
        input=f"(n, {preparation.side}, {preparation.side}, 3) float32, the whole picture squashed (bilinear)",
        normalisation="(x / 255 - mean) / std, as preprocess_input does",
        output=f"(n, {width}): the last layer, averaged over all places",
        width=width,
        preparation=preparation,
    )
