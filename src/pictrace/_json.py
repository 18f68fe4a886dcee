"""JSON from outside: text whose mistakes are told, and lines of which a torn one costs what it says and no more."""

import json
from typing import Any


def strict(data: bytes) -> Any:
    """What UTF-8 text holds in which no object names anything twice, and every number is one.

    Raises:
        ValueError: it is no such text, and why; for a mistake of JSON's own, `json.JSONDecodeError` with its place.
        RecursionError: it goes too deep.
    """
    return json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_no_number)


def line(data: bytes) -> Any:
    """What one line of a file says; `None` for one that cannot be read."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} is said twice in one object")
        found[name] = value
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")
