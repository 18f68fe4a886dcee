"""What a collection is to be made with: its catalog, made or opened, is one that was made like that."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pictrace import registry, tracing
from pictrace.catalogs import Catalog
from pictrace.errors import NotFoundError, UnknownNameError, UsageError
from pictrace.recipe import DEFERRED
from pictrace.settings import Runtime


@dataclass(frozen=True)
class Choice:
    """The encoders and the index by their names; what is empty was not chosen.

    Raises:
        UnknownNameError: there is no encoder or index of that name.
    """

    encoders: tuple[str, ...] = ()
    index: str = ""

    def __post_init__(self) -> None:
        known = registry.names("encoders")
        for name in self.encoders:
            file = name.partition(":")[0]
            if "." in file:  # of the program's own, or a plugin, which is loaded when it is needed
                _ = file not in sys.modules or registry.load("encoders", file)
            elif file not in known:
                hint = f"choose among: {', '.join(known)}; {registry.OWN}"
                raise UnknownNameError(f"no encoder is called {name!r}", hint=hint)
        if self.index:
            registry.load("indexes", self.index)

    def open(self, path: Path, *, writable: bool = False) -> Catalog:
        """The catalog of the collection in a folder.

        Raises:
            NotFoundError: there is none.
            UsageError: it was made with others than were chosen, or a file is there.
        """
        if os.path.isfile(path):  # noqa: PTH113 - Path.is_file fails where nothing may be looked at
            raise UsageError(f"{path} is a file, and a collection is a folder", hint="name another place for it")
        catalog: Catalog = _catalog().open(str(path), writable=writable)
        wrong = self._mismatch(catalog)
        if wrong:
            catalog.close()
            raise UsageError(
                f"the collection {wrong}", hint="leave the choice out to use it as it is, or make another collection"
            )
        return catalog

    def writer(
        self, path: Path, runtime: Runtime, *, create: bool = True, defer_features: bool = False
    ) -> tuple[Catalog, bool]:
        """The same, writable and locked, and whether it was made by this call: if it was not there and may be.

        Raises:
            NotFoundError: there is none, and none may be made.
            UsageError: as above, and if it has the local features already that are to be put off.
        """
        is_new = False
        try:
            catalog = self.open(path, writable=True)
        except NotFoundError:
            if not create:
                raise
            encoders = tracing.load_encoders(self.encoders or tracing.ENCODERS, runtime)
            recipe = tracing.recipe_of(encoders, index=self.index or tracing.INDEX, defer_features=defer_features)
            catalog, is_new = _catalog().create(str(path), recipe), True
        if defer_features and catalog.recipe.features != DEFERRED:
            catalog.close()
            raise UsageError("this collection has its local features already", hint="leave the option out")
        return catalog, is_new

    def discard(self, path: Path, *, keep_folder: bool) -> None:
        """The collection in a folder is gone if nothing was ever put into it, and the folder with it if it is empty."""
        _catalog().discard(str(path), keep_folder=keep_folder)

    def _mismatch(self, catalog: Catalog) -> str:
        recipe = catalog.recipe
        encoders = [stamp.name for stamp in recipe.active]
        if self.encoders and set(self.encoders) != set(encoders):
            return f"is searched by the encoders {', '.join(encoders)}, not {', '.join(self.encoders)}"
        if self.index not in {"", recipe.index}:
            return f"was made with the index {recipe.index}, not {self.index}"
        return ""


def folder_of(place: str | os.PathLike[str]) -> Path:
    """The folder that is named as a collection's place.

    Raises:
        UsageError: it reads like a URL, which would become folders of that name.
    """
    # A Path has lost one of the slashes; a drive is a single letter.
    if re.match(r"[a-z][a-z0-9+.-]+://|https?:/", os.fspath(place), re.IGNORECASE):
        raise UsageError(f"{place} is a URL, and a collection is a folder", hint="name a folder of this machine")
    return Path(place)


def _catalog() -> Any:
    return registry.load("catalogs", "sqlite")
