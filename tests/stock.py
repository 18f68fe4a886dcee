"""A catalog of twenty pictures with made rows and features, and ways to look at what is made of it."""

import json

import numpy as np

from pictrace._stock import batches, stamps_of
from pictrace.catalogs import Entry
from pictrace.catalogs.sqlite import Catalog
from pictrace.testing._samples import RECIPE, place, trace
from pictrace.types import FEATURE_DTYPE

FACES, BITS, LOCAL = stamps_of(RECIPE)


def twenty(folder):
    """A catalog of twenty pictures, keys 1 to 20."""
    catalog = Catalog.create(str(folder / "some.pictrace"), RECIPE)
    put(catalog, range(20))
    return catalog


def put(catalog, seeds):
    """Pictures of these seeds, each with the key that follows its seed."""
    catalog.put([Entry(place(f"{seed}.jpg"), featured(seed)) for seed in seeds])


def featured(seed):
    """The trace of a seed with forty features at random places."""
    random = np.random.default_rng(1000 + seed)
    features = np.zeros(40, FEATURE_DTYPE)
    features["x"], features["y"] = random.integers(0, 1 << 14, (2, 40))
    features["descriptor"] = random.integers(0, 256, (40, 32))
    return trace(seed, features=features)


def batched(catalog, key):
    """The features of one picture as rows."""
    return np.concatenate([rows[keys == key] for keys, rows in batches(catalog, LOCAL)])


def query(*seeds, stamp=FACES):
    """The rows of these seeds."""
    return np.concatenate([trace(seed).rows[stamp.name] for seed in seeds])


def found(searchable, seed, limit=5):
    """Keys and distances for the row of one seed, rounding errors taken off."""
    (hits,) = searchable.search(query(seed), limit)
    return [(key, round(distance, 6)) for key, distance in hits]


def manifest_of(folder, name="faces"):
    """The manifest as anyone may read it."""
    return json.loads((folder / f"{name}.json").read_text())


def files(folder):
    """The names of all files there."""
    return sorted(path.name for path in folder.iterdir())
