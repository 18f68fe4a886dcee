"""What may be asked about duplicates."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pictrace.service.schemas import MOST_IDS, MOST_RESULTS, FilterText, Id, Strict, either

Kind = Literal["exact", "copy", "scene", "similar"]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
_Path = Annotated[str, Field(min_length=1, max_length=8192)]


class NewSearch(Strict):
    """Which duplicates to look for; what is below a folder of `references` is compared against only."""

    relation: Kind = "copy"
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.0
    filter: FilterText = ""
    references: Annotated[list[_Path], Field(max_length=100)] = Field(default_factory=list)


class Groups(Strict):
    """Which of the groups, from where the last page ended."""

    limit: Annotated[int, Field(ge=1, le=MOST_RESULTS)] = 50
    cursor: Annotated[str, Field(max_length=200)] | None = None
    relation: Kind | None = None
    certainty: Literal["exact", "sure", "copy", "scene"] | None = None
    state: Literal["open", "settled", "all"] = "all"


class Picked(Strict):
    """One file, by the id of its picture and its path, and what is to become of it; `null` takes that back."""

    id: Id
    path: _Path
    pick: Literal["keep", "remove"] | None


class NewPicks(Strict):
    """What is to become of files."""

    picks: Annotated[list[Picked], Field(min_length=1, max_length=MOST_IDS)]


class Two(Strict):
    """Two pictures of the collection: by their ids, or by the SHA-256 of their files."""

    model_config = either("ids", "hashes")

    ids: Annotated[list[Id], Field(min_length=2, max_length=2)] | None = None
    hashes: Annotated[list[Hash], Field(min_length=2, max_length=2)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.ids is None) == (self.hashes is None):
            raise ValueError("give either ids or hashes")
        return self


class NewDecision(Two):
    """What two pictures are to each other from now on."""

    verdict: Literal["duplicate", "different", "alternate", "both"]
    note: Annotated[str, Field(max_length=1000)] = ""


class NewDecisions(Strict):
    """What was decided of pairs of pictures."""

    decisions: Annotated[list[NewDecision], Field(min_length=1, max_length=MOST_IDS)]


class Pairs(Strict):
    """Pairs of pictures on which nothing is to be decided any more."""

    pairs: Annotated[list[Two], Field(min_length=1, max_length=MOST_IDS)]


class Pair(Strict):
    """The two in an address, separated by a comma."""

    ids: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,14},[1-9][0-9]{0,14}$")] | None = None
    hashes: Annotated[str, Field(pattern=r"^[0-9a-f]{64},[0-9a-f]{64}$")] | None = None


class Some(Strict):
    """So many from a place on."""

    limit: Annotated[int, Field(ge=1, le=MOST_IDS)] = 100
    after: Annotated[int, Field(ge=0, le=1 << 31)] = 0


_PlanId = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


class NewAcceptance(Strict):
    """In which groups the rules choose."""

    certainty: Literal["exact"]


class NewPlan(Strict):
    """Which rules say what stays, and what becomes of the rest; of what was `chosen`, or of `all` groups."""

    rules: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=40)] = Field(default_factory=list)
    action: Literal["quarantine", "hardlink", "reflink"] = "quarantine"
    groups: Literal["chosen", "all"] = "chosen"


class NewApplication(Strict):
    """A plan to be applied; `accepted` are the only files that go then, of those that it removes."""

    plan: _PlanId
    accepted: Annotated[list[_Path], Field(max_length=MOST_IDS)] | None = None


class NewUndo(Strict):
    """A plan to be taken back."""

    plan: _PlanId
