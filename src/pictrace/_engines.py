"""What a search works with, opened once and kept up to date with what others write."""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pictrace import assessment, corrections, lookup, tracing
from pictrace._generations import freshness
from pictrace._stock import LOCAL
from pictrace.backgrounds import Strangers
from pictrace.candidates import Engine
from pictrace.catalogs import Catalog
from pictrace.encoders import Encoder, load
from pictrace.errors import ModelError, PictraceError, RecipeMismatchError, UsageError
from pictrace.lookup import Lookup
from pictrace.recipe import EncoderStamp, Recipe, SpacesChangedError, SpaceState
from pictrace.results import IndexState
from pictrace.settings import Settings
from pictrace.signals.embedding import Meaning, calibration_by, calibration_of
from pictrace.types import Metric
from pictrace.words import LOST, MANY_NOT_SEARCHED, NOT_SEARCHED, shown

_T = TypeVar("_T")

_ATTEMPTS = 5
"""Times that a question is asked while the encoders change under it; that takes one of them hours."""

_AGAIN_S = 60.0
"""Time for which a model that cannot be used is left alone: to know takes reading and hashing its file."""

_NAMED = 5
"""Encoders that are being added of which an answer speaks one by one."""

_log = logging.getLogger(__name__)


class Engines:
    """The engine of one collection, whose indexes lie in `folder`; safe to use from several threads."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.threads = settings.threads or settings.cores
        self._folder = folder
        self._runtime = replace(settings.runtime, threads=self.threads)
        self._opening = threading.RLock()
        self._loaded: dict[str, Encoder] = {}
        self._able: set[EncoderStamp] = set()
        self._unable: dict[EncoderStamp, float] = {}  # until when that is believed
        self._lost: dict[str, tuple[PictraceError, float]] = {}  # the same of those that are searched by
        self._engine: Engine | None = None
        self._state: tuple[int, ...] = ()

    def encoder(self, name: str) -> Encoder:
        """One by its name, loaded once: models are shared by all who search and write."""
        with self._opening:
            if name not in self._loaded:
                self._loaded[name] = load(name, self._runtime)
            return self._loaded[name]

    def encoders(self, recipe: Recipe) -> Sequence[Encoder]:
        """Those that make the rows of a new picture: of what is searched, and of what is being made and can be here.

        Raises:
            RecipeMismatchError: this PicTrace has another version of one that is searched.
        """
        building = [stamp for stamp in recipe.filling if stamp.state == SpaceState.BUILDING]
        able = [stamp for stamp in building if self._is_able(stamp)]
        with self._opening:
            return [*tracing.encoders_of(recipe, self.encoder), *(self.encoder(stamp.name) for stamp in able)]

    def _is_able(self, stamp: EncoderStamp) -> bool:
        """Whether rows of a space that is being made can be made here; if not, that is for whoever goes on with it.

        Tried while searches go on, and once in a while where it failed.
        """
        unable_until = self._unable.get(stamp, -math.inf)
        if stamp in self._able or time.monotonic() < unable_until:
            return stamp in self._able
        try:
            encoder = self.encoder(stamp.name)
            tracing.check_version(stamp, encoder)
            tracing.probe(encoder)
        except (ModelError, RecipeMismatchError, UsageError) as error:
            _log.warning("new pictures get no row of %s for now: %s", stamp.name, shown(str(error)))
            self._unable[stamp] = time.monotonic() + _AGAIN_S
            return False
        self._able.add(stamp)
        return True

    def of(self, catalog: Catalog) -> Engine:
        """Catalog, encoders, lookups and signals for searching, as of now.

        Encoders whose model cannot be used here are left out, tried again once in a while, and told of by every answer.

        Raises:
            RecipeMismatchError: this PicTrace has another version of an encoder, or none can be searched by yet.
            PictraceError: none of the models is here.
        """
        with self._opening:
            state = (catalog.changes, corrections.stamp(self._folder.parent), *freshness(self._folder))
            if self._engine is None or state != self._state or self._has_changed(self._engine):
                self._engine = self._current(catalog, self._engine)
            self._state = state
            return self._engine

    def asked(self, catalog: Catalog, ask: Callable[[Engine], _T]) -> _T:
        """What is answered with the engine; once more, and wholly anew, where other encoders took over meanwhile.

        So it is where a model turns out not to be here, as long as another one is.
        """
        for _ in range(_ATTEMPTS - 1):
            engine = self.of(catalog)
            try:
                return ask(engine)
            except SpacesChangedError:
                continue
            except ModelError:
                if not self._lose(engine):
                    raise
        return ask(self.of(catalog))

    def _lose(self, engine: Engine) -> bool:
        """Whether some of its encoders cannot be used, and not all of them; the next engine is one without those."""
        found = {}
        for encoder in engine.encoders:
            try:
                tracing.probe(encoder)
            except ModelError as error:
                found[encoder.name] = error
        if not 0 < len(found) < len(engine.encoders):
            return False
        with self._opening:
            for name, reason in found.items():
                self._doubt(name, reason)
        return True

    def _doubt(self, name: str, error: PictraceError) -> None:
        """For a while an encoder is taken for one that cannot be used."""
        if name not in self._lost:
            _log.warning("%s is not searched: %s", name, shown(str(error)))
        self._lost[name] = (error, time.monotonic() + _AGAIN_S)
        self._loaded.pop(name, None)  # the next one may find another card

    def _has_changed(self, engine: Engine) -> bool:
        """Whether an encoder was lost, or is to be tried again, since the engine was made."""
        now = time.monotonic()
        return {name for name, (_, until) in self._lost.items() if now < until} != engine.lost.keys()

    def _at_hand(self, name: str) -> Encoder:
        """One by its name, unless it could not be used a while ago."""
        known, until = self._lost.get(name, (None, -math.inf))
        if known is not None and time.monotonic() < until:
            raise known.with_traceback(None)
        try:
            return self.encoder(name)
        except tracing.ABSENT as error:
            self._doubt(name, error)
            raise

    def _current(self, catalog: Catalog, before: Engine | None) -> Engine:
        """The engine before with what is new, or another one where the collection is searched by other encoders."""
        while True:
            steady = before.catalog if before is not None else catalog
            recipe = catalog.recipe
            try:
                is_other = before is not None and self._has_changed(before)
                if before is None or is_other or _searched(steady.recipe) != _searched(recipe):
                    known = {} if before is None else _lookups(before)
                    return self._opened(catalog.steady(), known)
                for one in _lookups(before).values():
                    one.refresh()
                return self._measured(replace(before, pictures=len(catalog)), recipe)
            except SpacesChangedError:
                continue

    def _opened(self, catalog: Catalog, known: Mapping[str, Lookup]) -> Engine:
        recipe = catalog.recipe
        try:
            encoders, lost = tracing.encoders_at_hand(recipe, self._at_hand)
        except tracing.ABSENT:
            self._lost.clear()  # where none is left each search tries anew
            raise
        self._lost = {name: self._lost[name] for name in lost}
        lookups = lookup.open_all(self._folder, catalog, threads=self.threads, known=known)
        local = lookups.pop(LOCAL, None)
        engine = Engine(catalog, encoders, lookups, (), len(catalog), self.threads, local=local, lost=lost)
        # Models of what is no longer searched or made go with the last search that uses them.
        self._loaded = {stamp.name: self._loaded[stamp.name] for stamp in recipe.filling if stamp.name in self._loaded}
        return self._measured(engine, recipe)

    def _measured(self, engine: Engine, recipe: Recipe) -> Engine:
        """The engine with what the collection's own pictures say of scores."""
        strangers = _strangers(engine)
        signals = assessment.load_measured(recipe.signals, strangers)
        used = [stamp for stamp in recipe.active if stamp.name not in engine.lost]
        correction = corrections.in_force(self._folder.parent, used)
        notes = (*_notes(recipe), *_losses(engine))
        return replace(engine, signals=signals, correction=correction, notes=notes, strangers=strangers)

    def state(self, catalog: Catalog) -> IndexState:
        """How the engine finds candidates as of now."""
        engine = self.of(catalog)
        lookups = [engine.lookups[one.name] for one in engine.encoders]
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
            self._able.clear()
            self._unable.clear()
            self._lost.clear()


