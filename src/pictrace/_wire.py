"""What crosses the pipe from a worker: plain values and arrays, never objects that run code when they are read.

A worker has looked at foreign bytes and may be in somebody else's hands; what it says is data, of a bounded size and
of kinds that are listed here. The other way, from the program to its workers, multiprocessing's own messages are used.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from pictrace.errors import PictureError
from pictrace.types import FEATURE_DTYPE

MOST_BYTES = 64 << 20
"""Longest message; a prepared picture takes a quarter of a megabyte."""

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
    try:
        return msgpack.unpackb(message, ext_hook=_value, strict_map_key=True)
    except (ValueError, TypeError, KeyError, RecursionError, msgpack.UnpackException) as error:
        raise WireError("what a worker sent back cannot be read") from error


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
    parts = msgpack.unpackb(data)
    if code == _ARRAY:
        return _array(*parts)
    if code == _ERROR:
        name, message, hint = map(str, parts)
        return {kind.__name__: kind for kind in _kinds(PictureError)}[name](message, hint=hint)
    if code == _BUG:
        name, trace = map(str, parts)
        return Bug(name, trace)
    raise ValueError(f"no extension has the number {code}")


def _array(name: str, shape: list[int], data: bytes) -> npt.NDArray[Any]:
    return np.frombuffer(data, _DTYPES[name]).reshape(shape)


def _kinds(kind: type[PictureError]) -> Iterator[type[PictureError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)
