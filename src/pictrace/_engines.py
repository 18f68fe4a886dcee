"""What a search works with, opened once and kept up to date with what others write."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pictrace import assessment, corrections, lookup, tracing
from pictrace._generations import freshness
from pictrace._stock import LOCAL
from pictrace.candidates import Engine
from pictrace.catalogs import Catalog
from pictrace.encoders import Encoder
from pictrace.recipe import Recipe
from pictrace.results import IndexState
from pictrace.settings import Settings


class Engines:
    """The engine of one collection, whose indexes lie in `folder`; safe to use from several threads."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.threads = settings.threads or settings.cores
        self._folder = folder
        self._runtime = replace(settings.runtime, threads=self.threads)
        self._opening = threading.RLock()
        self._loaded: dict[Recipe, Sequence[Encoder]] = {}
        self._engine: Engine | None = None
        self._state: tuple[int, ...] = ()

    def encoders(self, recipe: Recipe) -> Sequence[Encoder]:
        """Those of a recipe, loaded once: models are shared by all who search and write."""
        with self._opening:
            if recipe not in self._loaded:
                self._loaded[recipe] = tracing.encoders_of(recipe, self._runtime)
            return self._loaded[recipe]

    def of(self, catalog: Catalog) -> Engine:
        """Catalog, encoders, lookups and signals for searching, as of now."""
        with self._opening:
            beside = self._folder.parent
            state = (catalog.changes, corrections.stamp(beside), *freshness(self._folder))
            if self._engine is None:
                recipe = catalog.recipe
                lookups = lookup.open_all(self._folder, catalog, threads=self.threads)
                local = lookups.pop(LOCAL, None)
                signals = assessment.load_signals(recipe.signals)
                encoders = self.encoders(recipe)
                engine = Engine(catalog, encoders, lookups, signals, len(catalog), self.threads, local=local)
                self._engine = replace(engine, correction=corrections.in_force(beside))
            elif state != self._state:
                for one in filter(None, (*self._engine.lookups.values(), self._engine.local)):
                    one.refresh()
                correction = corrections.in_force(beside)
                self._engine = replace(self._engine, pictures=len(catalog), correction=correction)
            self._state = state
            return self._engine

    def state(self, catalog: Catalog) -> IndexState:
        """How the engine finds candidates as of now."""
        engine = self.of(catalog)
        lookups = engine.lookups.values()
        return IndexState(
            name=catalog.recipe.index,
            exhaustive=all(one.exhaustive for one in lookups),
            recall=min((one.recall for one in lookups if one.recall is not None), default=None),
            behind=max((one.behind for one in lookups), default=0),
            left_out=0 if engine.local is None else engine.local.left_out,
        )

    def close(self) -> None:
        """Lets go of everything; the next use opens it again."""
        with self._opening:
            self._engine = None
            self._loaded.clear()
