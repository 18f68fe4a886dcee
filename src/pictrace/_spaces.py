"""What a collection lets be done to its encoders: others come beside them, take their place, and go."""

from abc import ABC, abstractmethod
from pathlib import Path

from pictrace import spaces, tracing
from pictrace._change import Change
from pictrace._engines import Engines
from pictrace._writing import Writing
from pictrace.catalogs import Catalog
from pictrace.encoders import Encoder
from pictrace.ingest import Progress
from pictrace.results import SpaceRecord
from pictrace.settings import Settings
from pictrace.spaces import Site


class Spaces(ABC):
    """The part of a collection that changes its encoders; searches go on meanwhile, and never mix two sets of them."""

    path: Path
    settings: Settings
    _writing: Writing
    _engines: Engines

    @abstractmethod
    def _reader(self) -> Catalog:
        """The catalog for reading."""

    def spaces(self) -> list[SpaceRecord]:
        """Every encoder that there are rows of: their state, how many there are, and what is wrong here with it."""
        return spaces.listed(self._reader(), self._engines.encoder)

    def add_encoder(self, name: str, *, progress: Progress | None = None) -> None:
        """Rows of one more encoder, made from the stored proxies; once all are there, searches use it too.

        Killed at any moment, the same call goes on where it was.

        Raises:
            UsageError: it is there already; see `pictrace.spaces.Change` for all that is refused.
            UnknownNameError: there is no encoder of that name.
            ModelMissingError: its model is not here; nothing was written.
            IndexLockedError: another process is writing.
        """
        self.change_spaces(Change("add", name), progress=progress)

    def replace_encoder(self, old: str, new: str, *, progress: Progress | None = None) -> None:
        """The same, and at the moment when searches use the new one they no longer use the old one.

        The rows of the old one stay until `drop_encoder`.

        Raises:
            UsageError: the collection is not searched by the old one, or both are the same.
        """
        self.change_spaces(Change("replace", old, new), progress=progress)

    def renew_encoder(self, name: str, *, progress: Progress | None = None) -> None:
        """Rows of an encoder of which this PicTrace has another version, made anew; the old ones go at once.

        Until all are there, searches use the other encoders and say so.

        Raises:
            UsageError: it is of this version already, or is retired.
        """
        self.change_spaces(Change("renew", name), progress=progress)

    def drop_encoder(self, name: str) -> None:
        """An encoder's rows and index are gone, and searches do not use it.

        Raises:
            UsageError: it is the last one that searches use.
            UnknownNameError: there are no rows of it.
        """
        self.change_spaces(Change("drop", name))

    def check_spaces(self, change: Change) -> Encoder | None:
        """The encoder whose rows a change would make, tried; nothing is written.

        Raises:
            PictraceError: whatever would keep the change from being made.
        """
        change.check(self._reader().recipe, None)
        if not change.made:
            return None
        encoder = self._engines.encoder(change.made)
        change.check(self._reader().recipe, encoder)
        tracing.probe(encoder)
        return encoder

    def change_spaces(self, change: Change, *, progress: Progress | None = None) -> None:
        """A change of encoders, all of it.

        Raises:
            PictraceError: see the methods for each kind of change.
        """
        encoder = self.check_spaces(change)
        with self._writing(create=False) as catalog:
            threads, turn = self._engines.threads, self._writing.turn
            folder = self.path / "indexes"
            site = Site(catalog, folder, self.settings, threads, progress or Progress(), turn)
            spaces.change(site, change, encoder)
