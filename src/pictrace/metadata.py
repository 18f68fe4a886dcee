"""What may be said of a picture from outside: plain JSON of bounded size, which every part can store and hand on."""

import json
import math
from collections.abc import Iterator
from typing import Any

from pictrace.errors import UsageError

MOST_BYTES = 16 << 10
"""Of all of it, as JSON in UTF-8."""

MOST_LEVELS = 8
"""Of objects and lists within each other; the outermost object is the first."""

_INT64 = 1 << 63


def checked(given: object) -> dict[str, Any]:
    """The metadata of one picture, once they are an object that JSON holds as it is.

    At most 16 KiB and 8 levels; whole numbers of 64 bits, finite others; text that is Unicode, names of
    members included.

    Raises:
        UsageError: they are not; the message says in words of its own why, without what was given.
    """
    if not isinstance(given, dict):
        raise UsageError("metadata must be a JSON object")
    problem = next(_problems(given, MOST_LEVELS), "")
    if problem:
        raise UsageError(f"metadata must be plain JSON, {problem}")
    size = len(json.dumps(given, ensure_ascii=False).encode())
    if size > MOST_BYTES:
        raise UsageError(f"metadata have {size:,} bytes as JSON, more than the {MOST_BYTES:,} allowed")
    return given


def _problems(value: object, levels: int) -> Iterator[str]:
    """What is wrong with a value, or with one inside it; never deeper than `levels`."""
    if not isinstance(value, dict | list | tuple):
        yield from _problem_of_one(value)
    elif not levels:
        yield f"with at most {MOST_LEVELS} levels"
    elif isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            yield "with names that are text"
        for part in (*value, *value.values()):
            yield from _problems(part, levels - 1)
    else:
        for part in value:
            yield from _problems(part, levels - 1)


def _problem_of_one(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if not _is_unicode(value):
            yield "and half a surrogate pair is no text"
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield "and neither infinity nor NaN is a number there"
    elif isinstance(value, int):  # true and false among them
        if not -_INT64 <= value < _INT64:
            yield "with whole numbers of at most 64 bits"
    elif value is not None:
        yield f"not {type(value).__name__}"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
