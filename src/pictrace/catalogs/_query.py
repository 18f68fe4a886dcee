"""Asking SQLite: all rows at once, or the one number that must be there."""

from collections.abc import Sequence
from typing import Any

import apsw

from pictrace.catalogs._records import damaged


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
