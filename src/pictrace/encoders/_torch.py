"""The one place that runs networks of PyTorch: architectures of torchvision and timm, weights from safetensors."""

import importlib.util
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pictrace import weights
from pictrace.encoders._once import Once
from pictrace.encoders._preparation import numbers
from pictrace.encoders._rows import in_passes, rows_of
from pictrace.errors import MissingExtraError, ModelDamagedError, UnknownNameError
from pictrace.settings import EVERY_CORE, Runtime
from pictrace.types import Rows
from pictrace.weights import Fit, ModelCard, Preparation, Resample

BATCH = 16
"""Pictures per pass."""

OPSET = 18

_SHOWN = 3
_RESAMPLES: dict[str, Resample] = {"bilinear": "bilinear", "bicubic": "bicubic", "box": "area"}
_FITS: dict[str, Fit] = {"center": "crop", "squash": "squash", "border": "pad"}

Build = Callable[[], tuple[Any, Sequence[str]]]
"""Makes a network without its classifier, weights at random, and says how the classifier's weights begin."""


class Model:
    """A network of PyTorch that turns pictures into rows as its card says; loaded with the first rows.

    Raises:
        MissingExtraError: PyTorch is not installed.
    """

    def __init__(self, card: ModelCard, build: Build, *, runtime: Runtime = EVERY_CORE) -> None:
        require()
        self.card = card
        self._build = build
        self._runtime = runtime

    @Once
    def provider(self) -> str:
        """`cuda` where PyTorch has it and the setting allows it, else `cpu`."""
        import torch

        wanted, has_cuda = self._runtime.provider, torch.cuda.is_available()
        if wanted == "cuda" and not has_cuda:
            raise MissingExtraError(
                "the PyTorch that is installed has no CUDA here", hint="https://pytorch.org/get-started"
            )
        return "cuda" if has_cuda and wanted in {"auto", "cuda"} else "cpu"

    def rows(self, pictures: npt.NDArray[np.uint8]) -> Rows:
        """Rows `(n, width)` float32 of length 1 of `(n, side, side, 3)` uint8 RGB pictures, any n.

        Raises:
            ModelMissingError: the file is not there.
            ModelDamagedError: the file is not the card's, or its tensors are not those of the network.
        """
        return in_passes(pictures, self.card, BATCH, self._pass)

    def _pass(self, pictures: npt.NDArray[np.uint8]) -> Rows:
        import torch

        if self._runtime.threads:
            torch.set_num_threads(self._runtime.threads)
        values = np.ascontiguousarray(numbers(pictures, self.card.preparation))
        with torch.inference_mode():
            found = self._network(torch.from_numpy(values).to(self.provider))
        return rows_of(found.float().cpu().numpy(), self.card)

    def onnx(self) -> bytes:
        """The same network as an ONNX file: opset 18, one input `(n, 3, side, side)` float32, rows before they are
        brought to length 1.

        Raises:
            MissingExtraError: what exports is not installed.
        """
        import torch

        require("onnx", "onnxscript")
        sample = torch.zeros(2, 3, self.card.side, self.card.side)
        network = self._network.to("cpu")
        # The exporter warns of its own insides, which are for its makers to see to.
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
            made = torch.onnx.export(
                network,
                (sample,),
                dynamo=True,
                dynamic_shapes=({0: torch.export.Dim("n", min=1)},),
                input_names=["pixels"],
                output_names=["rows"],
                opset_version=OPSET,
                verbose=False,
            )
            network.to(self.provider)
            path = Path(folder) / "model.onnx"
            made.save(path, external_data=False)
            return path.read_bytes()

    @Once
    def _network(self) -> Any:
        from safetensors import SafetensorError
        from safetensors.torch import load

        network, classifier = self._build()
        try:
            given = load(weights.content(self.card, self._runtime.models))
        except SafetensorError as error:
            raise _unfit(self.card, str(error)[:200]) from error
        _fill(network, {name: one for name, one in given.items() if not name.startswith(tuple(classifier))}, self.card)
        return network.eval().to(self.provider)


