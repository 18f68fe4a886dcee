"""Votes for pictures: features that look alike, and the more for agreeing on where the picture lies in the query.

Words and signatures are those of Jégou et al., Hamming embedding and weak geometric consistency for large scale image
search, ECCV 2008, https://doi.org/10.1007/978-3-540-88682-2_24; that what occurs often counts less, of Jégou et al.,
On the burstiness of visual elements, CVPR 2009, https://doi.org/10.1109/CVPR.2009.5206609. Places, scale and angle are
weighed together, as a generalised Hough transform does.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from pictrace.indexes._postings import SIGNATURE, Postings, descriptors, enlarged, scales, unpacked
from pictrace.indexes._words import Longs, Words

PROBES = 4
GROUPS = 2
MOST_BITS = (11, 20, 30)
"""Words that a feature of the query is looked for in, of so many groups, and bits that may differ in the first 64 of a
signature, in the first 128, and in all 192. Of 120 pictures at a tenth of the area of others (of the half that words
were learned on) these find 0.967 within the first 20 of 7,412, as do 4 groups, 6 words, or 14, 24 and 34 bits."""

_WEIGHT_FALLS = 1.5
_LOOKED_AT = 1000
"""Pictures with most votes, of which it is asked where they lie."""

_FEW_FEATURES = 30
"""A picture with fewer counts as if it had so many: else two features that fit by chance would weigh the most."""

_SCALE_STEP = np.log2(2.2)
_ANGLE_STEP = 32
_PLACE_STEP = 120
"""Powers of two, 1/256 turns and pixels of the stored picture within which features agree; each is counted in two grids
that are half a step apart."""

_LONG = 600
_CHUNK = 1 << 16
_PIECE = 1 << 20
"""Postings of a word from which comparing them by themselves takes less time than together with others, 65,536 at a
time; and how many of one word are compared at once, since each takes 9 bytes meanwhile."""

_MOST_COMPARED = 1 << 25
_MOST_NEAR = 1 << 20
"""Postings that one search compares, and that it keeps as near in their first bits, at 260 bytes each. Of 150 pictures
searched among 7,412, the most were 92,416 and 13,468: nothing is passed over below half a million such pictures, and
what is then are the words that most share. Copies of one repeated tile would else take memory without end."""

Numbers = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]


def votes(postings: Postings, features: npt.NDArray[np.void], words: Words) -> tuple[Numbers, Weights]:
    """The numbers of pictures that share something with a query's features, and the votes that each gets."""
    bits = descriptors(features)
    feature, posting, differing = _matches(postings, bits, words.nearest(bits, PROBES, groups=GROUPS))
    owner = postings.owners[posting].astype(np.int64)
    weight = np.exp(-_WEIGHT_FALLS * (differing / MOST_BITS[-1]) ** 2)
    weight /= np.sqrt(np.bincount(feature, minlength=len(features)))[feature]
    plain = np.bincount(owner, weights=weight, minlength=len(postings.keys))
    if np.count_nonzero(plain) > _LOOKED_AT:
        least = np.partition(plain, -_LOOKED_AT)[-_LOOKED_AT]
        kept = plain[owner] >= least
        feature, posting, owner, weight = feature[kept], posting[kept], owner[kept], weight[kept]
    return _agreeing(features[feature], postings.places[posting], owner, weight * _rarity(feature, owner))


def _rarity(feature: Numbers, owner: Numbers) -> Weights:
    """For each match, one by the root of how many its feature has in the same picture."""
    _, group, sizes = np.unique(feature << 32 | owner, return_inverse=True, return_counts=True)
    rarity: Weights = 1.0 / np.sqrt(sizes[group])
    return rarity


def _matches(postings: Postings, bits: Longs, words: Numbers) -> tuple[Numbers, Numbers, Any]:
    """Numbers of a query's features and of postings that look alike, and in how many bits they differ."""
    feature, posting, differing = _near(postings, bits[:, 0], words)
    for long in range(1, SIGNATURE):
        # Most strangers are gone before the last bits are fetched from all over the file.
        differing += np.bitwise_count(postings.signatures[long][posting] ^ bits[feature, long])
        close = differing <= MOST_BITS[long]
        feature, posting, differing = feature[close], posting[close], differing[close]
    return feature, posting, differing


