"""Whether an ONNX file is all of a model: its tensors are looked through, field by field, before anything opens it.

https://github.com/onnx/onnx/blob/main/onnx/onnx.proto and https://protobuf.dev/programming-guides/encoding. The bytes
are somebody else's, and a runtime that follows a path in them would read any file of this machine.
"""

from collections.abc import Iterator, Mapping

_TENSOR = "tensor"
_HOLDS: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: _TENSOR, 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: _TENSOR, 6: "graph", 10: _TENSOR, 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: _TENSOR, 2: _TENSOR},
}
"""Which fields of a message hold messages in which tensors may be, by number."""

_EXTERNAL_DATA, _DATA_LOCATION, _EXTERNAL = 13, 14, 1
_END = (0, 0)


_MOST_DEEP, _MOST_FIELDS = 10_000, 5_000_000


def refers_outside(data: bytes) -> bool:
    """Whether a tensor says that its values are in another file.

    Raises:
        ValueError: the bytes are no protocol buffer, or of more parts than a model has.
    """
    # Depth first, so that what is kept of a file of many small messages is only the way to the one that is read.
    kinds, left = ["model"], [_fields(memoryview(data))]
    for _ in range(_MOST_FIELDS):
        number, value = next(left[-1], _END)
        if not number:
            kinds.pop()
            left.pop()
            if not left:
                return False
        elif kinds[-1] == _TENSOR:
            if number == _EXTERNAL_DATA or (number == _DATA_LOCATION and _is_external(value)):
                return True
        elif number in _HOLDS[kinds[-1]] and isinstance(value, memoryview) and value:
            if len(left) == _MOST_DEEP:
                raise ValueError("a field is deeper than any of a model")
            kinds.append(_HOLDS[kinds[-1]][number])
            left.append(_fields(value))
    raise ValueError(f"there is more than {_MOST_FIELDS:,} times a field")


def _is_external(value: int | memoryview) -> bool:
    """Whether a number is the one that the runtime takes for `EXTERNAL`: it keeps 32 bits."""
    return isinstance(value, int) and value & 0xFFFFFFFF == _EXTERNAL


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Each field's number with its bytes, or its value if it is a whole number."""
    place, end = 0, len(message)
    while place < end:
        key, place = _varint(message, place)
        if key >> 32:
            # Readers differ in which bits of such a key they drop, and so in which field it is.
            raise ValueError("the number of a field is longer than there are")
        if key < 8:
            raise ValueError("a field has no number")
        wire = key & 7
        if wire == 0:
            value, place = _varint(message, place)
            yield key >> 3, value
            continue
        if wire == 2:
            length, place = _varint(message, place)
        elif wire in {1, 5}:
            length = 8 if wire == 1 else 4
        else:
            raise ValueError("a field of a kind that there is not")
        if length > end - place:
            raise ValueError("a field is longer than what holds it")
        yield key >> 3, message[place : place + length]
        place += length


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(message):
            break
        byte = message[place]
        value, place = value | (byte & 0x7F) << shift, place + 1
        if byte < 0x80:
            return value, place
    raise ValueError("a number does not end")
