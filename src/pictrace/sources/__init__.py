"""Sources list the pictures of a folder, a file, an archive or a list of URLs and read their bytes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pictrace.results import Failure
from pictrace.types import Location

Known = Callable[[Location], bool]
"""Whether a location is in the collection already, just like this."""


@dataclass(frozen=True)
class Item:
    """One picture to be read.

    A file is named by its location alone, so that a worker process can read it by itself; a member of an
    archive and what was fetched carry their bytes in `data`, or none where the collection has just this place
    already. `metadata`, plain JSON, is kept with a new picture.
    """

    location: Location
    data: bytes | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """A folder, a file, an archive or a list; `root` is its absolute path as text.

    `skipped` counts what the last pass left out without a word: links, hidden files, what is no picture.
    """

    root: str

    @property
    def skipped(self) -> int: ...

    def items(self) -> Iterator[Item | Failure]: ...
