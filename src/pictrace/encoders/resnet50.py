"""ResNet-50, the classic: what a picture shows, in 2,048 numbers."""

from pictrace import weights
from pictrace.encoders import _keras, _torch, refuse_model
from pictrace.encoders._network import NetworkEncoder, exported_card
from pictrace.errors import ModelMissingError
from pictrace.settings import EVERY_CORE, Runtime


class Encoder(NetworkEncoder):
    """ResNet-50 (ImageNet) up to its average, by what is in the folder of models, the first that is there of:

    1. `resnet50-onnx`, what `pictrace models export resnet50` wrote: run by ONNX Runtime alone;
    2. `resnet50`, the weights of torchvision, run by PyTorch (the extra `torch`);
    3. `keras-resnet50-onnx`, what the same command wrote while only the weights of Keras were there;
    4. `keras-resnet50`, the weights of Keras, run by TensorFlow (the extra `tensorflow`).

    The weights of Keras are others, so other rows and another version.
    He et al., https://arxiv.org/abs/1512.03385.

    Raises:
        ModelMissingError: none is there.
        MissingExtraError: the weights are there, and what runs them is not installed.
    """

    def __init__(self, model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
        refuse_model("resnet50", model)
        card, other = (weights.card(name, runtime.models) for name in ("resnet50", "keras-resnet50"))
        is_here = [
            weights.state(one, runtime.models) == "here" or exported_card(one, runtime) is not None
            for one in (card, other)
        ]
        if is_here == [False, False]:
            raise ModelMissingError(
                "no weights of resnet50 are here",
                hint="`pictrace models pull resnet50` for PyTorch, or keras-resnet50 for TensorFlow; "
                "what `pictrace models export resnet50` writes needs neither",
            )
        if is_here == [False, True]:
            super().__init__("resnet50", other, lambda: _keras.Model(other, "ResNet50", runtime=runtime), runtime)
        else:
            super().__init__("resnet50", card, lambda: _torch.Model(card, _torch.resnet50, runtime=runtime), runtime)
