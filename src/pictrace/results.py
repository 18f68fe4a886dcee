"""What people and programs are handed: pictures, matches, answers and failures, each ready for JSON."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pictrace._brief import shortened
from pictrace.types import Alignment, Key, Location, Relation


@dataclass(frozen=True)
class PictureRecord:
    """One picture of a collection, with every place where it was seen."""

    id: Key
    sha256: str
    format: str
    width: int
    height: int
    size: int
    added: str
    locations: tuple[Location, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str | None:
        """The first place it was seen, if it has any."""
        return self.locations[0].uri if self.locations else None

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON output carries it."""
        plain = asdict(self)
        plain["locations"] = [place.uri for place in self.locations]
        return {"id": plain.pop("id"), "path": self.path, **plain}


Box = tuple[float, float, float, float]
"""x, y, width, height in pixels of an upright original, counted from its top left corner."""

Which = Literal["query", "match"]
"""One of the two pictures of a pair."""


class ChangeKind(enum.StrEnum):
    """What can have been done to a picture; see docs/compare.md."""

    RECOMPRESSED = "recompressed"
    RESIZED = "resized"
    STRETCHED = "stretched"
    CROPPED = "cropped"
    TURNED = "turned"
    MIRRORED = "mirrored"
    PERSPECTIVE = "perspective"
    RECOLOURED = "recoloured"
    BLURRED = "blurred"
    SHARPENED = "sharpened"
    OVERLAID = "overlaid"
    BORDERED = "bordered"
    PASTED = "pasted"
    PART_OF = "part-of"


@dataclass(frozen=True)
class Change:
    """One difference between a query and its match, as if the query had been made of the match.

    `side` is the picture that shows it where only one does: the cropped, bordered, blurred one. `how` says more of
    some kinds, `numbers` how much, under names that docs/compare.md explains. The boxes are where it is: in the query,
    and the same area in the match.
    """

    kind: ChangeKind
    side: Which | None = None
    how: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    query_box: Box | None = None
    match_box: Box | None = None

    def to_dict(self) -> dict[str, Any]:
        """The change as JSON output carries it."""
        return {
            "kind": str(self.kind),
            "side": self.side,
            "how": self.how,
            "numbers": {name: round(value, 4) for name, value in self.numbers.items()},
            "query_box": self.query_box,
            "match_box": self.match_box,
        }


@dataclass(frozen=True)
class Match:
    """One related picture: which, how, how sure, where, and why.

    `id` is `None` when two pictures were compared outside any collection. `vanished` are those of its paths that
    were looked for and are gone; the command line looks for them, `Collection.search` does not. `changes` are what
    tells a copy from the query, in the order in which people would say it; of scenes only which is a part of which.
    """

    id: Key | None
    path: str | None
    relation: Relation
    score: float
    signals: Mapping[str, float]
    alignment: Alignment | None
    width: int
    height: int
    sha256: str
    reasons: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    locations: tuple[Location, ...] = ()
    vanished: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Every place where it was seen, in the order of finding."""
        found = tuple(place.uri for place in self.locations)
        return found or (() if self.path is None else (self.path,))

    def to_dict(self) -> dict[str, Any]:
        """The match as JSON output carries it."""
        shape = self.alignment
        return {
            "id": self.id,
            "path": self.path,
            "paths": self.paths,
            "vanished": self.vanished,
            "relation": str(self.relation),
            "score": round(self.score, 6),
            "signals": {name: round(value, 6) for name, value in self.signals.items()},
            "overlap": None if shape is None else {"query": shape.query_overlap, "match": shape.match_overlap},
            "transform": None if shape is None else shape.transform,
            "quad": None if shape is None else shape.quad,
            "mirrored": None if shape is None else shape.mirrored,
            "width": self.width,
            "height": self.height,
            "sha256": self.sha256,
            "reasons": self.reasons,
            "changes": [change.to_dict() for change in self.changes],
            "metadata": dict(self.metadata),
        }


@dataclass(frozen=True)
class Answer(Sequence[Match]):
    """The matches of one search, strongest first, and what was searched to find them.

    `searched` counts the pictures that were considered; `exhaustive` says whether every one was compared,
    otherwise `recall` is the measured share of true neighbours the index finds. `timings_ms` has one entry
    per stage; `calibrated` says that scores of copies are corrected on the collection's own pictures.
    `searched_with` are the encoders by whose rows it was found, by name, with their versions: all of one answer.
    """

    matches: tuple[Match, ...]
    searched: int
    exhaustive: bool
    recall: float | None
    signals: tuple[str, ...]
    index_version: int
    timings_ms: Mapping[str, float]
    warnings: tuple[str, ...] = ()
    calibrated: bool = False
    searched_with: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, index: Any) -> Any:
        return self.matches[index]

    def __len__(self) -> int:
        return len(self.matches)

    def to_dict(self) -> dict[str, Any]:
        """The whole envelope, with the matches under `results`."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "matches"}
        return {"results": [match.to_dict() for match in self.matches], **plain}


@dataclass(frozen=True)
class IndexState:
    """How candidates are found: by which index, comparing every picture or with a measured `recall`; `behind` counts
    pictures that are not in it yet and are compared one by one, `left_out` those whose local features wait for theirs.
    """

    name: str
    exhaustive: bool
    recall: float | None
    behind: int
    left_out: int

    def to_dict(self) -> dict[str, Any]:
        """The state as JSON output carries it."""
        return asdict(self)


@dataclass(frozen=True)
class SpaceRecord:
    """One encoder that there are rows of: `rows` of the `pictures` have one, and `state` says what becomes of them.

    `active` ones are searched, `building` ones will be once every picture has a row, `retired` ones wait to be dropped.
    `problem` is why this PicTrace cannot work with it, empty if it can.
    """

    name: str
    version: str
    metric: str
    width: int
    state: str
    rows: int
    pictures: int
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON output carries it."""
        return asdict(self)


@dataclass(frozen=True)
class Failure:
    """One input that could not be used, with its stable code; a long `detail` is cut as an error's message is."""

    path: str
    code: str
    detail: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", shortened(self.detail))

    def to_dict(self) -> dict[str, str]:
        """The line that the CLI's failure report holds."""
        return asdict(self)
