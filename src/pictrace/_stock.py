"""What indexes are made from: the rows of each encoder, and the local features of pictures, as a catalog has them."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt

from pictrace.catalogs import Catalog
from pictrace.recipe import DEFERRED, EncoderStamp, Recipe
from pictrace.types import FEATURE_SPACE, Key, Metric, Rows

LOCAL = "local"
"""The name of the local features' index and of its files."""

_PICTURES = 200
"""Pictures whose features are handed over at a time: 2.3 MB."""


def stamps_of(recipe: Recipe) -> tuple[EncoderStamp, ...]:
    """All that a collection of this recipe is searched by: active encoders' rows, and local features unless put off."""
    return (*recipe.active, *_local(recipe))


def kept_stamps_of(recipe: Recipe) -> tuple[EncoderStamp, ...]:
    """All that may have an index: what is searched, what is being made, and what is retired."""
    return (*recipe.encoders, *_local(recipe))


def _local(recipe: Recipe) -> tuple[EncoderStamp, ...]:
    return (
        ()
        if recipe.features == DEFERRED
        else (EncoderStamp(LOCAL, recipe.features, Metric.FEATURES, FEATURE_SPACE.width),)
    )


def is_local(stamp: EncoderStamp) -> bool:
    """Whether it stands for local features, of which a picture has many."""
    return stamp.metric == Metric.FEATURES


def index_of(stamp: EncoderStamp, recipe: Recipe) -> str:
    """The name of the index that is kept."""
    return LOCAL if is_local(stamp) else recipe.index


def tail_of(stamp: EncoderStamp) -> str:
    """The name of the index that takes what the kept one does not have yet."""
    return LOCAL if is_local(stamp) else "exact"


def batches(catalog: Catalog, stamp: EncoderStamp, after: Key = 0) -> Iterator[tuple[npt.NDArray[np.uint64], Rows]]:
    """Keys above `after`, ascending, with their rows; of local features many rows to a key, one after the other."""
    if not is_local(stamp):
        yield from catalog.rows(stamp.name, after)
        return
    pictures = ((key, features) for key, features in catalog.features(after) if len(features))
    while some := list(islice(pictures, _PICTURES)):
        keys = np.repeat(np.array([key for key, _ in some], np.uint64), [len(features) for _, features in some])
        features = np.concatenate([features for _, features in some])
        yield keys, features.view(np.uint8).reshape(len(features), FEATURE_SPACE.columns)


def pictures_in(keys: npt.NDArray[np.uint64]) -> int:
    """How many pictures the keys of a batch stand for."""
    return int(np.count_nonzero(keys[1:] != keys[:-1])) + 1 if len(keys) else 0
