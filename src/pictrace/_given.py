"""Pictures that were handed over, by a program or an upload: their places are names, and say nothing of any disk."""

import os
import re

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
    """The name, or it with a number, that nothing else has; found by doubling, for cameras call all pictures alike."""
    found = catalog.location(name)
    if found is None or found[0] == key:
        return name
    stem, ending = os.path.splitext(name)  # noqa: PTH122 - a name, not a path
    if key is not None:
        own = re.compile(rf"{re.escape(stem)} \(\d+\){re.escape(ending)}")
        for place in catalog.by_id(key).locations:
            if place.is_given and own.fullmatch(place.uri):
                return place.uri
    taken, free = 1, 2
    while catalog.location(f"{stem} ({free}){ending}") is not None:
        taken, free = free, 2 * free
    while free - taken > 1:
        middle = (taken + free) // 2
        if catalog.location(f"{stem} ({middle}){ending}") is None:
            free = middle
        else:
            taken = middle
    return f"{stem} ({free}){ending}"


def _check_room(catalog: Catalog, key: Key) -> None:
    if sum(place.is_given for place in catalog.by_id(key).locations) >= MOST_PLACES:
        raise TooManyPlacesError(
            f"picture {key} is there under {MOST_PLACES} names already", hint="delete it first to name it anew"
        )
