"""The frozen records that the parts of PicTrace hand to each other."""

import enum
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from pictrace.errors import UsageError

Rows = npt.NDArray[Any]
"""`(n, width)` float32 for cosine spaces, `(n, width / 8)` uint8 for Hamming spaces."""

FEATURE_DTYPE = np.dtype([("x", "<u2"), ("y", "<u2"), ("octave", "u1"), ("angle", "u1"), ("descriptor", "u1", 32)])
"""One local feature, 38 bytes: place in 1/64 px of the proxy, pyramid octave, angle in 1/256 turn, 256 bits."""

PROXY_SIDE = 512
"""Longest side, in pixels, of the proxy: what local features and verification look at."""

Key = int
"""A picture's number in its catalog: positive, ascending with time, never reused."""


class Metric(enum.StrEnum):
    """How two rows are compared; a distance, lower is nearer.

    `FEATURES` compares sets of rows: a picture has many, each a record of `FEATURE_DTYPE` as bytes, and a query is
    all of its own together.
    """

    COSINE = "cosine"
    HAMMING = "hamming"
    FEATURES = "features"


@dataclass(frozen=True)
class Space:
    """The geometry of one encoder's rows; `width` counts values (cosine) or bits (Hamming, features)."""

    metric: Metric
    width: int

    @property
    def columns(self) -> int:
        """Length of one row's array: values, or bytes of eight bits."""
        return self.width if self.metric is Metric.COSINE else self.width // 8

    @property
    def dtype(self) -> np.dtype[Any]:
        """Element type of rows in memory."""
        return np.dtype(np.float32 if self.metric is Metric.COSINE else np.uint8)

    @property
    def stored_dtype(self) -> np.dtype[Any]:
        """Element type of rows on disk: float16 keeps cosines to three digits at half the bytes."""
        return np.dtype("<f2" if self.metric is Metric.COSINE else "u1")

    def check(self, rows: Rows) -> Rows:
        """The rows themselves, once their shape, type and finiteness are right.

        Raises:
            UsageError: another shape or type, NaN, infinity, or an all-zero cosine row.
        """
        if rows.ndim != 2 or rows.shape[1] != self.columns or rows.dtype != self.dtype:
            raise UsageError(
                f"rows of shape {rows.shape} and type {rows.dtype} do not fit a {self.metric} space "
                f"of {self.columns} columns of {self.dtype}"
            )
        if self.metric is Metric.COSINE and rows.size:
            norms = np.linalg.norm(rows, axis=1)
            if not np.isfinite(norms).all() or (norms == 0).any():
                raise UsageError("rows hold NaN, infinity, or nothing but zeros")
        return rows

    def distance(self, left: Rows, right: Rows) -> npt.NDArray[np.float32]:
        """Exact distances `(len(left), len(right))`: 1 - cosine, or differing bits.

        Raises:
            UsageError: single rows of sets have no distance.
        """
        if self.metric is Metric.FEATURES:
            raise UsageError("sets of features are compared as a whole, and two rows of them have no distance")
        if self.metric is Metric.COSINE:
            cosine: npt.NDArray[np.float32] = _unit(left) @ _unit(right).T
            return np.float32(1.0) - cosine
        differing = np.bitwise_count(left[:, None, :] ^ right[None, :, :])
        bits: npt.NDArray[np.float32] = differing.sum(axis=2, dtype=np.int32).astype(np.float32)
        return bits

    def to_bytes(self, row: Rows) -> bytes:
        """One row as the catalog stores it."""
        return row.astype(self.stored_dtype).tobytes()

    def from_bytes(self, data: bytes) -> Rows:
        """Rows `(n, columns)` from the concatenated bytes of n stored rows."""
        return np.frombuffer(data, self.stored_dtype).reshape(-1, self.columns).astype(self.dtype)


FEATURE_SPACE = Space(Metric.FEATURES, FEATURE_DTYPE.itemsize * 8)
"""Of local features as rows of bytes."""


def _unit(rows: Rows) -> npt.NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@dataclass(frozen=True, eq=False)
class Hits:
    """The nearest rows of one query: `keys` (k,) uint64 and `distances` (k,) float32, nearest first."""

    keys: npt.NDArray[np.uint64]
    distances: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def nearest_of(cls, found: Sequence["Hits"], limit: int) -> "Hits":
        """The nearest of several lists of hits, each key once, equal distances in the order of their keys."""
        keys = np.concatenate([hits.keys for hits in found])
        distances = np.concatenate([hits.distances for hits in found])
        order = np.lexsort((keys, distances))
        _, first = np.unique(keys[order], return_index=True)
        kept = order[np.sort(first)[:limit]]
        return cls(keys[kept], distances[kept])

    def __iter__(self) -> Iterator[tuple[Key, float]]:
        return zip(self.keys.tolist(), self.distances.tolist(), strict=True)


