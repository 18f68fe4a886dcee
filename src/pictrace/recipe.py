"""How the data of a collection were made: which encoders, index and signals, of which versions."""

import json
from dataclasses import asdict, dataclass
from typing import Self

from pictrace.errors import IndexDamagedError
from pictrace.types import Metric, Space

DEFERRED = "deferred"
"""The version of a recipe's local features that were put off: they are made from proxies when needed."""

_MOST_COLUMNS = 1 << 20
"""Values or bits of the widest row: far more than any encoder makes, and few enough to ask memory for."""


@dataclass(frozen=True)
class EncoderStamp:
    """Which encoder made rows: its name, its version (with weights, their SHA-256), and their space."""

    name: str
    version: str
    metric: str
    width: int

    @property
    def space(self) -> Space:
        """The space its rows live in."""
        return Space(Metric(self.metric), self.width)


@dataclass(frozen=True)
class Recipe:
    """How a collection's data were made; stored with them, and never mixed with another."""

    encoders: tuple[EncoderStamp, ...]
    index: str
    signals: tuple[str, ...]
    features: str
    decoder: str

    def to_json(self) -> str:
        """One line of JSON, keys sorted."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The recipe that `to_json` wrote.

        Raises:
            IndexDamagedError: it wrote no such text.
        """
        try:
            plain = json.loads(text)
            stamps = tuple(EncoderStamp(**stamp) for stamp in plain.pop("encoders"))
            signals = plain.pop("signals")
            found = cls(encoders=stamps, signals=tuple(signals), **plain)
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            raise _damaged_recipe() from error
        texts = (found.index, found.features, found.decoder, *found.signals)
        if not isinstance(signals, list) or not all(isinstance(text, str) for text in texts):
            raise _damaged_recipe()
        if not stamps or not all(map(_is_sound, stamps)) or len({stamp.name for stamp in stamps}) < len(stamps):
            raise _damaged_recipe()
        return found


def _is_sound(stamp: EncoderStamp) -> bool:
    texts, width = (stamp.name, stamp.version, stamp.metric), stamp.width
    if not all(isinstance(each, str) for each in texts) or stamp.metric not in {Metric.COSINE, Metric.HAMMING}:
        return False
    # An exact type, for True is an int as well.
    return type(width) is int and 0 < width <= _MOST_COLUMNS and (stamp.metric == Metric.COSINE or width % 8 == 0)


def _damaged_recipe() -> IndexDamagedError:
    return IndexDamagedError(
        "the recipe is none that PicTrace wrote",
        hint="run `pictrace verify`, then restore a backup or index the pictures into a new collection",
    )
