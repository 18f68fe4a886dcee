"""JSON from somebody else, taken field by field: each has the type and the range that were asked for, or is named."""

import base64
import binascii
import itertools
import math
import re
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

from pictrace._json import strict
from pictrace.errors import ModelDamagedError

MOST_BYTES = 1 << 20
"""Bytes of a card; reference rows of 16,384 values take a tenth of that."""

MOST_LOG_ODDS = 700.0
"""Beyond which their exponentials are no numbers any more."""

_LONGEST = 2000
_Word = TypeVar("_Word", bound=str)


class Fields:
    """One JSON object, whose fields are taken one by one; `end` refuses what nobody took.

    Every method raises ModelDamagedError, which names the file and the field.
    """

    def __init__(self, plain: Any, where: str, path: str = "") -> None:
        self._where = where
        self._path = path
        if not isinstance(plain, dict):
            self.refuse("", "is no JSON object")
        self._plain: dict[str, Any] = dict(plain)
        self._taken: set[str] = set()

    @classmethod
    def read(cls, data: bytes, where: str) -> "Fields":
        """The fields of a file's bytes; `where` names the file."""
        plain: Any = None
        try:
            plain = strict(_bounded(data))
        except (ValueError, RecursionError) as error:
            raise ModelDamagedError(f"the card {where} is no valid JSON: {error}", hint=_HINT) from error
        return cls(plain, where)

    def refuse(self, name: str, why: str) -> NoReturn:
        """Says what is wrong with a field.

        Raises:
            ModelDamagedError: always.
        """
        called = ".".join(part for part in (self._path, name) if part) or "it"
        raise ModelDamagedError(f"the card {self._where} is damaged: {called} {why}", hint=_HINT)

    def text(self, name: str, pattern: re.Pattern[str] | None = None, *, default: str | None = None) -> str:
        """Printable text, all of which fits the pattern, if there is one."""
        value = self._take(name, default)
        if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
            self.refuse(name, f"is no printable text of at most {_LONGEST} characters")
        if value != default and pattern is not None and not (pattern.fullmatch(value) and ".." not in value):
            self.refuse(name, f"is {value!r}, which is not allowed there")
        return value

    def word(self, name: str, words: Sequence[_Word], *, default: _Word | None = None) -> _Word:
        """One of a few words."""
        value = self._take(name, default)
        if value not in words:
            self.refuse(name, f"is {_shortly(value)}, none of {', '.join(words)}")
        return words[words.index(value)]

    def whole(self, name: str, least: int, most: int, *, default: int | None = None) -> int:
        """A whole number within bounds."""
        value = self._take(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.refuse(name, f"is {_shortly(value)}, no whole number from {least:,} to {most:,}")
        return value

    def number(self, name: str, least: float, most: float, *, default: float | None = None) -> float:
        """A number within bounds."""
        value = self._take(name, default)
        if not _is_number(value) or not least <= value <= most:
            self.refuse(name, f"is {_shortly(value)}, no number from {least:g} to {most:g}")
        return float(value)

    def numbers(self, name: str, least: float, most: float, *, default: Sequence[float]) -> tuple[float, ...]:
        """As many numbers as the default has, each within bounds."""
        value = self._take(name, default)
        if not isinstance(value, list | tuple) or len(value) != len(default):
            self.refuse(name, f"is {_shortly(value)}, not {len(default)} numbers")
        if not all(_is_number(one) and least <= one <= most for one in value):
            self.refuse(name, f"is {_shortly(value)}, not each a number from {least:g} to {most:g}")
        return tuple(float(one) for one in value)

    def switch(self, name: str) -> bool:
        """True or false."""
        value = self._take(name)
        if not isinstance(value, bool):
            self.refuse(name, f"is {_shortly(value)}, neither true nor false")
        return value

    def calibration(self, name: str, most: int) -> tuple[tuple[float, float], ...]:
        """Pairs of a number, which rise, and log-odds; none if the field is not there."""
        value = self._take(name, [])
        if not isinstance(value, list) or len(value) > most or not all(map(_is_pair, value)):
            self.refuse(name, f"is no list of at most {most} pairs of numbers")
        found = tuple((float(one), float(other)) for one, other in value)
        if any(one >= next_ for (one, _), (next_, _) in itertools.pairwise(found)):
            self.refuse(name, "does not rise")
        if any(abs(log_odds) > MOST_LOG_ODDS for _, log_odds in found):
            self.refuse(name, f"has log-odds beyond {MOST_LOG_ODDS:g}")
        return found

    def encoded(self, name: str, size: int) -> str:
        """The base64 of so many bytes."""
        value = self._take(name)
        try:
            data = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
        except (binascii.Error, ValueError):
            data = b""
        if not isinstance(value, str) or len(data) != size:
            self.refuse(name, f"is not the base64 of {size:,} bytes")
        return value

    def inner(self, name: str) -> "Fields | None":
        """An object inside; `None` if there is none."""
        value = self._take(name, None, needed=False)
        inside = ".".join(part for part in (self._path, name) if part)
        return None if value is None else Fields(value, self._where, inside)

    def end(self) -> None:
        """Nothing, if every field was taken."""
        for name in self._plain:
            if name not in self._taken:
                self.refuse(repr(name)[1:-1], "is no field of a card")

    def _take(self, name: str, default: Any = None, *, needed: bool = True) -> Any:
        self._taken.add(name)
        if name not in self._plain and default is None and needed:
            self.refuse(name, "is missing")
        return self._plain.get(name, default)


_HINT = "mend the card, or remove it from the folder of models; docs/models.md says what is in one"


def _bounded(data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
    return data


def _is_number(value: Any) -> bool:
    # Whole numbers of JSON may be too large for a float.
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and abs(value) < 1e300 and math.isfinite(value)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _shortly(value: Any) -> str:
    is_short = not isinstance(value, dict | list | tuple) or (len(value) < 5 and all(map(_is_number, value)))
    text = repr(value) if is_short else f"a {type(value).__name__} of {len(value)}"
    return text if len(text) <= 60 else f"{text[:57]}…"
