"""What people decided of pairs of pictures, by the hashes of their contents: it outlives moves, models and indexes."""

import enum
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from pictrace.errors import UsageError

_HASH = re.compile(r"[0-9a-f]{64}")
_LONGEST_NOTE = 1000
_KIND = "pictrace-decision"
_FIELDS = ("one", "other", "one_pixels", "other_pixels", "verdict", "at", "note")


class Ruling(enum.StrEnum):
    """What two pictures are to each other, whatever their pixels say.

    `DUPLICATE` joins them in one group; all others keep them apart: `DIFFERENT` are no duplicates, `ALTERNATE` are
    versions of one picture that are both wanted, `BOTH` are duplicates that are to stay.
    """

    DUPLICATE = "duplicate"
    DIFFERENT = "different"
    ALTERNATE = "alternate"
    BOTH = "both"


@dataclass(frozen=True)
class Decision:
    """One ruling on two pictures, given by SHA-256 and hash of pixels in hexadecimal, the lesser SHA-256 first.

    `at` is the time of the ruling, ISO 8601 in UTC. The hashes of pixels recognise a picture whose metadata were
    edited since.

    Raises:
        UsageError: hashes that are none or the same, an unknown verdict, a time that is none, a long note.
    """

    one: str
    other: str
    one_pixels: str
    other_pixels: str
    verdict: Ruling
    at: str
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "verdict", ruling_of(self.verdict))
        if not all(isinstance(text, str) and _HASH.fullmatch(text) for text in self._hashes):
            raise UsageError("a decision names its pictures by hashes of 64 hexadecimal digits")
        if self.one == self.other:
            raise UsageError("a decision is on two pictures, and these are one")
        if self.one > self.other:
            one, other = (self.other, self.other_pixels), (self.one, self.one_pixels)
            for name, value in zip(("one", "one_pixels", "other", "other_pixels"), (*one, *other), strict=True):
                object.__setattr__(self, name, value)
        if not isinstance(self.note, str) or len(self.note) > _LONGEST_NOTE:
            raise UsageError(f"a note has at most {_LONGEST_NOTE} characters")
        if not isinstance(self.at, str) or not _is_time(self.at):
            raise UsageError(f"{self.at!r} is no time", hint="write it like 2026-11-29T18:00:00+00:00")

    @property
    def _hashes(self) -> tuple[str, str, str, str]:
        return self.one, self.other, self.one_pixels, self.other_pixels

    @property
    def joins(self) -> bool:
        """Whether the pictures belong together."""
        return self.verdict is Ruling.DUPLICATE

    def to_dict(self) -> dict[str, Any]:
        """The decision as files and JSON output carry it."""
        return {"kind": _KIND, **asdict(self), "verdict": str(self.verdict)}


def ruling_of(name: str) -> Ruling:
    """The ruling of a name.

    Raises:
        UsageError: there is none.
    """
    try:
        return Ruling(name)
    except ValueError as error:
        raise UsageError(f"{name!r} is no decision", hint=f"choose among: {', '.join(Ruling)}") from error


def now() -> str:
    """This second, as decisions carry it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def dumped(decisions: Iterable[Decision]) -> Iterator[str]:
    """One line of JSON for each, as `parsed` reads them."""
    return (json.dumps(one.to_dict()) for one in decisions)


def parsed(lines: Iterable[str]) -> list[Decision]:
    """The decisions of a file, whole or not at all.

    Raises:
        UsageError: a line is no decision; the message has its number.
    """
    return [_parsed(line, number) for number, line in enumerate(lines, 1) if line.strip()]


def _parsed(line: str, number: int) -> Decision:
    try:
        plain = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"line {number} is no JSON", hint="take a file that `dedupe decisions` wrote") from error
    if not isinstance(plain, dict) or plain.pop("kind", None) != _KIND or set(plain) != set(_FIELDS):
        raise UsageError(f"line {number} is no decision", hint="take a file that `dedupe decisions` wrote")
    try:
        return Decision(**plain)
    except UsageError as error:
        raise UsageError(f"line {number}: {error}", hint=error.hint) from error


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


class Rulings:
    """What was decided, to be asked for pairs of pictures given by SHA-256 and hash of pixels, 32 bytes each."""

    def __init__(self, decisions: Sequence[Decision]) -> None:
        self._by_bytes = {(bytes.fromhex(one.one), bytes.fromhex(one.other)): one for one in decisions}
        self._by_pixels: dict[tuple[bytes, ...], Decision] = {}
        for one in decisions:
            pair = (bytes.fromhex(one.one_pixels), bytes.fromhex(one.other_pixels))
            self._by_pixels[min(pair, pair[::-1])] = one

    def __len__(self) -> int:
        return len(self._by_bytes)

    @property
    def hashes(self) -> frozenset[str]:
        """SHA-256 and hashes of pixels of all pictures that something was decided of, in hexadecimal."""
        pairs = (*self._by_bytes, *self._by_pixels)
        return frozenset(one.hex() for pair in pairs for one in pair)

    def joined(self) -> Iterator[tuple[bytes, bytes]]:
        """SHA-256 of the two pictures of every pair that belongs together."""
        return (pair for pair, decision in self._by_bytes.items() if decision.joins)

    def of(self, one: tuple[bytes, bytes], other: tuple[bytes, bytes]) -> Decision | None:
        """What was decided of two pictures: by their bytes, else by their pixels."""
        for known, place in ((self._by_bytes, 0), (self._by_pixels, 1)):
            pair = (one[place], other[place])
            found = known.get(min(pair, pair[::-1]))
            if found is not None:
                return found
        return None
