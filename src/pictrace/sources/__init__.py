"""Sources list the pictures of a folder, a file or an archive and read their bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pictrace.results import Failure
from pictrace.types import Location


@dataclass(frozen=True)
class Item:
    """One picture to be read.

    A file is named by its location alone, so that a worker process can read it by itself; a member of an
    archive carries its bytes in `data`.
    """

    location: Location
    data: bytes | None = None


class Source(Protocol):
    """A folder, a file or an archive; `root` is its absolute path as text.

    `skipped` counts what the last pass left out without a word: links, hidden files, what is no picture.
    """

    root: str

    @property
    def skipped(self) -> int: ...

    def items(self) -> Iterator[Item | Failure]: ...
