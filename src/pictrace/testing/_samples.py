"""Traces made of nothing but a seed, for checks that need no pictures."""

import hashlib
from typing import Any

import numpy as np

from pictrace.recipe import EncoderStamp, Recipe
from pictrace.types import FEATURE_DTYPE, Location, Trace

RECIPE = Recipe(
    encoders=(EncoderStamp("faces", "1 café", "cosine", 24), EncoderStamp("bits", "2", "hamming", 64)),
    index="exact",
    signals=("identity", "geometry"),
    features="none-1",
    decoder="1",
)
"""Two encoders that exist nowhere, one in each kind of space."""


def trace(seed: int, **changes: Any) -> Trace:
    """A trace that fits `RECIPE`, the same for the same seed."""
    random = np.random.default_rng(seed)
    features = np.zeros(random.integers(0, 9), FEATURE_DTYPE)
    features["x"] = random.integers(0, 1 << 15, len(features))
    features["descriptor"] = random.integers(0, 256, (len(features), 32))
    # Values that float16 holds exactly, so that rows come back as they went in.
    values = random.integers(1, 512, (1, 24)).astype(np.float32) / 512
    plain: dict[str, Any] = {
        "sha256": hashlib.sha256(b"bytes %d" % seed).hexdigest(),
        "pixel_hash": hashlib.sha256(b"pixels %d" % seed).hexdigest(),
        "format": "JPEG",
        "width": 640 + seed,
        "height": 480,
        "size": 1000 + seed,
        "quality": seed % 101,
        "rows": {"faces": values, "bits": random.integers(0, 256, (1, 8)).astype(np.uint8)},
        "features": features,
        "proxy": random.bytes(200 + seed % 50),
        "metadata": {"seed": seed, "title": "Äpfel 🍎"},
    }
    return Trace(**(plain | changes))


def place(name: str, *, root: str = "/photos", size: int = 1000) -> Location:
    """A file under `root`."""
    return Location(f"{root}/{name}", root, size, 1_700_000_000_000_000_000, (64768, (1 << 64) - 7))


def is_same(left: Trace, right: Trace) -> bool:
    """Whether two traces agree in everything, arrays included."""
    plain = ("sha256", "pixel_hash", "format", "width", "height", "size", "quality", "proxy", "metadata")
    rows = left.rows.keys() == right.rows.keys() and all(
        left.rows[name].dtype == rows.dtype and np.array_equal(left.rows[name], rows)
        for name, rows in right.rows.items()
    )
    features = left.features.dtype == right.features.dtype and np.array_equal(left.features, right.features)
    return rows and features and all(getattr(left, name) == getattr(right, name) for name in plain)
