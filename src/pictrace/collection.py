"""A collection: pictures you can add, search, compare, list, remove, verify and rebuild."""

import io
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Self, TypeVar

from PIL import Image

from pictrace import corrections, folding, ingest, listing, soundness, tracing
from pictrace._choice import Choice, folder_of
from pictrace._duplicates import Duplicates
from pictrace._engines import Engines
from pictrace._given import put_given
from pictrace._look import Lookers
from pictrace._searching import Searching
from pictrace._spaces import Spaces
from pictrace._writing import Writing
from pictrace.candidates import Engine
from pictrace.catalogs import Catalog
from pictrace.comparison import at_hand, beside
from pictrace.errors import SourceError, UsageError
from pictrace.ingest import Ingest, Progress, Report, is_known
from pictrace.orders import Order
from pictrace.picture import ImageSource, Picture
from pictrace.recipe import DEFERRED, Recipe
from pictrace.results import IndexState, Match, PictureRecord
from pictrace.settings import Settings
from pictrace.sources.opening import open_source
from pictrace.types import Key, Trace

_T = TypeVar("_T")


class Collection(Duplicates, Searching, Spaces):
    """A folder `NAME.pictrace` of everything needed to find its pictures again; the pictures stay where they are.

    Safe to search from several threads. Writing takes the collection's lock for as long as it lasts.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        settings: Settings | None = None,
        encoders: Sequence[str] = (),
        index: str = "",
    ) -> None:
        """Nothing is opened before it is needed; a collection that is not there is made by the first `add`.

        It is made with these `encoders` and this `index`; one that is there with others is refused when it is opened.

        Raises:
            UnknownNameError: there is no encoder or index of that name.
            UsageError: the path is a URL.
        """
        self.path = folder_of(path)
        self.settings = settings or Settings()
        self._choice = Choice(tuple(dict.fromkeys(encoders)), index)
        self._writing = Writing(self.path, self._choice, self.settings.runtime)
        self._engines = Engines(self.path / "indexes", self.settings)
        self._catalog: Catalog | None = None
        self._opening = threading.Lock()
        self._lookers = Lookers(self.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._reader())

    def add(
        self,
        *sources: str | os.PathLike[str],
        prune: bool = False,
        exclude: Sequence[str] = (),
        defer_features: bool = False,
        progress: Progress | None = None,
    ) -> Report:
        """What became of the pictures in folders, archives, lists of URLs and files; unchanged ones are passed over.

        Pictures that are gone are reported, and with `prune` forgotten. Killed at any moment, the same call
        goes on where it was. With `defer_features` a new collection's local features are put off until
        `rebuild`: indexing is faster, and each search slower.

        Raises:
            SourceError: a source cannot be used; those before it are in, and nothing is forgotten.
            IndexLockedError: another process is writing.
            InsufficientStorageError: the disk is full; what was committed stays.
        """
        if not sources:
            raise UsageError("nothing to add", hint="name a folder, an archive or a picture")
        catalog: Catalog
        # Every source is looked at before anything is made; what the catalog knows is asked once it is there.
        look_at = partial(open_source, limits=self.settings.limits, fetch=self.settings.fetch, exclude=exclude)
        opened = [look_at(path, known=lambda place: is_known(catalog, place)) for path in sources]
        with self._writing(defer_features=defer_features) as catalog:
            encoders = self._engines.encoders(catalog.recipe)
            pool = self._lookers.of(encoders, catalog.recipe, polite=self._writing.is_held)
            turn = self._writing.turn
            run = Ingest(catalog, encoders, pool, progress or Progress(), turn, self._engines.encoders)
            try:
                report = run.run(opened, prune=prune)
            except SourceError:
                self._fold(catalog, progress or Progress())
                raise
            with self._writing.turn:
                catalog.drop_unplaced()  # only now: what is gone from one source may be in another
            self._fold(catalog, progress or Progress())
        return report

    def add_image(
        self, image: ImageSource | Trace, *, name: str = "", metadata: Mapping[str, Any] | None = None
    ) -> Key:
        """The key of one picture given as bytes, a file, a PIL image or an array; `name` says where it is from.

        `metadata` is kept with a picture that is new; a name that another one has gets a number.

        Raises:
            PictureError: the picture cannot be used.
        """
        picture = image if isinstance(image, Trace) else self._picture(image)
        with self._writing() as catalog:
            trace = picture if isinstance(picture, Trace) else self._traced(picture, catalog.recipe)
            with self._writing.turn:
                fitted = tracing.fitted(trace, self._engines.encoders(catalog.recipe))
                return put_given(catalog, replace(fitted, metadata=dict(metadata or {})), name)

    def traced(self, picture: Picture) -> Trace:
        """All that is kept of a picture of this collection, for `add_image`, which then only has to write it."""
        return self._traced(picture, self.recipe)

    def compare(self, image: ImageSource | Key, other: ImageSource | Key) -> Match:
        """How two images, or pictures of the collection by their ids, are related; nothing is added."""
        return beside(image, other, settings=self.settings, answered=self.answered).match

    def get(self, key: Key) -> PictureRecord:
        """One picture's record.

        Raises:
            NotFoundError: there is no such id.
        """
        return self._reader().by_id(key)

    def find(self, sha256: str) -> Key | None:
        """The id of the picture whose file has this SHA-256, if it is there."""
        return self._reader().by_sha(sha256)

    def list(
        self, *, after: Key = 0, limit: int | None = None, order: Order = "oldest", where: listing.Where | None = None
    ) -> Iterator[PictureRecord]:
        """The records of all pictures or of those that meet a filter, in an order, or of `limit` ones after an id."""
        return listing.listed(self._reader(), order=order, where=where, after=after, limit=limit)

    def proxy(self, key: Key) -> bytes:
        """A JPEG of at most 512 px of a picture, without metadata."""
        return self._reader().proxy(key)

    def whole(self, image: ImageSource | Key) -> Picture:
        """All pixels of an image; of a stored one those of its proxy, at the size of the original."""
        if not isinstance(image, int):
            return Picture.open(at_hand(image, self.settings.fetch), limits=self.settings.limits)
        record = self.get(image)
        proxy = Image.open(io.BytesIO(self.proxy(image)))
        return self._picture(proxy.resize((record.width, record.height), Image.Resampling.BICUBIC))

    def remove(self, *keys: Key) -> None:
        """Pictures are forgotten, all of them or none; the files are never touched.

        Raises:
            NotFoundError: one of the ids does not exist.
        """
        with self._writing(create=False) as catalog, self._writing.turn:
            for key in keys:
                catalog.by_id(key)
            catalog.forget(keys)
            if not self._writing.is_held:
                self._fold(catalog, Progress())

    def hold(self) -> None:
        """This process writes and nobody else, until `close`; made now if it is not there.

        Removing pictures and adding single ones no longer brings indexes up to date: `fold` does, when it suits.

        Raises:
            IndexLockedError: another process is writing; the message names it.
        """
        self._writing.hold()

    def fold(self, *, progress: Progress | None = None) -> None:
        """Indexes brought up to date, where enough is new or gone to be worth it."""
        with self._writing(create=False) as catalog:
            self._fold(catalog, progress or Progress())

    def verify(self) -> Sequence[str]:
        """Everything that is wrong with the collection's files, one sentence each, after reading all of them."""
        catalog, indexes = self._reader(), self.path / "indexes"
        return [*catalog.problems(), *soundness.verify(indexes, catalog), *corrections.problems(self.path)]

    def rebuild(self, *, progress: Progress | None = None) -> None:
        """Indexes made anew from the catalog, and local features that were put off."""
        with self._writing(create=False) as catalog:
            if catalog.recipe.features == DEFERRED:
                ingest.fill_features(catalog, progress or Progress())
            self._fold(catalog, progress or Progress(), force=True)

    def close(self) -> None:
        """Ends worker processes and closes files; the collection can be used again afterwards."""
        with self._opening:
            self._lookers.close()
            self._writing.release()
            self._engines.close()
            if self._catalog:
                self._catalog.close()
            self._catalog = None

    @property
    def recipe(self) -> Recipe:
        """How the collection's data were made."""
        return self._reader().recipe

    @property
    def changes(self) -> int:
        """A number that grows with every write, whoever writes."""
        return self._reader().changes

    def state(self) -> IndexState:
        """How a search of now would look for candidates."""
        return self._engines.state(self._reader())

    def _picture(self, image: ImageSource) -> Picture:
        return Picture.open(at_hand(image, self.settings.fetch), limits=self.settings.limits, target=tracing.TARGET)

    def _asked(self, image: ImageSource | Key) -> Picture | Key:
        return image if isinstance(image, int) else self._picture(image)

    def _traced(self, picture: Picture, recipe: Recipe) -> Trace:
        encoders = self._engines.encoders(recipe)
        return tracing.finish([tracing.prepare(picture, encoders)], encoders)[0]

    def _reader(self) -> Catalog:
        """The catalog for reading: all that is needed to list, show and verify."""
        with self._opening:
            if self._catalog is None:
                self._catalog = self._choice.open(self.path)
            return self._catalog

    def engine(self) -> Engine:
        """What searches work with, up to date with what others wrote."""
        return self._engines.of(self._reader())

    def answered(self, ask: Callable[[Engine], _T]) -> _T:
        """What is answered with the engine, all of it by the encoders of one moment."""
        return self._engines.asked(self._reader(), ask)

    def _fold(self, catalog: Catalog, progress: Progress, *, force: bool = False) -> None:
        """Indexes brought up to date, where enough is new to be worth it."""
        for place in folding.places(self.path / "indexes", catalog, threads=self._engines.threads):
            folding.fold(place, progress=partial(progress.folded, place.stamp.name), force=force)
