"""Networks of torch and Keras with seeded weights, as files with cards in a folder of models.

Batch norms hold what the seeded pictures of `lively` show of their inputs: with those of a new network, rows of
different pictures would hardly differ, and comparing them would prove nothing.
"""

import dataclasses
import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from pictrace import weights
from pictrace.weights import ModelCard


def lacking(*names: str) -> bool:
    """Whether one of these libraries is not installed."""
    return any(importlib.util.find_spec(name) is None for name in names)


needs_torch = pytest.mark.skipif(
    lacking("torch", "torchvision", "timm", "safetensors"), reason="the extra torch is not installed"
)
needs_keras = pytest.mark.skipif(lacking("keras", "tensorflow"), reason="the extra tensorflow is not installed")
needs_onnx = pytest.mark.skipif(lacking("onnx", "onnxscript", "tf2onnx"), reason="the extra onnx is not installed")


def put(folder: Path, card: ModelCard, data: bytes) -> ModelCard:
    """The card with the hash of these bytes, both written into the folder of models."""
    pinned = dataclasses.replace(card, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    (folder / card.file).write_bytes(data)
    (folder / f"{card.name}.json").write_text(weights.spelled(pinned))
    return pinned


def lively(count: int, side: int, *, seed: int = 5) -> npt.NDArray[np.uint8]:
    """Pictures of smooth blobs, `(count, side, side, 3)` uint8."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (count, 6, 6, 3), dtype=np.uint8)
    return np.stack([np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BICUBIC)) for one in coarse])


def settle(network: Any, values: npt.NDArray[np.float32]) -> Any:
    """A network of torch whose batch norms have seen these inputs, in evaluation."""
    import torch

    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None  # the mean of what was seen
            layer.reset_running_stats()
    with torch.no_grad():
        network.train()(torch.from_numpy(values))
    return network.eval()


def safetensors_of(network: Any) -> bytes:
    """The weights of a network of torch."""
    from safetensors.torch import save

    return save({name: one.contiguous() for name, one in network.state_dict().items()})


def apart(left: npt.NDArray[np.float32], right: npt.NDArray[np.float32]) -> float:
    """The largest cosine distance of rows at the same place."""
    return float(1 - np.einsum("ij,ij->i", left, right).min())


def spread(rows: npt.NDArray[np.float32]) -> float:
    """The least cosine distance of different rows: without one, that others are near says nothing."""
    cosines = rows @ rows.T
    return float(1 - cosines[~np.eye(len(rows), dtype=bool)].max())
