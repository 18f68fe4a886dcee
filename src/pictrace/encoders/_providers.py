"""What a model can run on here: execution providers of ONNX Runtime, by the names that the setting `provider` has."""

from collections.abc import Sequence

from pictrace.errors import MissingExtraError

CPU = "CPUExecutionProvider"

NAMES = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "cpu": CPU,
}
"""From the quickest, as far as they can be ordered without having measured them, to what is everywhere."""

_PACKAGES = {
    "tensorrt": "pip uninstall onnxruntime && pip install onnxruntime-gpu tensorrt",
    "cuda": "pip uninstall onnxruntime && pip install 'onnxruntime-gpu[cuda,cudnn]'",
    "openvino": "pip uninstall onnxruntime && pip install onnxruntime-openvino",
    "coreml": "it comes with onnxruntime on macOS",
    "directml": "pip uninstall onnxruntime && pip install onnxruntime-directml",
}

APART = frozenset({"tensorrt", "cuda", "directml"})
"""Those with a memory of their own, which larger batches are worth the way to."""


def named(available: Sequence[str]) -> Sequence[str]:
    """The settings' names of what a runtime offers, the quickest first."""
    return tuple(name for name, provider in NAMES.items() if provider in available)


def chosen(wanted: str, available: Sequence[str]) -> str:
    """The name of what models run on, for the setting's name and what the runtime offers.

    Raises:
        MissingExtraError: the runtime that is installed does not offer the one that was asked for.
    """
    offered = (*named(available), "cpu")
    if wanted == "auto":
        return offered[0]
    if wanted not in offered:
        raise MissingExtraError(
            f"the onnxruntime that is installed runs models on {', '.join(dict.fromkeys(offered))}, not on {wanted}",
            hint=_PACKAGES[wanted],
        )
    return wanted


def listed(name: str, available: Sequence[str]) -> list[str]:
    """What a session is made with: the provider, and those that take over what it cannot run."""
    falling = {"tensorrt": ("tensorrt", "cuda", "cpu")}.get(name, (name, "cpu"))
    return [NAMES[one] for one in dict.fromkeys(falling) if one == "cpu" or NAMES[one] in available]
