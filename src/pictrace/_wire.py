"""What comes from a worker: plain values and arrays, never objects that run code when they are read.

A worker has looked at foreign bytes and may be in somebody else's hands; what it says is data, of a bounded size, of
kinds that are listed here, and whole within the time it has. The other way, from the program to its workers,
multiprocessing's own messages are used.
"""

import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from pictrace.errors import PictureError
from pictrace.types import FEATURE_DTYPE

MOST_BYTES = 16 << 20
"""Longest message; a prepared picture takes a quarter of a megabyte, and a plain input of an encoder 600 KB at most."""

_MOST_CONTAINERS = 256
_MOST_MEMBERS = 64
"""Lists and dicts of a message, and what each holds: sixteen million empty ones take gigabytes once they are read."""

_HEADER = struct.Struct("!II")
_BLOCK_BYTES = 1 << 20
_TEXT_CHARACTERS = 300
_TRACE_CHARACTERS = 8000

_ARRAY, _ERROR, _BUG = 1, 2, 3
_DTYPES: dict[str, np.dtype[Any]] = {"u1": np.dtype("u1"), "f4": np.dtype("<f4"), "feature": FEATURE_DTYPE}


class WireError(ValueError):
    """A message from a worker is none that a worker of ours sends."""


@dataclass(frozen=True)
class Bug:
    """An exception that a task should not have raised, on its way to the log."""

    name: str
    trace: str


def packed(answer: Any) -> bytes:
    """The message for an answer: None, numbers, text, bytes, arrays, lists and dicts of them, an error, or a `Bug`.

    Raises:
        TypeError: something else is in it.
    """
    message: bytes = msgpack.packb(answer, default=_extension, strict_types=True)
    return message


def unpacked(message: bytes) -> Any:
    """The answer that `packed` wrote; arrays are read-only.

    Raises:
        WireError: it wrote no such message.
    """
    count = _Count()
    try:
        return msgpack.unpackb(
            message,
            ext_hook=_value,
            list_hook=count,
            object_hook=count,
            strict_map_key=True,
            max_array_len=_MOST_MEMBERS,
            max_map_len=_MOST_MEMBERS,
        )
    except (ValueError, TypeError, KeyError, RecursionError, msgpack.UnpackException) as error:
        raise WireError("what a worker sent back cannot be read") from error


def send(channel: socket.socket, message: bytes, *, ticket: int) -> None:
    """Sends a message that answers an order of this number, which `receive` at the other end gives back."""
    channel.sendall(_HEADER.pack(len(message), ticket) + message)


def receive(channel: socket.socket, *, seconds: float) -> tuple[int, bytes]:
    """The number of an order and the next message, all of it.

    Raises:
        TimeoutError: it is not whole after so many seconds.
        EOFError: the other end is gone.
        WireError: it is longer than any that is sent.
    """
    deadline = time.monotonic() + seconds
    length, ticket = _HEADER.unpack(_exactly(channel, _HEADER.size, deadline))
    if length > MOST_BYTES:
        raise WireError("what a worker sent back is longer than any answer")
    return ticket, _exactly(channel, length, deadline)


def _exactly(channel: socket.socket, length: int, deadline: float) -> bytes:
    received = bytearray()
    while len(received) < length:
        channel.settimeout(max(0.001, deadline - time.monotonic()))
        block = channel.recv(min(_BLOCK_BYTES, length - len(received)))
        if not block:
            raise EOFError
        received += block
        if len(received) < length and time.monotonic() > deadline:
            raise TimeoutError
    return bytes(received)


class _Count:
    """Passes containers through as they are read, up to a number of them."""

    def __init__(self) -> None:
        self._left = _MOST_CONTAINERS

    def __call__(self, container: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise ValueError("too many containers")
        return container


def _extension(value: Any) -> msgpack.ExtType:
    if isinstance(value, np.ndarray):
        name = next((name for name, dtype in _DTYPES.items() if dtype == value.dtype), None)
        if name is None:
            raise TypeError(f"arrays of {value.dtype} do not travel")
        return msgpack.ExtType(_ARRAY, msgpack.packb([name, list(value.shape), value.tobytes()]))
    if isinstance(value, PictureError):
        return msgpack.ExtType(_ERROR, msgpack.packb([type(value).__name__, str(value), value.hint]))
    if isinstance(value, Bug):
        return msgpack.ExtType(_BUG, msgpack.packb([value.name, value.trace]))
    raise TypeError(f"{type(value).__name__} does not travel")


def _value(code: int, data: bytes) -> Any:
    parts = msgpack.unpackb(data, max_array_len=_MOST_MEMBERS, max_map_len=0)
    if code == _ARRAY:
        return _array(*parts)
    if code == _ERROR:
        name, message, hint = (str(part)[:_TEXT_CHARACTERS] for part in parts)
        return {kind.__name__: kind for kind in _kinds(PictureError)}[name](message, hint=hint)
    if code == _BUG:
        name, trace = map(str, parts)
        return Bug(_printable(name)[:_TEXT_CHARACTERS], _printable(trace)[-_TRACE_CHARACTERS:])
    raise ValueError(f"no extension has the number {code}")


def _array(name: str, shape: list[int], data: bytes) -> npt.NDArray[Any]:
    return np.frombuffer(data, _DTYPES[name]).reshape(shape)


def _printable(text: str) -> str:
    """The text without anything that could steer a terminal or begin another record of a log."""
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in text)


def _kinds(kind: type[PictureError]) -> Iterator[type[PictureError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)
