"""Filters: conditions on what is known of a picture, as text and as a tree; docs/filters.md explains the language."""

import math
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from pictrace.errors import UsageError

MOST_CHARACTERS = 2000
MOST_COMPARISONS = 64
DEEPEST = 16

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "~"]
Value = str | int | float | bool | None

NUMBER_FACTS = ("id", "width", "height", "pixels", "size")
TEXT_FACTS = ("format", "added", "path", "sha256")
FACTS = (*NUMBER_FACTS, *TEXT_FACTS)
"""What is known of every picture; any other name is one of a picture's metadata."""

_OPERATORS = get_args(Operator)
_METADATA = "metadata"
_JOINS = ("and", "or", "not")
_CONSTANTS = {"true": True, "false": False, "null": None}
_HINT = 'for example: width >= 1000 and (format = PNG or artist.name ~ "monet")'
_PLAIN = r"""[^\s()=!<>~"'`]"""
_QUOTED = r"`(?:[^`]|``)*+`"
# Possessive repeats: nothing is tried twice, whatever the text.
_TOKEN = re.compile(
    rf"""(?P<bracket>[()])|(?P<operator>!=|<=|>=|[=<>~])|(?P<text>"(?:[^"]|"")*+"|'(?:[^']|'')*+')"""
    rf"|(?P<word>(?:{_PLAIN}|{_QUOTED})++)"
)
_PART = re.compile(rf"(?:(?!\.){_PLAIN})++|{_QUOTED}")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class Fact:
    """One of `FACTS`."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Member:
    """A member of a picture's metadata, by its name and those of the objects around it, the outermost first."""

    path: tuple[str, ...]

    def __str__(self) -> str:
        is_hidden = self.path[0] == _METADATA or self.path[0] in FACTS
        parts = (*[_METADATA] * is_hidden, *self.path)
        if len(parts) == 1 and parts[0].lower() in _JOINS:
            return f"`{parts[0]}`"
        return ".".join(part if _PART.fullmatch(part) and "`" not in part else _quoted(part, "`") for part in parts)


@dataclass(frozen=True, eq=False)
class Comparison:
    """One fact or member beside a value; a member that a picture lacks meets none but `= null`."""

    subject: Fact | Member
    operator: Operator
    value: Value

    def __str__(self) -> str:
        if self.value is None or isinstance(self.value, bool):
            value = next(word for word, constant in _CONSTANTS.items() if constant is self.value)
        else:
            value = _quoted(self.value, '"') if isinstance(self.value, str) else repr(self.value)
        return f"{self.subject} {self.operator} {value}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Comparison) and self._all() == other._all()

    def __hash__(self) -> int:
        return hash(self._all())

    def _all(self) -> tuple[object, ...]:
        return self.subject, self.operator, type(self.value), self.value  # to Python 1 equals True


@dataclass(frozen=True)
class Not:
    """What does not meet a filter."""

    term: "Filter"

    def __str__(self) -> str:
        return f"not {_within(self.term, And, Or)}"


@dataclass(frozen=True)
class And:
    """What meets all of two or more filters."""

    terms: tuple["Filter", ...]

    def __str__(self) -> str:
        return " and ".join(_within(term, And, Or) for term in self.terms)


@dataclass(frozen=True)
class Or:
    """What meets any of two or more filters."""

    terms: tuple["Filter", ...]

    def __str__(self) -> str:
        return " or ".join(_within(term, Or) for term in self.terms)


Filter: TypeAlias = Comparison | Not | And | Or
"""A tree of conditions, which as text says the same; catalogs know which of their pictures meet it."""


def parse(text: str) -> Filter:
    """The filter that a text stands for.

    Raises:
        UsageError: it is none, or beyond the limits; the message says at which character.
    """
    if len(text) > MOST_CHARACTERS:
        raise _wrong(f"more than {MOST_CHARACTERS:,} characters are no filter", MOST_CHARACTERS)
    parser = _Parser(_tokens(text), len(text))
    if not parser.tokens:
        raise _wrong("nothing to filter by", 0)
    return parser.whole()


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int

    @property
    def join(self) -> str:
        return self.text.lower() if self.kind == "word" and self.text.lower() in _JOINS else ""


