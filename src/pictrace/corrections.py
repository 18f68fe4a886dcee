"""A collection's own calibration: how the scores of its copies are corrected by what came of edits of its pictures."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pictrace._atomic import leftovers, replacing
from pictrace._regular import open_regular
from pictrace.catalogs import sole_writer
from pictrace.errors import IndexDamagedError
from pictrace.recipe import EncoderStamp
from pictrace.types import Relation, Verdict

FILE = "calibration.json"
_FORMAT = 1
_MOST_BYTES = 1 << 16
_SUREST = 36.0
"""Log-odds of the score next below 1 in double precision, a little less."""


@dataclass(frozen=True)
class Correction:
    """Log-odds `x` of a copy become `slope * x + intercept`, and are never raised up to `ceiling` or beyond.

    It was fitted on `pairs` claims of copies, `wrong` of which were wrong, at the ISO date `fitted`; `basis` names
    whose scores it corrects, the bundled calibration's with the encoders of then, and of others it means nothing.
    """

    slope: float
    intercept: float
    ceiling: float
    pairs: int
    wrong: int
    fitted: str
    basis: str

    def is_of(self, active: Sequence[EncoderStamp]) -> bool:
        """Whether the scores that it corrects are those of this PicTrace with these encoders."""
        return self.basis == basis(active)

    def log_odds(self, said: float) -> float:
        """Corrected log-odds, growing with what was said; what would rise nears the ceiling and does not reach it."""
        meant = self.slope * said + self.intercept
        room = self.ceiling - said
        if meant <= said:
            return meant
        return said if room <= 0 else self.ceiling - room * math.exp((said - meant) / room)

    def applied(self, verdict: Verdict) -> Verdict:
        """The verdict with its score corrected if it says `copy`; what it says stays."""
        if verdict.relation is not Relation.COPY:
            return verdict
        return replace(verdict, score=_score_of(self.log_odds(log_odds_of(verdict.score))))


def log_odds_of(score: float) -> float:
    """The log-odds of a score, within what double precision tells apart."""
    if score in {0.0, 1.0}:
        return math.copysign(_SUREST, score - 0.5)
    return max(-_SUREST, min(_SUREST, math.log(score) - math.log1p(-score)))


def _score_of(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-_SUREST, min(_SUREST, log_odds))))


def basis(active: Sequence[EncoderStamp]) -> str:
    """A name for what scores rest on: the bundled calibration, and encoders with their versions in any order."""
    lines = [bundled(), *sorted(f"{stamp.name} {stamp.version}" for stamp in active)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@cache
def bundled() -> str:
    """A name for the bundled calibration, another one whenever that changes."""
    return hashlib.sha256(resources.files("pictrace").joinpath("models/calibration.json").read_bytes()).hexdigest()[:16]


def stamp(folder: Path) -> int:
    """A number that differs once the correction of a collection was written anew; 0 where there is none."""
    try:
        return (folder / FILE).lstat().st_mtime_ns
    except OSError:
        return 0


def in_force(folder: Path, active: Sequence[EncoderStamp]) -> Correction | None:
    """The correction that searches of a collection by these encoders apply.

    `None` where there is none, or it is of another version of PicTrace or of other encoders.

    Raises:
        IndexDamagedError: its file is damaged.
    """
    found = read(folder)
    return found if found is not None and found.is_of(active) else None


def read(folder: Path) -> Correction | None:
    """The correction stored in a collection's folder, `None` where there is none.

    Raises:
        IndexDamagedError: the file is not one that `write` wrote.
    """
    try:
        with open_regular(folder / FILE) as file:
            text = file.read(_MOST_BYTES + 1)
        plain = json.loads(text) if len(text) <= _MOST_BYTES else None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _damaged(f"cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise _damaged("is damaged") from error
    if not isinstance(plain, dict) or plain.pop("format", None) != _FORMAT or not _is_sound(plain):
        raise _damaged("is damaged")
    return Correction(**plain)


def problems(folder: Path) -> list[str]:
    """What is wrong with the stored correction, in a sentence; nothing where there is none."""
    try:
        read(folder)
    except IndexDamagedError as error:
        return [f"{error}; {error.hint}"]
    return []


def write(folder: Path, correction: Correction) -> None:
    """The correction is what searches of the collection apply from now on, in this process and others.

    Raises:
        IndexLockedError: another process writes to the collection.
        ConfigurationError: the folder cannot be written.
        InsufficientStorageError: the disk is full.
    """
    path = folder / FILE
    with sole_writer(folder):
        with replacing(path) as temporary:
            text = json.dumps({"format": _FORMAT, **asdict(correction)}, indent=1, allow_nan=False)
            temporary.write_text(f"{text}\n", encoding="utf-8")
        for left in leftovers(path):
            left.unlink(missing_ok=True)


def check_writable(folder: Path) -> None:
    """Nothing, if a correction could be written just now: for whoever works long before there is one.

    Raises:
        IndexLockedError: another process writes to the collection.
        ConfigurationError: the folder cannot be written.
    """
    with sole_writer(folder):
        pass


def _is_sound(plain: dict[str, Any]) -> bool:
    """Whether every field holds what `write` can have written there."""
    if set(plain) != set(Correction.__dataclass_fields__):
        return False
    # Exact types, for True is an int as well.
    numbers = [plain[name] for name in ("slope", "intercept", "ceiling")]
    if not all(type(one) in {int, float} and abs(one) <= 1000 for one in numbers) or plain["slope"] <= 0:
        return False
    if not all(type(plain[name]) is int and plain[name] >= 0 for name in ("pairs", "wrong")):
        return False
    if not all(isinstance(plain[name], str) and len(plain[name]) <= 64 for name in ("fitted", "basis")):
        return False
    try:
        datetime.fromisoformat(plain["fitted"])
    except ValueError:
        return False
    return True


def _damaged(what: str) -> IndexDamagedError:
    hint = "remove it, nothing else is lost; `pictrace eval --calibrate` makes it anew"
    return IndexDamagedError(f"{FILE} {what}", hint=hint)
