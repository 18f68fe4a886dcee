"""ONNX files of a few kilobytes with seeded weights, written byte by byte as onnx.proto says, and cards for them.

https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; nothing has to be installed to make one.
"""

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pictrace import weights
from pictrace.weights import ModelCard, Preparation

WIDTH = 24
_POOL = 8
_FLOAT, _INT64 = 1, 7
_BOOL = 9
_INT, _GRAPH, _INTS = 2, 5, 7


def small_onnx(
    side: int = 64,
    *,
    shape: str = "rows",
    batch: str | int = "n",
    seed: int = 1,
    apart: bool = True,
    is_open: bool = False,
) -> bytes:
    """Averages of 8 x 8 pixels, mixed by seeded weights: `rows` (n, 24), or `tokens` (n, places, 24).

    The input is `pixels`, (batch, 3, side, side) float32, of which the file does not tell the sides if that is open.
    Where pictures are not kept apart, the mean of the batch is taken off each.
    """
    across = side // _POOL
    sides = ["height", "width"] if is_open else [side, side]
    depth = 3 * across * across if shape == "rows" else 3
    mixing = np.random.default_rng(seed).normal(size=(depth, WIDTH)).astype(np.float32)
    pooled = _node(
        "AveragePool", ["pixels"], "pooled", _ints("kernel_shape", [_POOL] * 2) + _ints("strides", [_POOL] * 2)
    )
    if shape == "rows":
        nodes = [pooled, _node("Flatten", ["pooled"], "flat")]
        form: list[str | int] = [batch, WIDTH]
    else:
        places = np.array([0, 3, across * across], np.int64)
        nodes = [pooled, _node("Reshape", ["pooled", "places"], "planes")]
        nodes += [_node("Transpose", ["planes"], "flat", _ints("perm", [0, 2, 1]))]
        form = [batch, across * across, WIDTH]
    nodes.append(_node("MatMul", ["flat", "mixing"], "rows" if apart else "mixed"))
    if not apart:
        nodes += [_node("ReduceMean", ["mixed"], "mean", _ints("axes", [0])), _node("Sub", ["mixed", "mean"], "rows")]
    graph = b"".join(_bytes(1, node) for node in nodes) + _bytes(2, b"small") + _bytes(5, _tensor("mixing", mixing))
    if shape != "rows":
        graph += _bytes(5, _tensor("places", places))
    graph += _bytes(11, _value("pixels", [batch, 3, *sides])) + _bytes(12, _value("rows", form))
    return _number(1, 8) + _bytes(8, _number(2, 17)) + _bytes(7, graph)


def endless_onnx(side: int = 64) -> bytes:
    """A model that counts for ever before it gives rows (24 values): a `Loop` whose condition never fails."""
    body = [_node("Identity", ["go"], "go_on"), _node("Add", ["count", "one"], "counted")]
    inside = b"".join(_bytes(1, node) for node in body) + _bytes(2, b"body")
    inside += _bytes(11, _value("turn", [], _INT64)) + _bytes(11, _value("go", [], _BOOL))
    inside += (
        _bytes(11, _value("count", [])) + _bytes(12, _value("go_on", [], _BOOL)) + _bytes(12, _value("counted", []))
    )
    loop = _node("Loop", ["", "true", "mean"], "counts", _bytes(5, _attribute("body", _GRAPH, _bytes(6, inside))))
    tensors = [_tensor("true", np.array(True)), _tensor("one", np.array(1, np.float32))]
    return _of_mean([loop], "counts", tensors, side)


def huge_onnx(values: int, side: int = 64) -> bytes:
    """A model of a few bytes that lays out so many float32 values before it gives rows (24 values)."""
    nodes = [_node("Expand", ["mean", "many"], "laid"), _node("ReduceMax", ["laid"], "most", _flag("keepdims", 0))]
    return _of_mean(nodes, "most", [_tensor("many", np.array([values], np.int64))], side)


def _of_mean(nodes: Sequence[bytes], number: str, tensors: Sequence[bytes], side: int) -> bytes:
    """A model whose nodes make a number of the mean of all pixels, which is added to rows of places' means."""
    mixing = np.random.default_rng(1).normal(size=(3, WIDTH)).astype(np.float32)
    before = [_node("ReduceMean", ["pixels"], "mean", _flag("keepdims", 0))]
    before += [_node("ReduceMean", ["pixels"], "means", _ints("axes", [2, 3]) + _flag("keepdims", 0))]
    after = [_node("MatMul", ["means", "mixing"], "mixed"), _node("Add", ["mixed", number], "rows")]
    graph = b"".join(_bytes(1, node) for node in [*before, *nodes, *after]) + _bytes(2, b"small")
    graph += b"".join(_bytes(5, one) for one in [*tensors, _tensor("mixing", mixing)])
    graph += _bytes(11, _value("pixels", ["n", 3, side, side])) + _bytes(12, _value("rows", ["n", WIDTH]))
    return _number(1, 8) + _bytes(8, _number(2, 17)) + _bytes(7, graph)


def small_card(folder: Path, data: bytes, *, name: str = "small", **facts: object) -> ModelCard:
    """The card of such a file, both written into the folder of models."""
    plain = weights.card("lite0")
    card = dataclasses.replace(
        plain,
        name=name,
        file=f"{name}.onnx",
        origin="made for a test",
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        width=WIDTH,
        preparation=Preparation(64, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25)),
        reference=None,
    )
    card = dataclasses.replace(card, **facts)
    (folder / card.file).write_bytes(data)
    (folder / f"{name}.json").write_text(weights.spelled(card))
    return card


def _node(kind: str, inputs: Sequence[str], output: str, attributes: bytes = b"") -> bytes:
    given = b"".join(_bytes(1, name.encode()) for name in inputs)
    return given + _bytes(2, output.encode()) + _bytes(3, output.encode()) + _bytes(4, kind.encode()) + attributes


def _ints(name: str, values: Sequence[int]) -> bytes:
    return _bytes(5, _bytes(1, name.encode()) + b"".join(_number(8, one) for one in values) + _number(20, _INTS))


def _flag(name: str, value: int) -> bytes:
    return _bytes(5, _attribute(name, _INT, _number(3, value)))


def _attribute(name: str, kind: int, value: bytes) -> bytes:
    return _bytes(1, name.encode()) + value + _number(20, kind)


def _tensor(name: str, values: npt.NDArray) -> bytes:
    kind = {"int64": _INT64, "bool": _BOOL}.get(str(values.dtype), _FLOAT)
    dims = b"".join(_number(1, one) for one in values.shape)
    return dims + _number(2, kind) + _bytes(8, name.encode()) + _bytes(9, values.tobytes())


def _value(name: str, form: Sequence[str | int], kind: int = _FLOAT) -> bytes:
    dims = (_number(1, one) if isinstance(one, int) else _bytes(2, one.encode()) for one in form)
    tensor = _number(1, kind) + _bytes(2, b"".join(_bytes(1, one) for one in dims))
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
