"""How the data of a collection were made: which encoders, index and signals, of which versions."""

import enum
import json
import re
from dataclasses import asdict, dataclass, replace
from typing import Self

from pictrace.errors import IndexDamagedError, RecipeMismatchError
from pictrace.types import Metric, Space

DEFERRED = "deferred"
"""The version of a recipe's local features that were put off: they are made from proxies when needed."""

_MOST_COLUMNS = 1 << 20
"""Values or bits of the widest row: far more than any encoder makes, and few enough to ask memory for."""


_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_ENCODER_NAME = re.compile(rf"{_NAME.pattern}(:[A-Za-z0-9][A-Za-z0-9._-]*)?")


def is_name(text: str) -> bool:
    """Whether an index or a signal can be called so; names come from collections, and go to terminals and paths."""
    return _NAME.fullmatch(text) is not None


def is_encoder_name(text: str) -> bool:
    """Whether an encoder can be called so: a name, or a name, a colon and a model's name."""
    return _ENCODER_NAME.fullmatch(text) is not None


class SpaceState(enum.StrEnum):
    """Where the rows of an encoder stand.

    `ACTIVE` ones are searched, and every picture has one; `BUILDING` ones are being made, and `RETIRED` ones are kept
    until they are dropped: a picture may lack either, and neither is searched.
    """

    ACTIVE = "active"
    BUILDING = "building"
    RETIRED = "retired"


class SpacesChangedError(RecipeMismatchError):
    """What the collection is searched by was changed while it was read; what was read by then is of the old spaces."""

    def __init__(
        self,
        message: str = "the encoders that this collection is searched by were changed meanwhile",
        *,
        hint: str = "do it again: what is asked from now on is answered by the new ones alone",
    ) -> None:
        super().__init__(message, hint=hint)


@dataclass(frozen=True)
class EncoderStamp:
    """Which encoder made rows: its name, its version (with weights, their SHA-256), their space and its state."""

    name: str
    version: str
    metric: str
    width: int
    state: str = SpaceState.ACTIVE.value

    @property
    def space(self) -> Space:
        """The space its rows live in."""
        return Space(Metric(self.metric), self.width)

    def as_state(self, state: SpaceState) -> "EncoderStamp":
        """The same rows in another state."""
        return replace(self, state=state.value)


@dataclass(frozen=True)
class Recipe:
    """How a collection's data were made; stored with them, and never mixed with another.

    `encoders` are those of all spaces, `active` those that searches use and `filling` those that a new picture gets
    rows of.
    """

    encoders: tuple[EncoderStamp, ...]
    index: str
    signals: tuple[str, ...]
    features: str
    decoder: str

    @property
    def active(self) -> tuple[EncoderStamp, ...]:
        """The encoders that the collection is searched by."""
        return tuple(stamp for stamp in self.encoders if stamp.state == SpaceState.ACTIVE)

    @property
    def filling(self) -> tuple[EncoderStamp, ...]:
        """Those that are searched by, and those whose rows are being made."""
        return tuple(stamp for stamp in self.encoders if stamp.state != SpaceState.RETIRED)

    def stamp(self, name: str) -> EncoderStamp | None:
        """The stamp of an encoder, if there are rows of it."""
        return next((stamp for stamp in self.encoders if stamp.name == name), None)

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
        if not all(map(is_name, (found.index, *found.signals))):
            raise _damaged_recipe()
        if not stamps or not all(map(_is_sound, stamps)) or len({stamp.name for stamp in stamps}) < len(stamps):
            raise _damaged_recipe()
        return found


def _is_sound(stamp: EncoderStamp) -> bool:
    texts, width = (stamp.name, stamp.version, stamp.metric), stamp.width
    if not all(isinstance(each, str) for each in texts) or stamp.metric not in {Metric.COSINE, Metric.HAMMING}:
        return False
    if not is_encoder_name(stamp.name):
        return False
    if stamp.state not in [*SpaceState]:  # a list, for what is read may not be hashable
        return False
    # An exact type, for True is an int as well.
    return type(width) is int and 0 < width <= _MOST_COLUMNS and (stamp.metric == Metric.COSINE or width % 8 == 0)


def _damaged_recipe() -> IndexDamagedError:
    return IndexDamagedError(
        "the recipe is none that PicTrace wrote",
        hint="run `pictrace verify`, then restore a backup or index the pictures into a new collection",
    )
