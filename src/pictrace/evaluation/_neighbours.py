"""How many of the ten nearest rows an index finds, measured against all rows."""

from collections.abc import Sequence

import numpy as np

from pictrace.candidates import Engine
from pictrace.encoders import Encoder
from pictrace.evaluation._records import Neighbours
from pictrace.types import Rows, Trace

_TEN = 10
_BLOCK = 1024
_ROUNDING = 1e-3
"""Distances of rows that an index keeps in half precision may differ by so much from those computed here."""


def recalled(engine: Engine, queries: Sequence[Trace]) -> tuple[Neighbours, ...]:
    """The recall of every encoder's index for these queries."""
    return tuple(_recall(engine, encoder, queries) for encoder in engine.encoders if queries)


def _recall(engine: Engine, encoder: Encoder, queries: Sequence[Trace]) -> Neighbours:
    rows = np.concatenate([query.rows[encoder.name][:1] for query in queries])
    lookup = engine.lookups[encoder.name]
    bounds = _tenth_nearest(engine, encoder, rows)
    found = lookup.search(rows, _TEN)
    wanted = min(_TEN, engine.pictures)
    shares = [
        min(wanted, int((hits.distances <= bound + _ROUNDING).sum())) / wanted
        for hits, bound in zip(found, bounds.tolist(), strict=True)
    ]
    return Neighbours(encoder.name, float(np.mean(shares)), len(queries), lookup.exhaustive)


def _tenth_nearest(engine: Engine, encoder: Encoder, rows: Rows) -> Rows:
    """The exact distance of each query's tenth nearest row `(n,)`, or of its farthest where there are fewer."""
    nearest = np.empty((len(rows), 0), np.float32)
    for _, stored in engine.catalog.rows(encoder.name):
        for start in range(0, len(stored), _BLOCK):
            distances = encoder.space.distance(rows, stored[start : start + _BLOCK])
            nearest = np.sort(np.concatenate([nearest, distances], axis=1), axis=1)[:, :_TEN]
    bounds: Rows = nearest[:, -1]
    return bounds
