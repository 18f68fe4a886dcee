"""Signals look at two traces and return evidence; one file each, found by file name."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

from pictrace.types import Evidence, Relation, Trace


class Signal(Protocol):
    """One way of comparing two pictures.

    `family` groups signals that look at the same thing, of which only the strongest opinion counts;
    `ceiling` is the strongest relation that its evidence may claim. `before` is the evidence of the signals
    that ran earlier on this pair, so that one may build on another (structure looks where geometry aligned).
    """

    name: ClassVar[str]
    family: ClassVar[str]
    ceiling: ClassVar[Relation]

    def compare(self, query: Trace, candidate: Trace, before: Sequence[Evidence]) -> Evidence: ...