class _Parser:
    """Takes tokens one after the other; each method takes what its name says and gives its tree."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self.tokens = tokens
        self._end = _Token("end", "", end)
        self._next = self._comparisons = 0

    def whole(self) -> Filter:
        found = self._either(0)
        if self._peek().kind != "end":
            raise self._unexpected("`and`, `or` or the end")
        return found

    def _either(self, depth: int) -> Filter:
        terms = [self._both(depth)]
        while self._take_join("or"):
            terms.append(self._both(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _both(self, depth: int) -> Filter:
        terms = [self._term(depth)]
        while self._take_join("and"):
            terms.append(self._term(depth))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _term(self, depth: int) -> Filter:
        token = self._peek()
        if depth > DEEPEST:
            raise _wrong(f"more than {DEEPEST} brackets and `not` within each other", token.at)
        if self._take_join("not"):
            return Not(self._term(depth + 1))
        if token.text != "(":
            return self._comparison()
        self._next += 1
        found = self._either(depth + 1)
        if self._peek().text != ")":
            raise self._unexpected("`and`, `or` or `)`")
        self._next += 1
        return found

    def _comparison(self) -> Comparison:
        name = self._peek()
        if name.kind != "word" or name.join:
            raise self._unexpected("a name" if name.kind != "text" else "a name (if need be in backticks)")
        self._comparisons += 1
        if self._comparisons > MOST_COMPARISONS:
            raise _wrong(f"more than {MOST_COMPARISONS} comparisons", name.at)
        self._next += 1
        operator = next((one for one in _OPERATORS if one == self._peek().text), None)
        if operator is None or self._peek().kind != "operator":
            raise self._unexpected(f"one of {' '.join(_OPERATORS)}")
        self._next += 1
        value = self._peek()
        if value.kind not in {"word", "text"} or value.join or _is_quoted_name(value):
            raise self._unexpected("a value")
        self._next += 1
        subject = _subject(name)
        return Comparison(subject, operator, _value(value, subject, operator))

    def _peek(self) -> _Token:
        return self.tokens[self._next] if self._next < len(self.tokens) else self._end

    def _take_join(self, join: str) -> bool:
        is_there = self._peek().join == join
        self._next += is_there
        return is_there

    def _unexpected(self, wanted: str) -> UsageError:
        token = self._peek()
        found = "the end" if token.kind == "end" else repr(token.text[:40])
        return _wrong(f"{wanted} was expected instead of {found}", token.at)


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            what = "a quote without its end" if text[at] in "\"'`" else f"{text[at]!r} makes no sense"
            raise _wrong(what, at)
        found.append(_Token(str(match.lastgroup), match[0], at))
        at = match.end()
    return found


def _subject(token: _Token) -> Fact | Member:
    parts: list[str] = []
    at = 0
    while not parts or at < len(token.text):
        if parts and token.text[at] != ".":
            raise _wrong("a dot or the end of the name was expected", token.at + at)
        at += bool(parts)
        part = _PART.match(token.text, at)
        if part is None:
            raise _wrong("a name was expected", token.at + at)
        parts.append(_unquoted(part[0]) if part[0][0] == "`" else part[0])
        at = part.end()
    if len(parts) == 1 and parts[0] in FACTS:
        return Fact(parts[0])
    if parts == [_METADATA]:
        raise _wrong("a member's name was expected after `metadata`", token.at + len(token.text))
    return Member(tuple(parts[parts[0] == _METADATA :]))


def _value(token: _Token, subject: Fact | Member, operator: Operator) -> Value:
    if token.kind == "text":
        return _unquoted(token.text)
    if token.text.lower() in _CONSTANTS:
        if operator not in {"=", "!="}:
            raise _wrong(f"{token.text} is compared with = and != only, or is text in quotes", token.at)
        return _CONSTANTS[token.text.lower()]
    number = _NUMBER.fullmatch(token.text)
    is_text = operator == "~" or (isinstance(subject, Fact) and subject.name in TEXT_FACTS)
    if number is None or is_text:
        return token.text
    if math.isinf(float(token.text)):
        raise _wrong("a number beyond all bounds", token.at)
    return float(token.text) if number[1] or number[2] else int(token.text)


def _is_quoted_name(token: _Token) -> bool:
    return token.kind == "word" and "`" in token.text


def _quoted(text: str, quote: str) -> str:
    return f"{quote}{text.replace(quote, quote * 2)}{quote}"


def _unquoted(text: str) -> str:
    return text[1:-1].replace(text[0] * 2, text[0])


def _within(term: Filter, *kinds: type) -> str:
    return f"({term})" if isinstance(term, kinds) else str(term)


def _wrong(what: str, at: int) -> UsageError:
    return UsageError(f"{what} at character {at + 1:,} of the filter", hint=_HINT)
