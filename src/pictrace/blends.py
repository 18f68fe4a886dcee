"""What is searched with where it is more than one picture: words, and pictures and words added to them or taken off."""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pictrace.errors import TextRefusedError, UsageError
from pictrace.picture import ImageSource
from pictrace.types import Key

MOST_CHARACTERS = 1000
"""Characters of a text: models read some sixty words of it."""

MOST_TERMS = 16
"""Texts and pictures of one query."""

MOST_WEIGHT = 100.0

_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that change how the text around them is shown (Unicode Standard Annex 9); the letters of languages that are
written from right to left need none of them."""


@dataclass(frozen=True)
class Words:
    """What a picture shows, in words; `weight` is how much that counts beside the rest of a query.

    White space is evened out.

    Raises:
        TextRefusedError: an empty or a very long text, or one with control characters.
        UsageError: a weight that is not above 0 and at most 100.
    """

    text: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", evened(self.text))
        _check_weight(self.weight)


@dataclass(frozen=True, eq=False)
class Example:
    """A picture, or one of the collection by its id, with how much it counts beside the rest of a query.

    Raises:
        UsageError: a weight that is not above 0 and at most 100.
    """

    image: ImageSource | Key
    weight: float = 1.0

    def __post_init__(self) -> None:
        _check_weight(self.weight)


Given = Words | Example | ImageSource | Key


@dataclass(frozen=True, eq=False)
class Blend:
    """A query of words and pictures: what `words` and `plus` have in common, and not what is in `minus`.

    A `str` is a text as `words` or in them; in `plus` and `minus` it is a path or URL, and texts are `Words`.

    Raises:
        TextRefusedError: as for `Words`.
        UsageError: nothing but `minus`, or more than 16 texts and pictures.
    """

    words: str | Sequence[str | Words] = ()
    plus: Sequence[Given] = ()
    minus: Sequence[Given] = ()

    def __post_init__(self) -> None:
        # A str is a sequence of its letters, and a path that stands alone is meant as one.
        given = (self.words,) if isinstance(self.words, str | Words) else self.words
        for name in ("plus", "minus"):
            if not isinstance(getattr(self, name), list | tuple):
                object.__setattr__(self, name, (getattr(self, name),))
        texts = tuple(Words(one) if isinstance(one, str) else one for one in given)
        object.__setattr__(self, "words", texts)
        count = len(texts) + len(self.plus) + len(self.minus)
        if count > MOST_TERMS:
            raise UsageError(f"{count} texts and pictures are one query", hint=f"give at most {MOST_TERMS}")
        if not self.words and not self.plus:
            raise UsageError("nothing is searched for", hint="give words, or a picture in `plus`")

    def parts(self) -> Iterator[tuple[Words | Example, int]]:
        """Each text and picture with 1 where it is added and -1 where it is taken off."""
        yield from ((Words(text) if isinstance(text, str) else text, 1) for text in self.words)
        yield from ((_weighed(one), 1) for one in self.plus)
        yield from ((_weighed(one), -1) for one in self.minus)


def evened(text: str) -> str:
    """The text with single spaces for all white space, and none around it.

    Raises:
        TextRefusedError: it is empty or very long, or has control characters, or is no Unicode.
    """
    if not isinstance(text, str):
        raise TextRefusedError(f"{type(text).__name__} is no text", hint="give words as a str")
    if len(text) > MOST_CHARACTERS:
        raise TextRefusedError(f"the text has {len(text):,} characters", hint=f"give at most {MOST_CHARACTERS:,}")
    found = " ".join(text.split())
    if any(unicodedata.category(one) in {"Cc", "Cs"} or one in _OVERRIDES for one in found):
        raise TextRefusedError("the text has control characters, or is no Unicode", hint="leave them out")
    if not any(one.isprintable() and one != " " for one in found):
        raise TextRefusedError("the text is empty", hint="say in a few words what the pictures show")
    return found


def _weighed(one: Given) -> Words | Example:
    return one if isinstance(one, Words | Example) else Example(one)


def _check_weight(weight: float) -> None:
    if not 0 < weight <= MOST_WEIGHT or not math.isfinite(weight):
        raise UsageError(f"a weight is {weight}", hint=f"weights are above 0 and at most {MOST_WEIGHT:g}")
