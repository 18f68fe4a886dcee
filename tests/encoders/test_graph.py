"""encoders._graph: no tensor of an ONNX file is anywhere else, however that is written."""

import tracemalloc

import pytest
from small_models import small_onnx

from pictrace import weights
from pictrace.encoders import _graph
from pictrace.encoders._graph import refers_outside


def varint(value: int, *, padded: int = 0) -> bytes:
    """A whole number, with more bytes than it needs if that is wanted."""
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    if not padded:
        return bytes([*parts, value])
    return bytes([*parts, value | 0x80, *[0x80] * (padded - 1), 0])


def field(number: int, value: bytes | int, *, padded: int = 0) -> bytes:
    """One field of a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value, padded=padded)
    return varint(number << 3 | 2) + varint(len(value), padded=padded) + value


LOCATION = field(1, b"location") + field(2, b"../../etc/passwd")
OUTSIDE = field(8, b"mixing") + field(13, LOCATION)
LOCATED = field(8, b"mixing") + field(14, 1)


def inside(*numbers: int, tensor: bytes = OUTSIDE) -> bytes:
    """A model that holds the tensor within such fields, from the outermost."""
    for number in reversed(numbers):
        tensor = field(number, tensor)
    return field(1, 8) + tensor


@pytest.mark.parametrize(
    "data",
    [
        inside(7, 5),
        inside(7, 5, tensor=LOCATED),
        inside(7, 1, 5, 5),
        inside(7, 1, 5, 10),
        inside(7, 1, 5, 6, 5),
        inside(7, 1, 5, 11, 1, 5, 5),
        inside(7, 15, 1),
        inside(7, 15, 2),
        inside(7, 1, 5, 22, 1),
        inside(7, 1, 5, 23, 2),
        inside(25, 7, 5, 5),
        inside(25, 11, 6, 5),
        inside(20, 1, 5),
        inside(20, 2, 5),
        inside(7, 5, tensor=field(13, field(2, b"../../etc/passwd") + field(1, b"location"))),
        inside(7, 5, tensor=field(13, LOCATION, padded=2)),
        inside(7, 5, tensor=field(14, 1, padded=3)),
        inside(7, 5, tensor=field(14, 0) + field(14, 1)),
    ],
    ids=range(18),
)
def test_a_tensor_elsewhere_is_found(data):
    """In initializers, attributes, subgraphs and functions, in any order and spelling."""
    assert refers_outside(data)


@pytest.mark.parametrize(
    "data",
    [
        small_onnx(),
        small_onnx(shape="tokens"),
        inside(7, 5, tensor=field(8, b"location") + field(14, 0)),
        inside(7, 1, tensor=field(3, b"\x0a\x08location\x12\x04node")),
        b"",
    ],
    ids=range(5),
)
def test_a_whole_model_is_whole(data):
    """Whatever its nodes are called."""
    assert not refers_outside(data)


def test_the_bundled_model_is_whole():
    """A real one, of some hundred nodes."""
    assert not refers_outside(weights.content(weights.card("lite0")))


@pytest.mark.parametrize(
    "data",
    [b"\x08", b"\x3a\x05ab", b"\xff" * 20, b"\x0b\x01", b"\x3a\x04\x2a\x09ab", b"\x09abc", b"\x02\x00"],
    ids=range(7),
)
def test_what_is_no_protocol_buffer_is_told(data):
    """Cut off, or with what there is not."""
    with pytest.raises(ValueError, match=r"a field|a number"):
        refers_outside(data)


@pytest.mark.parametrize("number", [13, 14])
def test_a_field_whose_number_is_longer_than_there_are_is_refused(number):
    """The runtime drops what is beyond 32 bits, and reads a tensor elsewhere out of it."""
    key = number << 3 | (2 if number == 13 else 0)
    value = field(number, LOCATION if number == 13 else 1)[len(varint(key)) :]

    with pytest.raises(ValueError, match="longer than there are"):
        refers_outside(inside(7, 5, tensor=varint(key | 1 << 32) + value))


def test_a_number_is_cut_as_the_runtime_cuts_it():
    """To 32 bits."""
    assert refers_outside(inside(7, 5, tensor=field(14, 1 | 1 << 32)))


@pytest.mark.parametrize("name", ["_MOST_DEEP", "_MOST_FIELDS"])
def test_a_file_of_more_parts_than_a_model_has_is_refused(monkeypatch, name):
    """Looking it through would take minutes, and the memory of a hundred times its bytes."""
    monkeypatch.setattr(_graph, name, 3)

    with pytest.raises(ValueError, match="a field"):
        refers_outside(small_onnx())


def test_small_messages_are_not_kept():
    """Nodes without anything in them."""
    data = field(7, field(1, b"") * 50_000)
    tracemalloc.start()

    assert not refers_outside(data)
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()


def test_depth_costs_no_stack():
    """Graphs in graphs, as deep as a file lets them be."""
    deep = b""
    for _ in range(3000):
        deep = field(1, field(5, field(6, deep)))

    assert not refers_outside(field(7, deep))
