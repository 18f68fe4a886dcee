"""Who writes to a collection: each call for itself, or one process that keeps the right to for as long as it lives."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from pictrace._choice import Choice
from pictrace.catalogs import Catalog
from pictrace.settings import Runtime


class Writing:
    """Gives out the one writable catalog of a collection.

    `turn` is held for each short step of writing: whoever works for long, such as a folder being indexed, lets others
    have theirs in between.
    """

    def __init__(self, path: Path, choice: Choice, runtime: Runtime) -> None:
        self.turn = threading.RLock()
        self._path = path
        self._choice = choice
        self._runtime = runtime
        self._held: Catalog | None = None

    @property
    def is_held(self) -> bool:
        """Whether this process keeps the right to write."""
        return self._held is not None

    def hold(self) -> None:
        """Keep the right to write, and make the collection if it is not there.

        Raises:
            IndexLockedError: another process writes; the message names it.
        """
        with self.turn:
            if self._held is None:
                self._held, _ = self._choice.writer(self._path, self._runtime)

    def release(self) -> None:
        """Give the right to write back; nothing happens if it is not held."""
        with self.turn:
            if self._held is not None:
                self._held.close()
            self._held = None

    @contextlib.contextmanager
    def __call__(self, *, create: bool = True, defer_features: bool = False) -> Iterator[Catalog]:
        """The catalog, writable; made first if it is not there and may be.

        One that was made here and into which nothing was put is gone again where what was to be done fails; a folder
        that somebody had made for it stays, for it may have permissions of its own.
        """
        held = self._held
        if held is not None:
            yield held
            return
        had_folder = os.path.lexists(self._path)
        catalog, is_new = self._choice.writer(self._path, self._runtime, create=create, defer_features=defer_features)
        with contextlib.ExitStack() as undoing:
            if is_new:
                undoing.callback(self._choice.discard, self._path, keep_folder=had_folder)
            with contextlib.closing(catalog):
                yield catalog
            undoing.pop_all()
