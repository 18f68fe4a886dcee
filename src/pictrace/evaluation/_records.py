"""The records of an evaluation: single trials, and the figures that come of them; each ready for JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pictrace.accuracy import Bin
from pictrace.recipe import EncoderStamp
from pictrace.types import Key, Relation

FIRST_FEW = 20
"""How many matches are asked for, and how far down one may be to count as found."""


@dataclass(frozen=True)
class Pair:
    """What is known of an edited picture beside a stored one, whether a search named it or not.

    `right` says whether the stored one is what was edited, `log_odds` are those of a copy before any correction,
    `voices` the log-odds of each signal alone, `None` where it has no opinion.
    """

    key: Key
    right: bool
    log_odds: float
    voices: Mapping[str, float | None]
    measures: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """The pair as JSON output carries it."""
        return asdict(self)


@dataclass(frozen=True)
class Claim:
    """One match that a search named: which picture, as what, how sure, and whether it is the one that was edited."""

    key: Key
    relation: Relation
    score: float
    right: bool

    @property
    def confidence(self) -> float:
        """What claims are ranked by, as an answer is: the relation first, then the score."""
        return self.relation.rank + self.score

    @property
    def is_copy(self) -> bool:
        """Whether it says that the pictures are the same photograph."""
        return self.relation >= Relation.COPY


@dataclass(frozen=True)
class Trial:
    """One edited picture, searched for.

    `claims` are the matches in their order, without those that are relatives of the picture as it is; `ranks` gives
    the place of the right one by each encoder's distance alone, `None` beyond the first hundred. A stranger's
    picture was not among those searched, so that every claim of a copy is a false alarm.
    """

    picture: Key
    edit: str
    stranger: bool
    claims: tuple[Claim, ...]
    pairs: tuple[Pair, ...]
    ranks: Mapping[str, int | None]
    milliseconds: float
    stages: Mapping[str, float] = field(default_factory=dict)

    @property
    def rank(self) -> int | None:
        """The place of the right one among the claims, from 1, if it is there."""
        return next((place for place, claim in enumerate(self.claims, 1) if claim.right), None)

    @property
    def found(self) -> Claim | None:
        """What was claimed of the right one."""
        return next((claim for claim in self.claims if claim.right), None)

    @property
    def is_found_copy(self) -> bool:
        """Whether the right one was called a copy."""
        return self.found is not None and self.found.is_copy

    @property
    def wrong_copies(self) -> int:
        """How many others were called a copy."""
        return sum(claim.is_copy for claim in self.claims if not claim.right)

    def to_dict(self) -> dict[str, Any]:
        """The trial as one line of a JSONL file carries it."""
        plain = {name: getattr(self, name) for name in ("picture", "edit", "stranger", "rank", "milliseconds")}
        claims = [{**asdict(claim), "relation": str(claim.relation)} for claim in self.claims]
        pairs = [pair.to_dict() for pair in self.pairs]
        return {**plain, "ranks": dict(self.ranks), "claims": claims, "pairs": pairs}


@dataclass(frozen=True)
class Counts:
    """Shares of trials in which the right picture was first, among the first 20, and called a copy.

    `certain` is the share that was called a copy with a score that only one wrong claim in 1,000 reaches;
    `wrong_copies` counts other pictures that were called a copy, `false_alarms` those named for strangers.
    """

    trials: int
    first: float
    in_first_20: float
    copy: float
    certain: float
    wrong_copies: int
    strangers: int
    false_alarms: int


@dataclass(frozen=True)
class EditFigures:
    """One edit: its shares, what is aimed at, what each signal and encoder would find alone, and the time it takes.

    `signals` are the shares of right pairs that a signal alone supports, `ranks` those of which an encoder alone has
    the right one first and among the first 20.
    """

    name: str
    family: str
    says: str
    counts: Counts
    bar: float | None
    signals: Mapping[str, float]
    ranks: Mapping[str, tuple[float, float]]
    median_ms: float

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is reached; `None` where there is none."""
        return None if self.bar is None else self.counts.certain >= self.bar


@dataclass(frozen=True)
class Calibrated:
    """How well probabilities are kept: the expected calibration error, and the claims in bins."""

    error: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Neighbours:
    """One encoder's index: the measured share of the ten nearest rows that it finds."""

    encoder: str
    recall_at_10: float
    queries: int
    exhaustive: bool


@dataclass(frozen=True)
class Figures:
    """Everything an evaluation tells, without the single trials.

    `calibration` is of the scores of everything that answers called a copy, which hold where the match is the picture
    that was edited: whether another is a scene or similar, nobody knows. `curve` holds (threshold, precision, recall)
    points of all claims, the surest first. `relatives` are stored pictures that the drawn ones are called copies or
    scenes of as they are: their claims are neither right nor wrong, and those of strangers were not searched.
    """

    pictures: int
    searched: int
    drawn: int
    strangers: int
    from_proxies: int
    relatives: tuple[tuple[Key, Key], ...]
    overall: Counts
    micro_average_precision: float
    recall_at_precision: Mapping[str, float]
    edits: tuple[EditFigures, ...]
    calibration: Calibrated
    curve: tuple[tuple[float, float, float], ...]
    neighbours: tuple[Neighbours, ...]
    latency_ms: Mapping[str, float]
    stages_ms: Mapping[str, float]
    peak_memory_bytes: int | None
    seconds: float

    @property
    def missed(self) -> Sequence[EditFigures]:
        """The edits that do not reach their bar."""
        return [edit for edit in self.edits if edit.is_met is False]

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON output carries them."""
        return {**asdict(self), "missed": [edit.name for edit in self.missed]}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The figures, every trial they rest on, and a small JPEG of what each edit makes of the most colourful picture.

    `active` are the encoders that were searched by.
    """

    figures: Figures
    trials: tuple[Trial, ...]
    examples: Mapping[str, tuple[bytes, tuple[int, int]]]
    active: tuple[EncoderStamp, ...] = ()
