"""What is answered about duplicates, as the description of the API shows it."""

from typing import Literal

from pictrace.service.evidence import Reply
from pictrace.service.replies import Links

Kind = Literal["exact", "copy", "scene", "similar"]


class Linked(Reply):
    """Two pictures by their ids, and how they are related."""

    ids: tuple[int, int]
    relation: Kind
    score: float


class Member(Reply):
    """One file of a group; `pick` is what was chosen for it."""

    id: int
    path: str
    relation: Kind
    score: float
    sha256: str
    format: str
    width: int
    height: int
    size: int
    reference: bool
    reasons: list[str]
    added: str
    pick: Literal["keep", "remove"] | None
    links: Links


class Group(Reply):
    """Files that show the same picture, those of the `medoid` first; `weakest` is the least sure link to it."""

    id: str
    relation: Kind
    score: float
    certainty: Literal["exact", "sure", "copy", "scene"]
    settled: bool
    medoid: int
    members: list[Member]
    weakest: Linked | None
    loose: list[Linked]


class Class(Reply):
    """How many groups are so sure, how many of them settled, and what one file each would free."""

    certainty: Literal["exact", "sure", "copy", "scene"]
    groups: int
    settled: int
    files: int
    spare_files: int
    spare_bytes: int


class Sought(Reply):
    """What was looked for, and when that ended; "" while it goes on."""

    relation: Kind
    min_score: float
    filter: str
    references: list[str]
    at: str


class Duplicates(Reply):
    """A page of groups, the surest first; `found` is `null` before the first search, `job` the one that goes on."""

    found: Sought | None
    job: str | None
    classes: list[Class]
    groups: list[Group]
    next_cursor: str | None
    count: int


class Decision(Reply):
    """What was decided of two pictures; `ids` are `null` for those that are not in the collection."""

    ids: tuple[int | None, int | None]
    one: str
    other: str
    one_pixels: str
    other_pixels: str
    verdict: Literal["duplicate", "different", "alternate", "both"]
    at: str
    note: str


class Decisions(Reply):
    """Some of them; `next` is where the others begin."""

    decisions: list[Decision]
    count: int
    next: int | None


class Taken(Reply):
    """How many decisions were taken over."""

    taken: int


class Accepted(Reply):
    """Groups that were settled, and how many of their class are not."""

    settled: int
    left: int


class Chosen(Reply):
    """What was chosen to go."""

    files: int
    bytes: int


class Last(Reply):
    """The plan that was applied last, and what became of its files."""

    plan: str
    created: str
    action: str
    state: Literal["applied", "undone"]
    done: int
    bytes: int
    failed: int


class Standing(Reply):
    """What is to be done, and what was."""

    chosen: Chosen
    last: Last | None


class Removal(Reply):
    """A file that goes, the one that stays for it, why, and what goes along."""

    path: str
    keeper: str
    reason: str
    relation: Kind
    size: int
    companions: list[str]


class Left(Reply):
    """A file that is left alone, and why."""

    path: str
    reason: str


class Plan(Reply):
    """What would be done; of `removals`, `waiting` (not accepted) and `left` the first 200 are told."""

    id: str
    created: str
    action: Literal["quarantine", "hardlink", "reflink"]
    rules: list[str]
    groups: int
    files: int
    bytes: int
    removals: list[Removal]
    waiting: list[Removal]
    waiting_count: int
    left: list[Left]
    left_count: int
