"""What does not fit a request, as a sentence that names the member and says what is allowed."""

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from pictrace.errors import UsageError

_SHOWN = 60
"""Characters of a name; longer ones are no slip of the pen."""

_MOST_NAMES = 12
_JSON_TYPES = {"boolean": "true or false", "object": "an object"}

Schema = Mapping[str, Any]


def unfit(model: type[BaseModel], error: ValidationError) -> UsageError:
    """The first of the errors in our own words; what is allowed is read from the schema that clients see too."""
    first = error.errors(include_url=False, include_input=False)[0]
    kind, where = first["type"], first["loc"]
    if kind == "json_invalid":
        return UsageError("a text in this request is not Unicode")
    if kind == "value_error":
        said = first["msg"].removeprefix("Value error, ")
        return UsageError(f"{said} in {_named(where)}" if where else said)
    schema = model.model_json_schema()
    holder, member, depth = _found(schema, where)
    if kind == "extra_forbidden":
        return UsageError(_unknown(where, holder))
    allowed = _allowed(member, schema)
    # Whoever gave three numbers of four gave the member.
    is_missing = kind == "missing" and depth == len(where)
    return UsageError(f"{_named(where[:depth])} {'is missing; it ' if is_missing else ''}must be {allowed}")


def _named(where: tuple[int | str, ...]) -> str:
    place = ".".join(str(part) for part in where)
    return f"'{place if len(place) <= _SHOWN else place[:_SHOWN] + '…'}'"


def _unknown(where: tuple[int | str, ...], holder: Schema) -> str:
    names = list(holder.get("properties", {}))
    said = f"{_named(where)} is not a parameter of this request"
    near = difflib.get_close_matches(str(where[-1])[:_SHOWN], names, 1)
    if near:
        return f"{said}; did you mean '{near[0]}'?"
    return f"{said}; there {'is' if len(names) == 1 else 'are'} {', '.join(names[:_MOST_NAMES])}" if names else said


def _found(schema: Schema, where: tuple[int | str, ...]) -> tuple[Schema, Schema, int]:
    """The schema around a place, that of the place itself, and how much of the way to it has one of its own."""
    holder, member = schema, schema
    for depth, part in enumerate(where):
        inside = member.get("properties", {}).get(part) if isinstance(part, str) else member.get("items")
        if inside is None:
            return member, member, depth
        holder, member = member, _plain(inside, schema)
    return holder, member, len(where)


def _plain(member: Schema, schema: Schema) -> Schema:
    """The schema of a member without its name and without null, which is the same as leaving it out."""
    if "$ref" in member:
        return _plain(schema["$defs"][member["$ref"].rpartition("/")[2]], schema)
    options = [one for one in member.get("anyOf", []) if one.get("type") != "null"]
    return _plain(options[0], schema) if len(options) == 1 else member


def _allowed(member: Schema, schema: Schema) -> str:
    if "enum" in member:
        return f"one of {', '.join(str(one) for one in member['enum'])}"
    kind = member.get("type")
    if kind in {"integer", "number"}:
        return f"a {'whole ' if kind == 'integer' else ''}number{_bounds(member)}"
    if kind == "string":
        return f"text{_span(member, 'minLength', 'maxLength', 'characters')}"
    if kind == "array":
        each = _allowed(_plain(member["items"], schema), schema)
        return f"a list{_span(member, 'minItems', 'maxItems')}, each {each}"
    if kind == "object" and member.get("properties"):
        return f"an object of {', '.join(member['properties'])}"
    # Only what takes several shapes is left, and those say what they are.
    return _JSON_TYPES.get(str(kind)) or member["description"].rstrip(".")


def _bounds(member: Schema) -> str:
    if "exclusiveMinimum" in member:
        return f" above {member['exclusiveMinimum']:g} and of at most {member['maximum']:g}"
    return _span(member, "minimum", "maximum", least="from")


def _span(member: Schema, low: str, high: str, unit: str = "", *, least: str = "of") -> str:
    if high not in member:
        return ""
    numbers = f"{member[low]} to {member[high]}" if low in member else f"at most {member[high]}"
    return f" {least} {numbers}{f' {unit}' if unit else ''}"
