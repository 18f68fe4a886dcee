"""The spaces of a catalog: whose rows it keeps, how they come, take each other's place, and go."""
# what is spliced into SQL are this package's own constants, never values

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import apsw
import numpy as np

from pictrace.catalogs import _records, _writes
from pictrace.catalogs._query import count, fetch
from pictrace.catalogs._records import MAX_KEY, Column, damaged
from pictrace.errors import IndexDamagedError, UnknownNameError, UsageError
from pictrace.recipe import EncoderStamp, Recipe, SpaceState
from pictrace.types import Key, Rows

SWEPT = 2048
"""Rows that one transaction deletes: 2 MB of 512 values each, written anew by secure deletion."""

MAX_NUMBER = (1 << 14) - 1
"""Of an encoder: as many as SQLite's integers leave room for beside the key of a picture, and as the schema checks."""

_RECIPE = "SELECT key, value FROM meta WHERE key IN ('recipe', 'recipe_crc') ORDER BY key"
_OF_ONE = "SELECT id FROM encoded WHERE id > ? AND id <= ?"
_LACKING = """
FROM picture WHERE id > ? AND NOT EXISTS (SELECT 1 FROM encoded WHERE encoded.id = (? << 48 | picture.id))
"""

Written = tuple[Any, ...]
"""All that a catalog file says of its spaces, as it is written there."""


def written(connection: apsw.Connection) -> Written:
    """What is to be parsed; equal for as long as the spaces are the same."""
    return (*fetch(connection, _RECIPE), *fetch(connection, "SELECT number, name FROM encoder ORDER BY number"))


def parsed(connection: apsw.Connection, found: Written) -> tuple[Recipe, dict[str, Column]]:
    """The recipe of the collection, and where each of its encoders keeps rows, in the recipe's order.

    Raises:
        IndexDamagedError: it is none that PicTrace wrote.
    """
    meta, numbers = dict(found[:2]), {name: number for number, name in found[2:]}
    text = meta.get("recipe")
    if not isinstance(text, str) or meta.get("recipe_crc") != _records.crc_of_fields([text]):
        raise damaged(connection.db_filename("main"), "its recipe does not match its checksum")
    try:
        recipe = Recipe.from_json(text)
    except IndexDamagedError as error:
        raise damaged(connection.db_filename("main"), "its recipe is none that PicTrace wrote") from error
    if not all(type(number) is int and 0 < number <= MAX_NUMBER for number in numbers.values()):
        raise damaged(connection.db_filename("main"), "a number of its encoders is none")
    if set(numbers) != {stamp.name for stamp in recipe.encoders}:
        raise damaged(connection.db_filename("main"), "its encoders are not those of its recipe")
    return recipe, {stamp.name: Column(numbers[stamp.name], stamp) for stamp in recipe.encoders}


def known(columns: Mapping[str, Column], name: str) -> Column:
    """The column of an encoder.

    Raises:
        UnknownNameError: there are no rows of it.
    """
    if name not in columns:
        hint = f"it has: {', '.join(sorted(columns))}"
        raise UnknownNameError(f"the collection has no rows of an encoder {name!r}", hint=hint)
    return columns[name]


def add(connection: apsw.Connection, recipe: Recipe, stamp: EncoderStamp, *, renew: bool) -> None:
    """A space without rows, under a number that none has had; with `renew` in the place of the one of that name."""
    there = recipe.stamp(stamp.name)
    if (there is None) == renew or stamp.state != SpaceState.BUILDING:
        raise UsageError(f"the space of {stamp.name} cannot be begun: it is {there.state if there else 'not there'}")
    if renew:
        connection.execute("DELETE FROM encoder WHERE name = ?", (stamp.name,))
    connection.execute("INSERT INTO encoder (name) VALUES (?)", (stamp.name,))
    stamps = [stamp if one is there else one for one in recipe.encoders]
    encoders = tuple(stamps if renew else [*stamps, stamp])
    _writes.adopt(connection, replace(recipe, encoders=encoders))