@functools.total_ordering
class Relation(enum.Enum):
    """How two pictures are related, weakest first; see docs/concepts.md."""

    DIFFERENT = "different"
    SIMILAR = "similar"
    SCENE = "scene"
    COPY = "copy"
    EXACT = "exact"

    @property
    def rank(self) -> int:
        """0 for different up to 4 for exact."""
        return _RANKS[self]

    def __lt__(self, other: "Relation") -> bool:
        return self.rank < other.rank

    def __str__(self) -> str:
        return str(self.value)


_RANKS = {relation: rank for rank, relation in enumerate(Relation)}

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True)
class Alignment:
    """Where two pictures overlap.

    `transform` maps query pixels to match pixels (original sizes, homogeneous, bottom right is 1), both counted from
    the upper left corner of the first pixel, whose middle is (0.5, 0.5): see `frames`;
    `query_overlap` and `match_overlap` are the shares of each picture's area that the other covers;
    `quad` is the query's outline in match pixels, clockwise from its top left corner.
    """

    transform: Matrix
    query_overlap: float
    match_overlap: float
    quad: tuple[tuple[float, float], ...]
    mirrored: bool = False


class Silence(enum.StrEnum):
    """Why a signal has no opinion on a pair; `words.WHY_NOT` says each that explains something to people."""

    OTHER_PIXELS = "other_pixels"
    NO_HASH = "no_hash"
    NO_STRUCTURE = "no_structure"
    HASHES_DIFFER = "hashes_differ"
    NO_EMBEDDING = "no_embedding"
    NOT_CALIBRATED = "not_calibrated"
    FEATURELESS = "featureless"
    FEW_FEATURES = "few_features"
    NO_HOMOGRAPHY = "no_homography"
    NO_VIEW = "no_view"
    NO_OVERLAP = "no_overlap"
    PLAIN_OVERLAP = "plain_overlap"


@dataclass(frozen=True)
class Evidence:
    """What one signal found in a pair.

    `log_odds` speaks for (or against) the pair being at least `ceiling`; `None` is no opinion, and then
    `reason` says why: a `Silence`, or a signal's own words. `measures` are raw numbers under their field's own names.
    `refutes` takes from its family all that speaks for a pair: what agrees is there for another reason.
    """

    signal: str
    family: str
    ceiling: Relation
    log_odds: float | None
    measures: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    alignment: Alignment | None = None
    refutes: bool = False


@dataclass(frozen=True)
class Level:
    """How far a pair came towards one relation: its probability of being at least that, and what would be enough.

    `speaks_for` and `speaks_against` are the loudest signals, if any; what nothing speaks for is not given.
    """

    relation: Relation
    probability: float
    threshold: float
    speaks_for: str = ""
    speaks_against: str = ""

    @property
    def is_met(self) -> bool:
        """Whether it is enough."""
        return bool(self.speaks_for) and self.probability >= self.threshold

    def to_dict(self) -> dict[str, Any]:
        """The level as JSON output carries it."""
        return {
            "relation": str(self.relation),
            "probability": round(self.probability, 6),
            "threshold": self.threshold,
            "met": self.is_met,
            "for": self.speaks_for or None,
            "against": self.speaks_against or None,
        }


@dataclass(frozen=True)
class Verdict:
    """A relation, the probability that it holds, and why; `levels` are all relations, the strongest first."""

    relation: Relation
    score: float
    reasons: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()


UNKNOWN_SIZE = -1
"""The size of a place that only reading would tell, as that of a URL."""


@dataclass(frozen=True)
class Location:
    """One place where a picture was seen.

    `uri` is a path as the file system spells it (undecodable bytes as surrogate escapes),
    `ARCHIVE!/MEMBER`, or a URL; `root` is the source it was found under; `identity` is (device, inode) for files.
    """

    uri: str
    root: str
    size: int
    mtime_ns: int
    identity: tuple[int, int] | None = None

    @property
    def is_given(self) -> bool:
        """Whether it is a name that was given together with a picture's bytes, and says nothing of any disk."""
        return self.identity is None and self.uri == self.root


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything PicTrace keeps of a picture to compare it by; the picture itself is no longer needed.

    `rows` maps an encoder's name to `(k, columns)` rows, one for a stored picture, more for a query's
    variants; `features` is a structured array of `FEATURE_DTYPE`, and `mirrored`, where a query has them at hand, those
    of its mirror image; `proxy` is a JPEG whose longest side is at most `PROXY_SIDE`; `quality` is PDQ's 0 to 100.
    `coded_quality` is that of a query's JPEG file, 1 to 100, or 0 where no file was at hand.
    """

    sha256: str
    pixel_hash: str
    format: str
    width: int
    height: int
    size: int
    quality: int
    rows: Mapping[str, Rows]
    features: npt.NDArray[Any]
    proxy: bytes
    metadata: Mapping[str, Any] = field(default_factory=dict)
    mirrored: npt.NDArray[Any] | None = None
    coded_quality: int = 0
