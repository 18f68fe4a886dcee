"""How many of the true neighbours an index finds."""

from typing import Any

import numpy as np
import numpy.typing as npt

from pictrace import registry
from pictrace.catalogs import Catalog
from pictrace.recipe import EncoderStamp
from pictrace.types import Hits, Key, Rows

SAMPLE = 200
NEAREST = 10


def measured_recall(index: Any, stamp: EncoderStamp, catalog: Catalog) -> float | None:
    """Share of the ten nearest that the index finds for rows of its own, themselves left out.

    Up to `SAMPLE` rows, picked evenly over the catalog; exactly as far as the tenth counts as found too.
    """
    queries, own = _sample(stamp, catalog)
    if len(own) < 2:
        return None
    truth = [Hits(np.empty(0, np.uint64), np.empty(0, np.float32))] * len(own)
    alive: list[npt.NDArray[np.uint64]] = []
    for keys, rows in catalog.rows(stamp.name):
        part = registry.load("indexes", "exact")(stamp.space)
        part.add(keys, rows)
        near = part.search(queries, NEAREST + 1)
        truth = [Hits.nearest_of(pair, NEAREST + 1) for pair in zip(truth, near, strict=True)]
        alive.append(keys)
    dead = np.setdiff1d(index.keys(), np.concatenate(alive))
    shares = []
    for key, true, hits in zip(own, truth, index.search(queries, 2 * NEAREST + 1), strict=True):
        best, given = (_nearest(one, np.append(dead, np.uint64(key))) for one in (true, hits))
        right = np.isin(given.keys, best.keys) | (given.distances <= best.distances[-1] + 1e-6)
        shares.append(right.sum() / len(best))
    return round(float(np.mean(shares)), 4)


def _nearest(hits: Hits, besides: npt.NDArray[np.uint64]) -> Hits:
    """The `NEAREST` of the hits besides those with these keys."""
    kept = np.flatnonzero(np.isin(hits.keys, besides, invert=True))[:NEAREST]
    return Hits(hits.keys[kept], hits.distances[kept])


def _sample(stamp: EncoderStamp, catalog: Catalog) -> tuple[Rows, list[Key]]:
    """Up to `SAMPLE` rows `(n, columns)`, evenly over the catalog, and their keys."""
    step = max(1, -(-len(catalog) // SAMPLE))
    space, passed = stamp.space, 0
    picked, own = [np.empty((0, space.columns), space.dtype)], []
    for keys, rows in catalog.rows(stamp.name):
        places = slice(-passed % step, None, step)
        picked.append(rows[places])
        own += keys[places].tolist()
        passed += len(keys)
    return np.concatenate(picked)[:SAMPLE], own[:SAMPLE]
