"""JSON from files that people edit: every value is asked for by name and type, and nothing else may be there."""

import difflib
import json
import math
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pictrace._json import strict
from pictrace.errors import PlanInvalidError

_MOST_TEXT = 2000
_MOST_PATH = 8192
_INT = 1 << 64


def parsed(data: bytes) -> dict[str, Any]:
    """The one JSON object in bytes.

    Raises:
        PlanInvalidError: it is none, a name is in it twice, or a number is not finite.
    """
    try:
        plain = strict(data)
    except json.JSONDecodeError as error:
        where = f"in line {error.lineno}"
        raise PlanInvalidError(f"the plan is no JSON {where}", hint="a comma or a bracket may be missing") from error
    except (ValueError, RecursionError) as error:
        raise PlanInvalidError(f"the plan cannot be read: {error}") from error
    if not isinstance(plain, dict):
        raise PlanInvalidError("the plan is no JSON object")
    return plain


class Reader:
    """One object of a plan, whose values are taken out one by one; `called` says where it is."""

    def __init__(self, plain: Any, called: str) -> None:
        if not isinstance(plain, dict):
            raise PlanInvalidError(f"{called} is {_kind(plain)}, not an object")
        self._plain = dict(plain)
        self._called = called
        self._known: list[str] = []

    def has(self, name: str) -> bool:
        """Whether there is a value of that name."""
        self._known.append(name)
        return name in self._plain

    def filled(self, name: str) -> bool:
        """Whether there is one that is not empty; an empty one is taken out."""
        if self.has(name) and self._plain[name] == "":
            del self._plain[name]
        return name in self._plain

    def text(self, name: str, *, most: int = _MOST_TEXT) -> str:
        """A text of bounded length without NUL."""
        found = self._take(name, str, "text")
        if len(found) > most or "\0" in found:
            raise self._wrong(name, f"text of at most {most} characters, without NUL")
        return str(found)

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        found = self._take(name, list, "a list")
        if len(found) > 100 or not all(isinstance(one, str) and len(one) <= 100 for one in found):
            raise self._wrong(name, "a list of names")
        return list(found)

    def path(self, name: str) -> str:
        """An absolute path in its shortest form, which a file can have."""
        found = self.text(name, most=_MOST_PATH)
        try:
            os.fsencode(found)
        except ValueError:
            found = ""
        if not os.path.isabs(found) or os.path.normpath(found) != found:  # noqa: PTH117 - of a text, without a look
            raise self._wrong(name, "an absolute path without `.` and `..`")
        return found

    def hexadecimal(self, name: str, digits: int) -> str:
        """So many lower-case hexadecimal digits."""
        found = self.text(name)
        if not re.fullmatch(r"[0-9a-f]+", found) or len(found) != digits:
            raise self._wrong(name, f"{digits} hexadecimal digits")
        return found

    def whole(self, name: str) -> int:
        """A whole number of at most 64 bits."""
        found = self._take(name, int, "a whole number")
        if isinstance(found, bool) or not -_INT < found < _INT:
            raise self._wrong(name, "a whole number of at most 64 bits")
        return int(found)

    def share(self, name: str) -> float:
        """A number from 0 to 1."""
        found = self._take(name, (int, float), "a number")
        if isinstance(found, bool) or not math.isfinite(found) or not 0 <= found <= 1:
            raise self._wrong(name, "a number from 0 to 1")
        return float(found)

    def switch(self, name: str) -> bool:
        """True or false."""
        return bool(self._take(name, bool, "true or false"))

    def one_of(self, name: str, names: Sequence[str]) -> str:
        """One of several names."""
        found = self.text(name)
        if found not in names:
            raise self._wrong(name, f"one of {', '.join(names)}")
        return found

    def each(self, name: str) -> Iterator["Reader"]:
        """The objects of a list."""
        for place, one in enumerate(self._take(name, list, "a list"), 1):
            yield Reader(one, f"{name} {place} of {self._called}")

    def link(self, name: str) -> dict[str, Any] | None:
        """Two ids, a relation and a score, or nothing."""
        if self.has(name) and self._plain[name] is None:
            del self._plain[name]
            return None
        inner = Reader(self._take(name, dict, "an object"), f"{name} of {self._called}")
        ids = inner._take("ids", list, "a list")
        if len(ids) != 2 or not all(type(one) is int for one in ids):
            raise inner._wrong("ids", "two whole numbers")
        found = {"ids": ids, "relation": inner.text("relation", most=20), "score": inner.share("score")}
        inner.end()
        return found

    def forget(self, *names: str) -> None:
        """Values that may be there, and mean nothing here."""
        for name in names:
            self._known.append(name)
            self._plain.pop(name, None)

    def end(self) -> None:
        """Nothing, if every value was asked for.

        Raises:
            PlanInvalidError: there is another one.
        """
        if self._plain:
            name = next(iter(self._plain))
            near = difflib.get_close_matches(name, self._known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self._known)}"
            raise PlanInvalidError(f"{name!r} is unknown in {self._called}", hint=hint)

    def _take(self, name: str, kind: Any, wanted: str) -> Any:
        if not self.has(name):
            raise PlanInvalidError(f"{name!r} is missing in {self._called}", hint=f"it is {wanted}")
        if not isinstance(self._plain[name], kind):
            raise self._wrong(name, wanted)
        return self._plain.pop(name)

    def _wrong(self, name: str, wanted: str) -> PlanInvalidError:
        return PlanInvalidError(f"{name!r} of {self._called} is not {wanted}")


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__
