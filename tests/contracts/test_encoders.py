"""Every encoder that ships keeps every promise of `pictrace.testing.encoder`."""

import functools

import numpy as np
import pytest

from pictrace import registry
from pictrace.encoders import encode
from pictrace.errors import MissingExtraError, ModelMissingError, UnknownNameError
from pictrace.picture import Picture
from pictrace.testing import check_encoder
from pictrace.testing.encoder import CHECKS, maker


@functools.cache
def made(name):
    """What makes the encoder, or why it cannot be made here: an extra or weights that are not installed."""
    make = maker(registry.load("encoders", name))
    try:
        encode(make(1), [Picture.open(np.zeros((64, 64), np.uint8))])
    except (MissingExtraError, ModelMissingError, UnknownNameError) as error:
        # Encoders of many models are checked with small ones in tests/encoders.
        return str(error)
    return make


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", registry.names("encoders"))
def test_an_encoder_keeps_its_promises(name, check):
    """The promise in the check's name is kept."""
    make = made(name)
    if isinstance(make, str):
        pytest.skip(make)

    check(make)


@pytest.mark.parametrize("name", registry.names("encoders"))
def test_an_encoder_is_named_after_its_file(name):
    """What a user types is what the rows are kept under."""
    make = made(name)
    if isinstance(make, str):
        pytest.skip(make)

    assert name == make(1).name


def test_check_encoder_names_the_broken_promise():
    """An encoder that depends on its batch is found out."""

    class Counting(registry.load("encoders", "pdq")):
        def encode_prepared(self, prepared):
            return super().encode_prepared(prepared) ^ (len(prepared) & 1)

    with pytest.raises(AssertionError, match="a row does not depend on its batch"):
        check_encoder(Counting)
