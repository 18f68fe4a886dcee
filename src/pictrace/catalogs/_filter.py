"""Filters as conditions of SQL; everything that users wrote goes in as bindings, never as SQL.

Text is compared as the UTF-8 of its normal form, so in the order of code points. SQLite looks at text that is ASCII,
and Python at the rest.
"""
# ruff: noqa: S608  # what is spliced into SQL are this module's own constants, never values

import json
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

import apsw

from pictrace.filters import And, Comparison, Fact, Filter, Member, Not, Operator, Or, Value

Binding = bytes | float | int | str


class Condition(NamedTuple):
    """An expression over `picture` that is 1 or 0, and what is bound to its question marks."""

    sql: str
    bindings: tuple[Binding, ...] = ()


class _Text(NamedTuple):
    """Some text in SQL, and how bytes that are no UTF-8 are taken: surrogates of JSON, or bytes of paths."""

    sql: str
    errors: str = "surrogatepass"


EVERY = Condition("1")
_NONE = Condition("0")
_SQL: dict[Operator, str] = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_NUMBERS = {
    "id": "picture.id",
    "width": "picture.width",
    "height": "picture.height",
    "pixels": "picture.width * picture.height",
    "size": "picture.size",
}
_CASELESS = {
    "format": _Text("picture.format"),
    "added": _Text("picture.added"),
    "sha256": _Text("hex(picture.sha256)"),
}
_URI = _Text("CAST(location.uri AS TEXT)", "surrogateescape")
_IS_MISSING = "coalesce(json_type(picture.metadata, ?), 'null') = 'null'"


def install(connection: apsw.Connection) -> None:
    """The functions that conditions call."""
    for name, function in (("normal", _normal), ("folded", _folded)):
        connection.create_scalar_function(name, _of_bytes(function), 2, deterministic=True)


def condition(where: Filter | None) -> Condition:
    """What is true of the pictures that meet a filter, and of every picture where there is none."""
    if where is None:
        return EVERY
    if isinstance(where, Not):
        return _negated(condition(where.term))
    if isinstance(where, And | Or):
        terms = [condition(term) for term in where.terms]
        joined = (" AND " if isinstance(where, And) else " OR ").join(f"({term.sql})" for term in terms)
        return Condition(joined, tuple(one for term in terms for one in term.bindings))
    if where.value is None and where.operator not in {"=", "!="}:
        return _NONE
    return _of_member(where, where.subject) if isinstance(where.subject, Member) else _of_fact(where, where.subject)


def _of_fact(asked: Comparison, fact: Fact) -> Condition:
    operator, value = asked.operator, asked.value
    if fact.name == "path":
        return _of_path(operator, value)
    if fact.name in _NUMBERS and _is_number(value) and operator != "~":
        return Condition(f"{_NUMBERS[fact.name]} {_SQL[operator]} ?", (_bound(value),))
    if fact.name in _NUMBERS or not isinstance(value, str):
        return Condition("1") if operator == "!=" else _NONE
    if fact.name == "added" and operator != "~":
        begins = "CAST(substr(picture.added, 1, ?) AS BLOB)"
        return Condition(f"{begins} {_SQL[operator]} ?", (len(value), _encoded(value, "surrogatepass")))
    return _of_text(_CASELESS[fact.name], operator, value, is_caseless=True)


def _of_path(operator: Operator, value: Value) -> Condition:
    """A picture's places are compared as a list's elements are; one without any has no path."""
    if operator == "!=":
        has_any = _negated(_of_path("=", None))
        return has_any if value is None else _all(has_any, _negated(_of_path("=", value)))
    if value is None:
        return Condition("picture.id NOT IN (SELECT location.picture FROM location)")
    if not isinstance(value, str):
        return _NONE
    met = _of_text(_URI, operator, value)
    return Condition(f"picture.id IN (SELECT location.picture FROM location WHERE {met.sql})", met.bindings)


def _of_member(asked: Comparison, member: Member) -> Condition:
    path = "".join(["$", *(f".{json.dumps(name)}" for name in member.path)])
    missing = Condition(_IS_MISSING, (path,))
    if asked.value is None:
        met = missing if asked.operator == "=" else _negated(missing)
    elif asked.operator == "!=":
        met = _all(_negated(missing), _negated(_of_item(path, "=", asked.value)))
    else:
        met = _of_item(path, asked.operator, asked.value)
    # SQLite refuses JSON that is nested deeper than some versions of Python take it: then all members are missing.
    is_missing_met = asked.value is None and asked.operator == "="
    sql = f"CASE WHEN json_valid(picture.metadata) THEN {met.sql} ELSE {int(is_missing_met)} END"
    return Condition(sql, met.bindings)


def _of_item(path: str, operator: Operator, value: Value) -> Condition:
    """What is true where the member, or for `=` and `~` an element of it if it is a list, meets the comparison."""
    if isinstance(value, bool):
        met = Condition(f"item.type = '{'true' if value else 'false'}'") if operator == "=" else _NONE
    elif isinstance(value, str):
        text = _of_text(_Text("item.atom"), operator, value)
        met = Condition(f"item.type = 'text' AND {text.sql}", text.bindings)
    elif operator == "~":
        met = _NONE
    else:
        met = Condition(f"item.type IN ('integer', 'real') AND item.atom {_SQL[operator]} ?", (_bound(value),))
    # json_each gives a plain value without a key, elements with a number, and members of an object with a name.
    level = "typeof(item.key) <> 'text'" if operator in {"=", "~"} else "item.key IS NULL"
    items = f"SELECT 1 FROM json_each(picture.metadata, ?) AS item WHERE {level} AND {met.sql}"
    return Condition(f"EXISTS ({items})", (path, *met.bindings))


def _of_text(text: _Text, operator: Operator, value: str, *, is_caseless: bool = False) -> Condition:
    is_caseless = is_caseless or operator == "~"
    function, ascii_form = ("folded", f"lower({text.sql})") if is_caseless else ("normal", text.sql)
    bound = _encoded(_folded(value) if is_caseless else _normal(value), text.errors)
    is_ascii = f"octet_length({text.sql}) = length({text.sql})"
    plain, other = f"CAST({ascii_form} AS BLOB)", f"{function}(CAST({text.sql} AS BLOB), '{text.errors}')"
    if operator == "=" and not is_caseless:  # what is the same as it is needs no look by Python
        return Condition(f"({plain} = ? OR (NOT {is_ascii} AND {other} = ?))", (bound, bound))
    form = f"CASE WHEN {is_ascii} THEN {plain} ELSE {other} END"
    return Condition(f"instr({form}, ?) > 0" if operator == "~" else f"{form} {_SQL[operator]} ?", (bound,))


def _negated(term: Condition) -> Condition:
    return Condition(f"NOT ({term.sql})", term.bindings)


def _all(*terms: Condition) -> Condition:
    return Condition(" AND ".join(term.sql for term in terms), tuple(one for term in terms for one in term.bindings))


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bound(value: Value) -> Binding:
    """A number as SQLite takes it: whole ones have 64 bits."""
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        return float(value)
    return value if isinstance(value, int | float) else 0


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", _normal(text).casefold())


def _encoded(text: str, errors: str) -> bytes:
    try:
        return text.encode("utf-8", errors)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")  # a surrogate that is in no path


def _of_bytes(function: Callable[[str], str]) -> Callable[..., bytes]:
    return lambda data, errors: function(data.decode("utf-8", errors)).encode("utf-8", errors)
