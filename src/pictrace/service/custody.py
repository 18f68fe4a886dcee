"""A collection in the custody of the service: it alone writes, and foreign bytes are opened in worker processes."""

import contextlib
import shutil
import threading
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

from pictrace._atomic import is_full
from pictrace.catalogs import Catalog
from pictrace.collection import Collection
from pictrace.errors import InsufficientStorageError, NotFoundError, PictraceError
from pictrace.folding import FOLD_PICTURES
from pictrace.ingest import Progress
from pictrace.picture import Picture, Region, part_of
from pictrace.results import PictureRecord
from pictrace.sandbox import Sandbox
from pictrace.service.originals import FOLDER, Originals
from pictrace.service.reviewing import Review
from pictrace.service.settling import Settling
from pictrace.settings import Settings
from pictrace.types import Key, Trace


@dataclass(frozen=True)
class Taken:
    """A picture that was handed over: its key, and whether the collection had it already."""

    key: Key
    known: bool


class Custody:
    """One collection by its name in the service; safe to use from several threads.

    Raises:
        IndexLockedError: another process is writing to it; the message names it.
    """

    def __init__(self, name: str, path: Path, settings: Settings, sandbox: Sandbox) -> None:
        self.name = name
        self.settings = settings
        self.collection = Collection(path, settings=settings)
        self._sandbox = sandbox
        self._incoming = path / "incoming"
        self._originals = Originals(path / FOLDER)
        self._keeping = threading.Lock()
        self._counting = threading.Lock()
        self._moved = 0
        with contextlib.ExitStack() as stack:
            stack.callback(self.collection.close)
            self.collection.hold()
            self._incoming.mkdir(mode=0o700, exist_ok=True)
            self.review = Review(self.collection)
            self.settling = Settling(self.review)
            stack.pop_all()

    @property
    def version(self) -> int:
        """Grows with every write."""
        return self.collection.changes

    @property
    def news(self) -> dict[str, Any]:
        """What events tell of the collection: as little as is quickly read, for every picture taken in is one."""
        encoders = [stamp.name for stamp in self.collection.recipe.active]
        return {
            "name": self.name,
            "pictures": len(self.collection),
            "version": self.version,
            "encoders": encoders,
        }

    @property
    def catalog(self) -> Catalog:
        """All there is of the pictures, for reading."""
        return self.collection.engine().catalog

    def traces(self, keys: Sequence[Key]) -> dict[Key, Trace]:
        """All that is kept of these pictures, of the encoders of one moment; those that are gone are left out."""
        return self.collection.answered(lambda engine: engine.catalog.traces(keys))

    def opened(self, data: bytes, *, region: Region | None = None) -> Picture:
        """The picture in foreign bytes, or the part inside a region of it."""
        return self._sandbox.open(data, region=region)

    def part(self, key: Key, region: Region) -> Picture:
        """What is inside a region, in pixels of the original, of a stored picture; as sharp as its proxy is."""
        record = self.collection.get(key)
        return part_of(self.collection.proxy(key), (record.width, record.height), region)

    def take_in(self, data: bytes, *, name: str, metadata: Mapping[str, Any] | None = None) -> Taken:
        """The picture is in the collection under a name, and its file kept if files are, once this returns.

        Raises:
            PictureError: it cannot be used.
            InsufficientStorageError: the disk is full, or nearly.
        """
        self.check_room()
        picture = self.opened(data)
        trace = self._trace(picture)
        with self._keeping:
            known = self.collection.find(picture.sha256) is not None
            is_added = False
            try:
                if self.settings.service.keep_originals:
                    self._originals.keep(picture.sha256, data)
                key = self.collection.add_image(trace, name=name, metadata=metadata)
                is_added = True
                self._count(int(not known))
            finally:
                if not is_added and not known:
                    self._originals.drop(picture.sha256)
        return Taken(key, known)

    def _trace(self, picture: Picture) -> Trace:
        """What is kept of a picture; no model looks at one that is known, of which jobs that begin anew bring many."""
        key = self.collection.find(picture.sha256)
        stored = {} if key is None else self.traces([key])
        return next(iter(stored.values()), None) or self.collection.traced(picture)

    def remove(self, keys: Sequence[Key]) -> None:
        """Pictures are forgotten, all or none, and their kept uploads with them; files elsewhere are not touched.

        Raises:
            NotFoundError: one of the ids does not exist.
        """
        with self._keeping:
            shas = [self.collection.get(key).sha256 for key in keys]
            self.collection.remove(*keys)
            self._count(len(keys))
            for sha256 in shas:
                self._originals.drop(sha256)

    def sweep(self) -> None:
        """Kept uploads of pictures that are not in the collection go: a kill can leave them behind."""
        for sha256 in self._originals.kept():
            with self._keeping:
                if self.collection.find(sha256) is None:
                    self._originals.drop(sha256)

    def original(self, record: PictureRecord) -> BufferedReader:
        """The file of a picture as it came, open, to be closed by whoever asked.

        Raises:
            NotFoundError: it was not kept, and is no longer where it was found.
        """
        file = self._originals.find(record, most_bytes=self.settings.limits.file_bytes)
        if file is None:
            raise NotFoundError(f"the file of picture {record.id} is not at hand", hint="its proxy is")
        return file

    def incoming(self, name: str) -> Path:
        """Where an upload lies until the job that takes it in has ended; `name` is one of ours."""
        return self._incoming / name

    def full(self, error: OSError) -> PictraceError:
        """What a write that failed is told as."""
        if is_full(error):
            return InsufficientStorageError("the disk is full", hint="free some space; reading goes on")
        return PictraceError("an upload could not be written")

    def drop_incoming(self, *, but: Container[str] = ()) -> None:
        """What lies in `incoming` goes, except for these names."""
        for path in self._incoming.iterdir():
            if path.name not in but:
                path.unlink(missing_ok=True)

    def fold(self, *, progress: Progress) -> None:
        """Indexes brought up to date, where enough is new or gone to be worth it."""
        with self._counting:
            self._moved = 0
        self.collection.fold(progress=progress)

    def is_fold_due(self) -> bool:
        """Whether so many pictures came or went, since this last held or indexes were last brought up to date, that
        the next time is worth it.
        """
        with self._counting:
            if self._moved < FOLD_PICTURES:
                return False
            self._moved = 0
            return True

    def _count(self, pictures: int) -> None:
        with self._counting:
            self._moved += pictures

    def check_room(self) -> None:
        """Nothing, if there is room to write.

        Raises:
            InsufficientStorageError: less is free than the service leaves.
        """
        free = shutil.disk_usage(self.collection.path).free
        if free < self.settings.service.free_bytes:
            raise InsufficientStorageError("the disk is nearly full", hint="free some space; reading goes on")

    def close(self) -> None:
        """Gives the collection back."""
        self.collection.close()
