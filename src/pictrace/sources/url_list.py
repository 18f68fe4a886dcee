"""Lists of URLs: pictures on other machines, fetched by the parent and handed over as bytes."""

import os
from collections import deque
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from pictrace._regular import open_regular
from pictrace.errors import FetchError, ListInvalidError
from pictrace.results import Failure
from pictrace.settings import FetchPolicy
from pictrace.sources import Item, Known
from pictrace.sources._lines import Mistake, Row, rows
from pictrace.sources.reading import missing, resolved
from pictrace.types import UNKNOWN_SIZE, Location


class UrlList:
    """The pictures that a list names by URL, in the order in which they come; `root` is the list's path.

    A URL that is `known` is not fetched again. A second line with the same URL is passed over and counted in
    `skipped`. What is wrong with one line is a `Failure`, under `LIST:LINE` where no URL could be read.
    """

    def __init__(
        self, path: str | os.PathLike[str], policy: FetchPolicy | None = None, *, known: Known = lambda _: False
    ) -> None:
        self.root = resolved(path)
        self.skipped = 0
        self._policy = policy or FetchPolicy()
        self._known = known

    def items(self) -> Iterator[Item | Failure]:
        """Every picture with its bytes and what its line says of it.

        Raises:
            RootMissingError: the list is not there or cannot be read.
            ListInvalidError: it has too many lines, or a CSV does not name its columns.
        """
        self.skipped = 0
        aside: deque[Item | Failure] = deque()
        waiting: dict[str, Row] = {}
        try:
            wanted = self._wanted(aside, waiting)
            first = next(wanted, None)
            yield from _emptied(aside)
            if first is not None:
                yield from self._fetched(chain([first], wanted), aside, waiting)
        except ListInvalidError as error:
            name = Path(self.root).name
            raise ListInvalidError(f"list {name!r} is refused: {error}", hint=error.hint) from error
        except OSError as error:
            raise missing(self.root, error) from error

    def _fetched(
        self, urls: Iterator[str], aside: deque[Item | Failure], waiting: dict[str, Row]
    ) -> Iterator[Item | Failure]:
        # Here, for whoever indexes folders should not wait for the client to be loaded.
        from pictrace.fetch import Fetcher

        with Fetcher(self._policy) as fetcher:
            for url, result in fetcher.many(urls):
                yield from _emptied(aside)
                row = waiting.pop(url)
                if isinstance(result, FetchError):
                    yield Failure(url, result.code, str(result))
                else:
                    yield Item(self._place(url, len(result.data)), result.data, row.metadata)
        yield from _emptied(aside)

    def _wanted(self, aside: deque[Item | Failure], waiting: dict[str, Row]) -> Iterator[str]:
        """The URLs to fetch; everything else is put `aside`, and what the line says with those `waiting`."""
        seen: set[str] = set()
        with open_regular(self.root) as file:
            for row in rows(file, self.root):
                if isinstance(row, Mistake):
                    aside.append(self._mistaken(row))
                elif row.url in seen:
                    self.skipped += 1
                else:
                    seen.add(row.url)
                    place = self._place(row.url, UNKNOWN_SIZE)
                    if self._known(place):
                        aside.append(Item(place))
                    else:
                        waiting[row.url] = row
                        yield row.url

    def _mistaken(self, line: Mistake) -> Failure:
        """The failure of a line: of its picture, or, where it might be any, of the line's number."""
        if line.url:
            return Failure(line.url, ListInvalidError.code, f"line {line.number}: {line.why}")
        return Failure(f"{self.root}:{line.number}", ListInvalidError.code, line.why)

    def _place(self, url: str, size: int) -> Location:
        return Location(uri=url, root=self.root, size=size, mtime_ns=0)


def _emptied(aside: deque[Item | Failure]) -> Iterator[Item | Failure]:
    while aside:
        yield aside.popleft()
