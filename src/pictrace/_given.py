"""Pictures that were handed over, by a program or an upload: their places are names, and say nothing of any disk."""

import itertools
import os

from pictrace.catalogs import Catalog, Entry
from pictrace.types import Key, Location, Trace


def put_given(catalog: Catalog, trace: Trace, name: str) -> Key:
    """The key of the picture, kept under a name, if it has one; a name that another one has gets a number."""
    entries = [Entry(None, trace)]  # also without a place, so that it stays whatever becomes of the name
    if name:
        free = _free(catalog, name, catalog.by_sha(trace.sha256))
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