def require(*libraries: str) -> None:
    """Nothing, if PyTorch and these libraries can be imported.

    Raises:
        MissingExtraError: one is not installed; the hint is the install line.
    """
    for name in ("torch", "safetensors", *libraries):
        if importlib.util.find_spec(name) is None:
            extra = "torch,onnx" if name.startswith("onnx") else "torch"
            raise MissingExtraError(
                f"this needs {name}, which is not installed", hint=f'pip install "pictrace[{extra}]"'
            )


def resnet50() -> tuple[Any, Sequence[str]]:
    """Torchvision's ResNet-50 up to its average (He et al., https://arxiv.org/abs/1512.03385)."""
    import torch
    import torchvision

    network = torchvision.models.resnet50(weights=None)
    network.fc = torch.nn.Identity()
    return network, ("fc.",)


def timm_network(name: str) -> tuple[Any, Sequence[str]]:
    """A network of timm that gives its pooled features.

    Raises:
        UnknownNameError: timm knows none of that name.
    """
    network = _timm(name)
    classifier = network.pretrained_cfg.get("classifier") or ()
    named = (classifier,) if isinstance(classifier, str) else classifier
    return network, tuple(f"{one}." for one in named)


def timm_facts(name: str) -> tuple[int, Preparation, str]:
    """What timm says of a network: values of a row, how pictures are prepared, the licence of its weights.

    Raises:
        UnknownNameError: timm knows none of that name, or it looks at something else than squares.
        MissingExtraError: timm is not installed.
    """
    require("timm")
    import timm.data

    network = _timm(name)
    config = timm.data.resolve_model_data_config(network)
    (_, height, side), fit = config["input_size"], _FITS.get(config["crop_mode"])
    resample = _RESAMPLES.get(config["interpolation"])
    if height != side or fit is None or resample is None:
        raise UnknownNameError(f"timm:{name} prepares pictures in a way that is not known here")
    mean, std = ((float(one[0]), float(one[1]), float(one[2])) for one in (config["mean"], config["std"]))
    preparation = Preparation(side, fit, resample, float(config["crop_pct"]), mean, std)
    # Some networks have a layer between the pool and the classifier, whose values are those that come out.
    width = getattr(network, "head_hidden_size", None) or network.num_features
    return int(width), preparation, str(network.pretrained_cfg.get("license") or "unknown")


def _timm(name: str) -> Any:
    require("timm")
    import timm

    if not timm.is_model(name):
        near = ", ".join(timm.list_models(f"*{name.partition('.')[0][:8]}*")[:_SHOWN])
        raise UnknownNameError(
            f"timm knows no {name!r}", hint=f"near are: {near}" if near else "see timm.list_models()"
        )
    try:
        return timm.create_model(name, pretrained=False, num_classes=0)
    except RuntimeError as error:
        raise UnknownNameError(f"timm cannot make {name!r}: {str(error)[:200]}") from error


def _fill(network: Any, given: dict[str, Any], card: ModelCard) -> None:
    """Puts tensors into a network, every one of which must have a place there and leave none empty."""
    try:
        missing, unexpected = network.load_state_dict(given, strict=False)
    except RuntimeError as error:
        raise _unfit(card, str(error)[:200]) from error
    # Counts of the batches that training saw, which nothing here reads.
    lacking = [name for name in missing if not name.endswith("num_batches_tracked")]
    if lacking or unexpected:
        what = [f"lacks {', '.join(lacking[:_SHOWN])}"] if lacking else []
        what += [f"has {', '.join(unexpected[:_SHOWN])}, which has no place there"] if unexpected else []
        raise _unfit(card, " and ".join(what))


def _unfit(card: ModelCard, what: str) -> ModelDamagedError:
    return ModelDamagedError(
        f"the weights of {card.name} are not those of the network: {what}",
        hint="weights and name belong together; is this the file of another network?",
    )
