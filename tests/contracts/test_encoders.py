"""Every encoder that ships keeps every promise of `pictrace.testing.encoder`."""

import functools

import numpy as np
import pytest
from readers import colours

from pictrace import registry
from pictrace.encoders import encode
from pictrace.errors import MissingExtraError, ModelMissingError, UnknownNameError
from pictrace.picture import Picture
from pictrace.testing import check_encoder
from pictrace.testing.encoder import CHECKS, maker, reads_words_as_it_says


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


def test_an_encoder_whose_name_leads_elsewhere_is_found_out(monkeypatch):
    """Rows would be kept under a name that nothing answers to."""
    monkeypatch.setattr(colours.Encoder, "name", "colours.others")

    with pytest.raises(AssertionError, match="its name is that of the module"):
        check_encoder(colours.Encoder)


@pytest.mark.parametrize(
    ("member", "broken", "said"),
    [
        ("encode_text", lambda self, texts: np.ones((len(texts), 5), np.float32), "one row per text"),
        ("encode_text", lambda self, texts: np.eye(4, dtype=np.float32)[: len(texts)], "depend on other texts"),
        ("cuts", lambda self, texts: [False], "whether it is cut"),
        ("text_calibration", ((0.3, 1.0), (0.2, 2.0)), "ascend"),
    ],
    ids=["width", "company", "cuts", "calibration"],
)
def test_an_encoder_that_reads_words_keeps_more_promises(monkeypatch, member, broken, said):
    """Those of `TextEncoder`; one that reads none is not asked."""
    reads_words_as_it_says(maker(colours.Encoder))
    reads_words_as_it_says(maker(registry.load("encoders", "pdq")))
    monkeypatch.setattr(colours.Encoder, member, broken)

    with pytest.raises(AssertionError, match=said):
        reads_words_as_it_says(maker(colours.Encoder))