def _searched(recipe: Recipe) -> tuple[object, ...]:
    """What an engine depends on."""
    return (frozenset(recipe.active), recipe.features)


def _lookups(engine: Engine) -> dict[str, Lookup]:
    local = {} if engine.local is None else {LOCAL: engine.local}
    return {**engine.lookups, **local}


def _strangers(engine: Engine) -> dict[str, Meaning]:
    """What cosines of strangers are like, where nobody has measured what those of any encoder mean, or what cards say.

    The cards are those of the user's own folder of models; of a model that PicTrace has measured they are not asked.
    """
    alike = [one for one in engine.encoders if one.space.metric is Metric.COSINE]
    names = [one.name for one in alike]
    said = {one.name: calibration_by(getattr(one, "calibration", ()), "its card") for one in alike}
    own: dict[str, Meaning] = {n: one for n, one in said.items() if one is not None and calibration_of(n) is None}
    if own or any(calibration_of(name) is not None for name in names):
        return own
    found = {name: Strangers.of(engine.lookups[name].sample()) for name in names}
    return {name: one for name, one in found.items() if one is not None}


def _notes(recipe: Recipe) -> tuple[str, ...]:
    """What searches say of spaces that are not whole yet."""
    building = [stamp.name for stamp in recipe.encoders if stamp.state == SpaceState.BUILDING]
    if len(building) > _NAMED:
        return (MANY_NOT_SEARCHED.format(f"{len(building):,}"),)
    return tuple(NOT_SEARCHED.format(name) for name in building)


def _losses(engine: Engine) -> tuple[str, ...]:
    """What searches say of encoders whose model cannot be used; why is not said, for that names places."""
    many = len(engine.lost)
    return tuple(map(LOST.format, engine.lost if many <= _NAMED else [f"{many:,} encoders"]))
