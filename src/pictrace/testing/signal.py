"""What every signal promises."""

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np

from pictrace import keypoints
from pictrace.picture import Picture
from pictrace.signals import Signal, geometry
from pictrace.testing._expect import expect
from pictrace.testing._pictures import flat, photo, recompressed
from pictrace.types import Evidence, Relation, Trace


def check_signal(kind: type[Signal]) -> None:
    """Run every check on a signal class.

    Raises:
        AssertionError: a promise is broken.
    """
    for check in CHECKS:
        check(kind())


def declares_itself(signal: Signal) -> None:
    """Name, family and the strongest relation it may claim are there."""
    expect(signal.name and signal.name == signal.name.strip(), "a signal has a name")
    expect(signal.family, "it belongs to a family")
    expect(signal.ceiling > Relation.DIFFERENT, "there is a relation that it may claim")


def signs_its_evidence(signal: Signal) -> None:
    """Evidence carries the signal's name, claims no more than it may, and is finite or says why it is not."""
    pictures = [_trace(1), _copy(1), _trace(2), _flat(40)]
    for evidence in (_seen(signal, left, right) for left in pictures for right in pictures):
        expect((evidence.signal, evidence.family) == (signal.name, signal.family), "evidence is signed")
        expect(evidence.ceiling <= signal.ceiling, "evidence claims no more than its signal may")
        if evidence.log_odds is None:
            expect(evidence.reason, "no opinion has a reason")
        else:
            expect(math.isfinite(evidence.log_odds), "an opinion is a finite number")
        numbers = list(evidence.measures.values())
        expect(all(type(number) is float for number in numbers), "measures are plain floats")
        expect(all(map(math.isfinite, numbers)), "measures are finite")
        if evidence.alignment:
            shares = evidence.alignment.query_overlap, evidence.alignment.match_overlap
            expect(all(0 <= share <= 1 for share in shares), "overlaps are shares")


def answers_alike(signal: Signal) -> None:
    """The same pair gives the same evidence every time, from every instance."""
    for left, right in ((_trace(1), _copy(1)), (_trace(1), _trace(2))):
        first = _seen(signal, left, right)
        expect(first == _seen(signal, left, right), "evidence does not depend on the time")
        expect(first == _seen(type(signal)(), left, right), "nor on the instance")


def speaks_for_copies(signal: Signal) -> None:
    """Nothing is said against a picture and itself, or its recompressed copy."""
    for other in (_trace(1), _copy(1)):
        odds = _seen(signal, _trace(1), other).log_odds
        expect(odds is None or odds > 0, "nothing speaks against a copy")


def keeps_strangers_apart(signal: Signal) -> None:
    """Nothing is said for pictures that have nothing in common, flat ones least of all."""
    for left, right in ((_trace(1), _trace(2)), (_trace(3), _trace(4)), (_trace(1), _flat(40))):
        odds = _seen(signal, left, right).log_odds
        expect(odds is None or odds < 0, "nothing speaks for strangers")
    odds = _seen(signal, _flat(40), _flat(200)).log_odds
    expect(odds is None or odds < 0, "nothing speaks for pictures with nothing in them")


def _seen(signal: Signal, left: Trace, right: Trace) -> Evidence:
    return signal.compare(left, right, _before(left, right))


@functools.cache
def _before(left: Trace, right: Trace) -> Sequence[Evidence]:
    """What a signal that builds on another finds before it: where the pictures overlap."""
    return (geometry.Signal().compare(left, right, ()),)


@functools.cache
def _trace(seed: int) -> Trace:
    return _of(photo(seed), seed, noise=0.0)


@functools.cache
def _copy(seed: int) -> Trace:
    return _of(recompressed(seed), seed, noise=0.02)


@functools.cache
def _flat(level: int) -> Trace:
    return _of(flat(level), level, noise=0.0, quality=0)


def _of(picture: Picture, seed: int, *, noise: float, quality: int = 90) -> Trace:
    """A trace whose rows, for want of an encoder, come from the seed; the rest comes from the picture."""
    random = np.random.default_rng(seed)
    bits = random.integers(0, 256, (1, 32)).astype(np.uint8)
    values = random.normal(size=(1, 256)).astype(np.float32)
    if noise:
        bits[0, :4] ^= 1
        values += noise * np.roll(values, 1)
    for array in (bits, values):
        array.setflags(write=False)
    return Trace(
        sha256=picture.sha256,
        pixel_hash=picture.pixel_hash,
        format=picture.format,
        width=picture.width,
        height=picture.height,
        size=picture.size,
        quality=quality,
        rows={"pdq": bits, "lite0": values},
        features=keypoints.extract(picture.grey),
        proxy=picture.proxy(),
    )


CHECKS: Sequence[Callable[[Signal], None]] = (
    declares_itself,
    signs_its_evidence,
    answers_alike,
    speaks_for_copies,
    keeps_strangers_apart,
)
