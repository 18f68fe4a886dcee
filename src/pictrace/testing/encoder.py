"""What every encoder promises."""

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pictrace.encoders import Encoder, encode, reads_words
from pictrace.settings import EVERY_CORE, Runtime
from pictrace.testing._expect import expect
from pictrace.testing._pictures import flat, photo, recompressed
from pictrace.types import Metric, Rows, Space

_DRIFT = {Metric.COSINE: 1e-3, Metric.HAMMING: 0.0}
"""How far a row may move when its picture is encoded in other company: sums in another order, no more."""


Make = Callable[[int], Encoder]
"""Gives the encoder that is checked, made to run on so many threads."""


def check_encoder(kind: type[Encoder], model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
    """Run every check on an encoder class, or on one of the models that it knows.

    Raises:
        AssertionError: a promise is broken.
    """
    make = maker(kind, model, runtime=runtime)
    for check in CHECKS:
        check(make)


def maker(kind: type[Encoder], model: str = "", *, runtime: Runtime = EVERY_CORE) -> Make:
    """What the checks are called with; each encoder is made once."""
    return functools.cache(lambda threads: kind(model, runtime=replace(runtime, threads=threads)))


def declares_itself(make: Make) -> None:
    """Name, version and space are there, its name leads to it, and another instance of the class says the same."""
    encoder, other = make(1), make(2)
    expect(encoder.name and encoder.name == encoder.name.strip(), "an encoder has a name")
    expect(_leads_back(encoder), "its name is that of the module whose `Encoder` it is")
    expect(encoder.version and encoder.version == other.version, "its version is no accident of the instance")
    expect(isinstance(encoder.space, Space) and encoder.space.columns > 0, "it declares its space")


def makes_rows_of_its_space(make: Make) -> None:
    """One row per picture, in its space, none for none."""
    encoder = make(1)
    rows = encode(encoder, [photo(1), photo(2), photo(3)])
    expect(rows.shape == (3, encoder.space.columns), "there is one row per picture")
    encoder.space.check(rows)
    expect(encode(encoder, []).shape == (0, encoder.space.columns), "no pictures give no rows")


def takes_every_picture(make: Make) -> None:
    """Flat, tiny and very long pictures have rows like any other."""
    encoder = make(1)
    odd = [flat(0), flat(255), photo(1, size=(16, 16)), photo(2, size=(1600, 16)), photo(3, size=(16, 1600))]
    rows = encode(encoder, odd)
    # A hash of all zeros is a hash; a direction of all zeros is none.
    encoder.space.check(rows)
    expect(len(rows) == len(odd), "every picture has a row")


def prepares_for_the_road(make: Make) -> None:
    """What `prepare` makes is an array of one shape and type, and says all that the row needs."""
    encoder = make(1)
    prepared = [encoder.prepare(picture) for picture in (photo(1), photo(2, size=(200, 300)), flat(9))]
    expect(all(isinstance(each, np.ndarray) for each in prepared), "prepared pictures are arrays")
    expect(len({(each.shape, each.dtype) for each in prepared}) == 1, "they are alike in shape and type")
    copies = np.stack([np.frombuffer(each.tobytes(), each.dtype).reshape(each.shape) for each in prepared])
    expected = encode(encoder, [photo(1), photo(2, size=(200, 300)), flat(9)])
    expect(_apart(encoder, encoder.encode_prepared(copies), expected) <= _drift(encoder), "copies do as well")


def answers_alike(make: Make) -> None:
    """The row of a picture depends on that picture alone: not on time, batch, order or instance."""
    encoder = make(1)
    pictures = [photo(seed) for seed in range(4)]
    rows = encode(encoder, pictures)
    single = np.concatenate([encode(encoder, [picture]) for picture in pictures])
    expect(_apart(encoder, rows, single) <= _drift(encoder), "a row does not depend on its batch")
    expect(_apart(encoder, rows, encode(encoder, pictures[::-1])[::-1]) <= _drift(encoder), "nor on the order")
    other = encode(make(2), pictures)
    expect(_apart(encoder, rows, other) <= _drift(encoder), "nor on the instance")


def tells_pictures_apart(make: Make) -> None:
    """A recompressed picture is nearer to its original than any other picture is."""
    encoder = make(1)
    originals = encode(encoder, [photo(seed) for seed in range(6)])
    copies = encode(encoder, [recompressed(seed) for seed in range(6)])
    nearest = encoder.space.distance(copies, originals).argmin(axis=1)
    expect(nearest.tolist() == list(range(6)), "a copy is nearest to its original")


def reads_words_as_it_says(make: Make) -> None:
    """If it reads words, each text has a row of its space, is cut or not, and cosines are calibrated in order."""
    encoder = make(1)
    if not reads_words(encoder):
        return
    texts = ["a red bicycle", "the sea at night", "a grey cat on a sofa"]
    rows = encoder.encode_text(texts)
    expect(rows.shape == (len(texts), encoder.space.columns), "there is one row per text")
    encoder.space.check(rows)
    alone = np.concatenate([encoder.encode_text([text]) for text in texts])
    expect(_apart(encoder, rows, alone) <= _drift(encoder), "the row of a text does not depend on other texts")
    cuts = encoder.cuts(texts)
    expect(len(cuts) == len(texts) and set(cuts) <= {True, False}, "of each text it says whether it is cut")
    cosines = [cosine for cosine, _ in encoder.text_calibration]
    expect(cosines == sorted(set(cosines)), "the cosines of its calibration ascend")


def _leads_back(encoder: Encoder) -> bool:
    """Whether an encoder that can be asked for by name is what its name stands for; others may have any name."""
    kind, file = type(encoder), encoder.name.partition(":")[0]
    if "." not in kind.__module__ or getattr(sys.modules.get(kind.__module__), "Encoder", None) is not kind:
        return True
    module = file if "." in file else f"pictrace.encoders.{file}"
    return getattr(sys.modules.get(module), "Encoder", None) is kind


def _drift(encoder: Encoder) -> float:
    return _DRIFT[encoder.space.metric]


def _apart(encoder: Encoder, left: Rows, right: Rows) -> float:
    return float(np.diagonal(encoder.space.distance(left, right)).max())


CHECKS: Sequence[Callable[[Make], None]] = (
    declares_itself,
    makes_rows_of_its_space,
    takes_every_picture,
    prepares_for_the_road,
    answers_alike,
    tells_pictures_apart,
    reads_words_as_it_says,
)
