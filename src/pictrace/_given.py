"""Pictures that were handed over, by a program or an upload: their places are names, and say nothing of any disk."""

import itertools
import os

from pictrace.catalogs import Catalog, Entry
from pictrace.errors import TooManyPlacesError
from pictrace.types import Key, Location, Trace

MOST_PLACES = 1000
"""Names that one picture is kept under: each is told wherever the picture is. Files that were found are not counted."""


def put_given(catalog: Catalog, trace: Trace, name: str) -> Key:
    """The key of the picture, kept under a name, if it has one; a name that another one has gets a number.

    Raises:
        TooManyPlacesError: it is there under as many names as are kept.
    """
    entries = [Entry(None, trace)]  # also without a place, so that it stays whatever becomes of the name
    if name:
        known = catalog.by_sha(trace.sha256)
        free = _free(catalog, name, known)
        if known is not None and catalog.location(free) is None:
            _check_room(catalog, known)
        entries.append(Entry(Location(uri=free, root=free, size=trace.size, mtime_ns=0), trace))
    return catalog.put(entries)[0]


def _free(catalog: Catalog, name: str, key: Key | None) -> str:
    stem, ending = os.path.splitext(name)  # noqa: PTH122 - a name, not a path
    for number in itertools.count(2):
        found = catalog.location(name)
        if found is None or found[0] == key:
            return name
        name = f"{stem} ({number}){ending}"
    raise AssertionError


def _check_room(catalog: Catalog, key: Key) -> None:
    if sum(place.is_given for place in catalog.by_id(key).locations) >= MOST_PLACES:
        raise TooManyPlacesError(
            f"picture {key} is there under {MOST_PLACES} names already", hint="delete it first to name it anew"
        )
