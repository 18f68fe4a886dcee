"""Folders and patterns that were named to protect files, and of which no indexed file knows anything."""

from collections.abc import Sequence

from pictrace.catalogs import Catalog
from pictrace.dedupe.planning import Protection
from pictrace.folders import named


def idle_folders(catalog: Catalog, folders: Sequence[str]) -> list[str]:
    """Those below which no file of a catalog is, as they were named."""
    return [
        folder for folder in folders if all(next(catalog.locations(name), None) is None for name in named([folder]))
    ]


def idle_patterns(catalog: Catalog, patterns: Sequence[str]) -> list[str]:
    """Those that match no file of a catalog."""
    open_ = {pattern: Protection(patterns=(pattern,)) for pattern in patterns}
    # Below the folder without a name, which ends where the first slash of every path is.
    for _, place in catalog.locations("") if open_ else ():
        open_ = {pattern: one for pattern, one in open_.items() if not one.covers(place.uri)}
        if not open_:
            break
    return list(open_)