def _near(postings: Postings, first: Longs, words: Numbers) -> tuple[Numbers, Numbers, Any]:
    """Features and postings of their words that differ little in their first bits, and in how many of these.

    The shortest lists come first; those for which nothing is left are passed over, as the words of a text that are in
    every sentence are.
    """
    begins = postings.starts[words.ravel()].astype(np.int64)
    lengths = postings.starts[words.ravel() + 1].astype(np.int64) - begins
    features = np.repeat(np.arange(len(words)), words.shape[1])
    order = np.argsort(lengths, kind="stable")
    order = order[(lengths[order] > 0) & (np.cumsum(lengths[order]) <= _MOST_COMPARED)]
    long, short = order[lengths[order] >= _LONG], order[lengths[order] < _LONG]
    found = [(features[:0], begins[:0], np.empty(0, np.uint8))]
    left = _MOST_NEAR
    ends = np.cumsum(lengths[short])
    for some in np.split(short, np.searchsorted(ends, np.arange(_CHUNK, ends[-1] if len(ends) else 0, _CHUNK))):
        size = lengths[some]
        before = np.repeat(begins[some] - np.cumsum(size) + size, size)
        posting, feature = before + np.arange(len(before)), np.repeat(features[some], size)
        differing = np.bitwise_count(postings.signatures[0][posting] ^ first[feature])
        near = np.flatnonzero(differing <= MOST_BITS[0])[:left]
        left -= len(near)
        found.append((feature[near], posting[near], differing[near]))
    found += _near_alone(postings.signatures[0], first, features[long], begins[long], lengths[long], left)
    feature, posting, differing = (np.concatenate(part) for part in zip(*found, strict=True))
    return feature, posting, differing


def _near_alone(
    signatures: Longs, first: Longs, features: Numbers, begins: Numbers, lengths: Numbers, left: int
) -> Iterator[tuple[Numbers, Numbers, Any]]:
    """The same of long lists, each compared by itself, until `left` are found."""
    sources, nearby, bits = [], [], []
    for feature, begin, end in zip(features.tolist(), begins.tolist(), (begins + lengths).tolist(), strict=True):
        for start in range(begin, end if left else begin, _PIECE):
            differing = np.bitwise_count(signatures[start : min(start + _PIECE, end)] ^ first[feature])
            near = (differing <= MOST_BITS[0]).nonzero()[0][:left]
            left -= len(near)
            sources.append(feature)
            nearby.append(near + start)
            bits.append(differing[near])
    if nearby:
        sizes = [len(near) for near in nearby]
        yield np.repeat(sources, sizes), np.concatenate(nearby), np.concatenate(bits)


def _agreeing(
    query: npt.NDArray[np.void], places: npt.NDArray[np.uint32], owner: Numbers, weight: Weights
) -> tuple[Numbers, Weights]:
    """The pictures that matches belong to, and the weight of those that agree best on where its middle lies."""
    if not len(owner):
        return owner, weight
    x, y, scale, angle = unpacked(places)
    larger = scales(query, enlarged(query, np.zeros(1, np.intp))[0]) - scale
    turned = (query["angle"] - angle) % 256
    times, radians = np.exp2(larger), turned * (2 * np.pi / 256)
    cosine, sine = times * np.cos(radians), times * np.sin(radians)
    middle = (query["x"] / 64 - cosine * x + sine * y, query["y"] / 64 - sine * x - cosine * y)
    numbers, rank = np.unique(owner, return_inverse=True)
    best = np.zeros(len(numbers))
    for shift in (0.0, 0.5):
        sizes = np.floor(larger / _SCALE_STEP + shift)
        step = _PLACE_STEP * np.exp2((sizes - shift + 0.5) * _SCALE_STEP)
        key = rank.astype(np.int64)
        turns = np.floor(turned / _ANGLE_STEP + shift) % (256 // _ANGLE_STEP)
        columns = (np.floor(along / step + shift) + 512 for along in middle)
        for field, most in ((sizes + 16, 32), (turns, 8), *((column, 1024) for column in columns)):
            key = key * most + np.clip(field, 0, most - 1).astype(np.int64)
        cells, group = np.unique(key, return_inverse=True)
        totals, picture = np.bincount(group, weights=weight), cells // (32 * 8 * 1024 * 1024)
        first = np.flatnonzero(np.r_[True, picture[1:] != picture[:-1]])
        best = np.maximum(best, np.maximum.reduceat(totals, first))
    return numbers, best
