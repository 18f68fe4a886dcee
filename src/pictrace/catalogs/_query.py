"""Asking SQLite: all rows at once, or the one number that must be there; and for how long."""

import contextlib
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import apsw

from pictrace.catalogs._records import damaged
from pictrace.errors import FilterTooSlowError
from pictrace.filters import Filter

_STEPS = 1000
"""Of SQLite's machine between two looks at the clock: a fraction of a millisecond."""


def fetch(connection: apsw.Connection, query: str, bindings: Sequence[bytes | float | int | str] = ()) -> list[Any]:
    """All the tuples that a query finds."""
    return connection.execute(query, bindings).fetchall()


def count(connection: apsw.Connection, query: str) -> int:
    """The one whole number that a query finds.

    Raises:
        IndexDamagedError: it finds something else.
    """
    found = fetch(connection, query)
    if len(found) != 1 or type(found[0][0]) is not int:
        raise damaged(connection.db_filename("main"), "a count of its own is missing or no number")
    return found[0][0]


@contextlib.contextmanager
def within(connection: apsw.Connection, where: Filter | None, seconds: float) -> Iterator[None]:
    """Queries with a filter inside the block have so many seconds together.

    Raises:
        FilterTooSlowError: they take longer.
    """
    if where is None or math.isinf(seconds):
        yield
        return
    end = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    except apsw.InterruptError as error:
        raise FilterTooSlowError(
            f"the filter takes longer than {seconds:g} s", hint="make fewer comparisons; those with ~ take longest"
        ) from error
    finally:
        connection.set_progress_handler(None)
