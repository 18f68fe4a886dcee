"""ONNX files in smaller numbers: halves, or eight bits fitted on pictures."""

import importlib.util
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy.typing as npt

from pictrace.errors import MissingExtraError

Precision = Literal["fp32", "fp16", "int8"]


def reduced(data: bytes, precision: Precision, samples: Sequence[npt.NDArray[Any]]) -> bytes:
    """The model in another precision; `samples` are inputs of one picture each, in its layout, that eight bits fit.

    Inputs and outputs keep their types. In eight bits, weights have one scale for each channel, and activations the
    range that the samples showed.

    Raises:
        MissingExtraError: onnx is not installed.
    """
    if precision == "fp32":
        return data
    if importlib.util.find_spec("onnx") is None:
        raise MissingExtraError("exporting needs onnx, which is not installed", hint='pip install "pictrace[onnx]"')
    return _halves(data) if precision == "fp16" else _eighths(data, samples)


def _halves(data: bytes) -> bytes:
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    made: bytes = convert_float_to_float16(onnx.load_from_string(data), keep_io_types=True).SerializeToString()
    return made


def _eighths(data: bytes, samples: Sequence[npt.NDArray[Any]]) -> bytes:
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Samples(CalibrationDataReader):  # type: ignore[misc]  # it comes without types
        def __init__(self, name: str) -> None:
            self._left: Iterator[Mapping[str, npt.NDArray[Any]]] = iter([{name: one} for one in samples])

        def get_next(self) -> Mapping[str, npt.NDArray[Any]] | None:
            return next(self._left, None)

    with tempfile.TemporaryDirectory() as folder:
        whole, ready, small = (Path(folder) / f"{name}.onnx" for name in ("whole", "ready", "small"))
        whole.write_bytes(data)
        name = onnx.load_from_string(data).graph.input[0].name
        _quietly(lambda: quant_pre_process(whole, ready))
        _quietly(
            lambda: quantize_static(
                ready,
                small,
                Samples(name),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
        )
        return small.read_bytes()


def _quietly(work: Any) -> None:
    """Runs what warns the root logger of things that are for its makers."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        work()
    finally:
        root.setLevel(level)