def put_rows(connection: apsw.Connection, column: Column, rows: Mapping[Key, Rows]) -> None:
    """Rows of pictures that lack one; what is there stays, and pictures that are gone are passed over."""
    if column.stamp.state != SpaceState.BUILDING:
        raise UsageError(f"the space of {column.stamp.name} is {column.stamp.state}, and takes no single rows")
    query = "SELECT value FROM json_each(?) WHERE value IN (SELECT id FROM picture)"
    keys = [key for (key,) in fetch(connection, query, (json.dumps([key for key in rows if 0 < key <= MAX_KEY]),))]
    if not keys:
        return
    data = _writes.stored(column.space, np.concatenate([rows[key] for key in keys]))
    numbers = [_records.encoded_id(column.number, key) for key in keys]
    lines = [(number, blob, _records.crc_of_data(number, blob)) for number, blob in zip(numbers, data, strict=True)]
    connection.executemany("INSERT INTO encoded VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING", lines)


def lacking(connection: apsw.Connection, column: Column, after: Key, limit: int) -> list[Key]:
    """At most `limit` pictures above `after`, ascending, that have no row of an encoder."""
    query = f"SELECT id {_LACKING} ORDER BY id LIMIT ?"
    return [key for (key,) in connection.execute(query, (min(max(after, 0), MAX_KEY), column.number, limit))]


def lacking_count(connection: apsw.Connection, column: Column) -> int:
    """How many pictures have no row of an encoder."""
    return int(fetch(connection, f"SELECT count(*) {_LACKING}", (0, column.number))[0][0])


def switch(
    connection: apsw.Connection, recipe: Recipe, columns: Mapping[str, Column], states: Mapping[str, SpaceState]
) -> None:
    """Spaces are in other states from now on, all of them at once."""
    for name, state in states.items():
        column = known(columns, name)
        if state is SpaceState.ACTIVE and (lack := lacking_count(connection, column)):
            raise UsageError(
                f"{lack} of the pictures have no row of {name} yet", hint="a space is searched once it is whole"
            )
    stamps = [one.as_state(states[one.name]) if one.name in states else one for one in recipe.encoders]
    changed = replace(recipe, encoders=tuple(stamps))
    if recipe.active and not changed.active:
        raise UsageError("a collection is searched by one encoder at least", hint="add another one first")
    _writes.adopt(connection, changed)


def drop(connection: apsw.Connection, recipe: Recipe, name: str) -> None:
    """A space is no longer one of the collection's; its rows are `swept` afterwards."""
    stamps = tuple(stamp for stamp in recipe.encoders if stamp.name != name)
    changed = replace(recipe, encoders=stamps)
    if not changed.active:
        raise UsageError(f"{name} is the last encoder that the collection is searched by", hint="add another one first")
    connection.execute("DELETE FROM encoder WHERE name = ?", (name,))
    _writes.adopt(connection, changed)


def dropped(connection: apsw.Connection) -> list[int]:
    """The numbers of spaces that are no longer there and have rows left, ascending."""
    kept = {number for (number,) in fetch(connection, "SELECT number FROM encoder")}
    return [n for n in range(1, last_number(connection) + 1) if n not in kept and _rows_of(connection, n, 1)]


def sweep(connection: apsw.Connection, numbers: Sequence[int]) -> None:
    """At most `SWEPT` rows of these numbers are gone."""
    ids: list[int] = []
    for number in numbers:
        ids += _rows_of(connection, number, SWEPT - len(ids))
    connection.execute("DELETE FROM encoded WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))


def last_number(connection: apsw.Connection) -> int:
    """The highest number that a space ever had.

    Raises:
        IndexDamagedError: none can have had it.
    """
    last = count(connection, "SELECT seq FROM sqlite_sequence WHERE name = 'encoder'")
    if not 0 <= last <= MAX_NUMBER:
        raise damaged(connection.db_filename("main"), "the highest number of its encoders cannot be right")
    return last


def _rows_of(connection: apsw.Connection, number: int, limit: int) -> list[int]:
    bounds: Iterable[Any] = (_records.encoded_id(number, 0), _records.encoded_id(number, MAX_KEY), limit)
    return [found for (found,) in connection.execute(f"{_OF_ONE} LIMIT ?", tuple(bounds))]
