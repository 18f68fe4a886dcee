"""Why a verdict is what it is and what was done to a picture, as the description of the API shows them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pictrace.results import ChangeKind

Box = tuple[float, float, float, float]


class Reply(BaseModel):
    """Anything that is answered: just what is named, and all of it."""

    model_config = ConfigDict(extra="forbid")


class Change(Reply):
    """One thing that was done to a picture, as if the query had been made of the match; docs/compare.md has all kinds.

    `side` is the picture that shows it, where only one does; boxes are x, y, width, height in pixels of each.
    """

    kind: ChangeKind
    side: Literal["query", "match"] | None
    how: str
    numbers: dict[str, float]
    query_box: Box | None
    match_box: Box | None


class Level(Reply):
    """How far a pair came towards one relation: what is least enough, and the signals that speak loudest."""

    relation: Literal["exact", "copy", "scene", "similar"]
    probability: float
    threshold: float
    met: bool
    speaks_for: str | None = Field(alias="for")
    speaks_against: str | None = Field(alias="against")


class Piece(Reply):
    """What one signal says; `opinion` is in log-odds, `null` if it has none."""

    signal: str
    family: str
    measures: dict[str, float]
    opinion: float | None
    says: str
