"""The catalog in one SQLite file, with SQLite itself brought along; docs/storage.md explains every byte."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from pictrace.catalogs import Entry, _decisions, _spaces, _writes
from pictrace.catalogs._database import Database, build
from pictrace.catalogs._files import check_files
from pictrace.catalogs._folder import FILE_NAME, claim, discard, refuse_others
from pictrace.catalogs._lock import WriterLock
from pictrace.catalogs._reader import Reader
from pictrace.decisions import Decision
from pictrace.errors import NotFoundError, PictraceError, UsageError
from pictrace.recipe import EncoderStamp, Recipe, SpaceState
from pictrace.types import Key, Rows


class Catalog(Reader):
    """The catalog of a collection that is a folder `NAME.pictrace/`; safe to share between threads.

    One process writes, any number read, and each read sees whole batches only. Pictures, places, rows,
    features and proxies of a batch are one transaction, on the disk when `put` returns.
    """

    @classmethod
    def create(cls, path: str, recipe: Recipe) -> Self:
        """A new, empty, writable catalog in the folder `path`.

        Raises:
            UsageError: the folder holds a collection already, or something else.
            ConfigurationError: the folder cannot be made or written.
            IndexLockedError: another process is making the same one.
            InsufficientStorageError: the disk is full.
        """
        folder = Path(path)
        claim(folder)
        lock = WriterLock(folder)
        lock.acquire()
        try:
            refuse_others(folder)
            build(folder / FILE_NAME, lambda connection: _writes.fill(connection, recipe))
        finally:
            lock.release()
        return cls.open(path, writable=True)

    @classmethod
    def open(cls, path: str, *, writable: bool = False) -> Self:
        """The catalog of the collection in the folder `path`.

        Raises:
            NotFoundError: there is none.
            IndexLockedError: it is to be written, and another process is writing.
            IndexDamagedError: it is no catalog, a broken one, or behind a link.
            IndexNewerError: a newer PicTrace wrote it.
            ConfigurationError: it may not be read or written.
        """
        file = Path(path) / FILE_NAME
        if not (file.is_file() or os.path.lexists(file)):
            raise NotFoundError(f"no collection is in {path}", hint="`pictrace index SOURCE -c PATH` makes one")
        check_files(file)
        with contextlib.ExitStack() as undo:
            database = Database.open(file, writable=writable)
            undo.callback(database.close)
            catalog = cls(database)
            undo.pop_all()
        return catalog

    @classmethod
    def discard(cls, path: str, *, keep_folder: bool = False) -> None:
        """The catalog in the folder `path` is gone if no picture was ever put into it, and so is the folder if empty.

        Nothing happens where there is none, where something else lies beside it, or while somebody writes; nor where it
        cannot be opened, for why it is to go is what matters then.
        """
        with contextlib.suppress(PictraceError, OSError):
            with contextlib.closing(cls.open(path, writable=True)) as catalog:
                if not catalog.watermark:
                    discard(Path(path))
            if not keep_folder:
                Path(path).rmdir()

    def put(self, batch: Sequence[Entry]) -> list[Key]:
        """The key of each entry's picture, in order, once all of them are safe on the disk.

        A trace whose picture is known adds nothing but its place. A place that held another picture is moved;
        one that lost its last place stays until `drop_unplaced`.

        Raises:
            UsageError: an entry does not fit the recipe or lacks what it needs; nothing was written.
            NotFoundError: an entry's key is unknown; nothing was written.
            InsufficientStorageError: the disk is full; nothing was written.
        """
        with self._database.writing() as connection:
            return _writes.put(connection, batch, self._columns(connection))

    def forget(self, keys: Sequence[Key]) -> None:
        """Pictures go with everything of theirs; unknown keys are passed over."""
        with self._database.writing() as connection:
            _writes.forget(connection, keys, self._columns(connection))

    def forget_locations(self, uris: Sequence[str]) -> None:
        """Places go; their pictures stay until `drop_unplaced`."""
        with self._database.writing() as connection:
            _writes.forget_places(connection, uris)

    def drop_unplaced(self) -> None:
        """Pictures without any place go with everything of theirs, unless they were ever put without one."""
        with self._database.reading() as connection:
            if not _writes.unplaced(connection):
                return
        with self._database.writing() as connection:
            _writes.forget(connection, _writes.unplaced(connection), self._columns(connection))

    def put_features(self, batch: Mapping[Key, npt.NDArray[np.void]]) -> None:
        """Local features that were put off, or are made anew, are the pictures' own from now on."""
        with self._database.writing() as connection:
            _writes.put_features(connection, batch)

    def adopt(self, recipe: Recipe) -> None:
        """The recipe takes the place of the one before, from which only its features' version may differ.

        Raises:
            UsageError: it differs in more.
        """
        if replace(recipe, features="") != replace(self.recipe, features=""):
            raise UsageError("a collection's recipe cannot change but for its features")
        with self._database.writing() as connection:
            _writes.adopt(connection, recipe)

    def add_space(self, stamp: EncoderStamp, *, renew: bool = False) -> None:
        """A space without rows, whose rows are to be made; with `renew` in the place of that of the same name.

        Raises:
            UsageError: there is one of that name, or none to renew, or its state is not `building`.
        """
        with self._database.writing() as connection:
            _spaces.add(connection, self._spaces(connection)[0], stamp, renew=renew)

    def put_rows(self, encoder: str, rows: Mapping[Key, Rows]) -> None:
        """Rows `(1, columns)` of pictures that lack one, in a space that is being made.

        Pictures that are gone, and those that have a row, are passed over.

        Raises:
            UsageError: the space is in another state, or a row does not fit; nothing was written.
            UnknownNameError: the collection has no such encoder.
        """
        with self._database.writing() as connection:
            _spaces.put_rows(connection, _spaces.known(self._columns(connection), encoder), rows)

    def switch(self, states: Mapping[str, SpaceState]) -> None:
        """Spaces are in these states from now on, all of them at once.

        Raises:
            UsageError: a picture lacks its row in one that would be active, or none would be.
            UnknownNameError: the collection has no such encoder.
        """
        with self._database.writing() as connection:
            _spaces.switch(connection, *self._spaces(connection), states)

    def drop_space(self, encoder: str) -> None:
        """A space is gone, and nobody reads its rows, which `sweep` takes away.

        Raises:
            UsageError: it is the last active one.
            UnknownNameError: the collection has no such encoder.
        """
        with self._database.writing() as connection:
            _spaces.known(self._columns(connection), encoder)
            _spaces.drop(connection, self._spaces(connection)[0], encoder)

    def sweep(self) -> None:
        """Rows that are left of spaces that were dropped or renewed go, a part of them at a time.

        Others write in between.
        """
        with self._database.reading() as connection:
            numbers = _spaces.dropped(connection)
        while numbers:
            with self._database.writing() as connection:
                _spaces.sweep(connection, numbers)
                numbers = _spaces.dropped(connection)

    def decide(self, decisions: Sequence[Decision]) -> None:
        """Decisions take the place of those on the same pairs; all of them or none."""
        with self._database.writing() as connection:
            _decisions.write(connection, decisions)

    def undecide(self, decisions: Sequence[Decision]) -> None:
        """What was decided of these pairs is forgotten; unknown ones are passed over."""
        with self._database.writing() as connection:
            _decisions.forget(connection, decisions)

    def close(self) -> None:
        """Give the file and the right to write back; a second time does nothing."""
        self._database.close()
