"""Which pictures are no copies of each other whatever they look like: frames of a burst, and a RAW file's JPEG."""

import os

from pictrace.catalogs import Catalog
from pictrace.companions import is_raw
from pictrace.descriptions import shot_of
from pictrace.types import Key


class Shots:
    """What the files of pictures say of how they came about, each read once, when it is first asked for.

    A file that is gone, or says nothing of its camera's clock, is told apart from nothing.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._paths: dict[Key, str] = {}
        self._shots: dict[Key, str] = {}

    def are_companions(self, one: Key, other: Key) -> bool:
        """Whether one is the RAW file that the other was made from beside it: same folder, same name."""
        paths = self._path(one), self._path(other)
        if is_raw(paths[0]) == is_raw(paths[1]):
            return False
        return len({os.path.splitext(path)[0].casefold() for path in paths}) == 1  # noqa: PTH122 - bytes as they are

    def are_frames(self, one: Key, other: Key) -> bool:
        """Whether both say when they were taken, and it was not the same moment by the same camera."""
        shots = self._shot(one), self._shot(other)
        return all(shots) and shots[0] != shots[1]

    def _shot(self, key: Key) -> str:
        if key not in self._shots:
            path = self._path(key)
            self._shots[key] = shot_of(path) if path else ""
        return self._shots[key]

    def _path(self, key: Key) -> str:
        if key not in self._paths:
            record = self._catalog.records_of([key]).get(key)
            places = [place.uri for place in record.locations if place.identity] if record else []
            self._paths[key] = places[0] if places else ""
        return self._paths[key]
