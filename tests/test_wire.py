"""What workers say is data: it comes back as it was, and nothing else comes through."""

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictrace._wire import Bug, WireError, packed, unpacked
from pictrace.errors import ImageCorruptError, PictureError
from pictrace.types import FEATURE_DTYPE

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(PLAIN)
def test_plain_values_come_back(value) -> None:
    """Numbers, text, bytes, lists and dicts of them."""
    assert value == unpacked(packed(value))


@pytest.mark.parametrize(
    "array",
    [np.arange(12, dtype=np.uint8).reshape(3, 4), np.zeros((0, 5), np.float32), np.zeros(3, FEATURE_DTYPE)],
    ids=["bytes", "empty", "features"],
)
def test_arrays_come_back_read_only(array) -> None:
    """With their type and shape."""
    (back,) = unpacked(packed([array]))

    assert (array.dtype, array.shape, array.tobytes()) == (back.dtype, back.shape, back.tobytes())
    assert not back.flags.writeable


@pytest.mark.parametrize("error", [PictureError("a"), ImageCorruptError("cut", hint="mend it")])
def test_errors_keep_their_kind(error: PictureError) -> None:
    """Type, message and hint."""
    back = unpacked(packed(error))

    assert (type(error), str(error), error.hint) == (type(back), str(back), back.hint)


def test_a_bug_comes_back() -> None:
    """For the log."""
    assert Bug("KeyError", "line 1") == unpacked(packed(Bug("KeyError", "line 1")))


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array(["a"], object), np.int64(3), ValueError("x")])
def test_other_things_do_not_travel(value) -> None:
    """What is not listed is refused where it is made."""
    with pytest.raises(TypeError):
        packed(value)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xc1",
        b"\x93\x01",
        packed("a") + b"more",
        msgpack.packb(msgpack.ExtType(9, msgpack.packb([]))),
        msgpack.packb(msgpack.ExtType(1, msgpack.packb(["O", [1], b"12345678"]))),
        msgpack.packb(msgpack.ExtType(1, msgpack.packb(["u1", [9], b"1"]))),
        msgpack.packb(msgpack.ExtType(2, msgpack.packb(["SystemExit", "", ""]))),
        msgpack.packb(msgpack.ExtType(2, b"\xc1")),
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 5000 + b"\x00",
        b"\x9f" + (b"\x9f" + b"\x80" * 15) * 15 * 15,
        b"\xdc\x01\x00" + b"\x00" * 256,
    ],
)
def test_what_no_worker_of_ours_sends_is_refused(message: bytes) -> None:
    """Cut off, too much, unknown kinds, wrong shapes, foreign errors, absurd lengths, endless nesting,
    more containers than any answer has.
    """
    with pytest.raises(WireError):
        unpacked(message)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_refused(message: bytes) -> None:
    """Nothing else can happen."""
    try:
        unpacked(message)
    except WireError:
        return
