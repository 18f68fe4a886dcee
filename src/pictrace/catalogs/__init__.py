"""Catalogs keep pictures, where they were seen, and their rows; the only truth, one file each."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from pictrace.catalogs._lock import sole_writer
from pictrace.decisions import Decision
from pictrace.filters import Filter
from pictrace.orders import Order, Position
from pictrace.recipe import EncoderStamp, Recipe, SpaceState
from pictrace.results import PictureRecord
from pictrace.types import Key, Location, Rows, Trace

__all__ = ["Catalog", "Entry", "sole_writer"]


@dataclass(frozen=True, eq=False)
class Entry:
    """What one put writes: a place, and either the trace of a new picture or the key of a known one."""

    location: Location | None
    trace: Trace | None = None
    key: Key | None = None


class Catalog(Protocol):
    """The store behind a collection; every method is one transaction.

    Keys are positive, ascend in the order of `put` and are never reused. A picture is identified by the
    SHA-256 of its bytes: putting the same one twice adds a location to the one picture. One that loses its last
    place stays until `drop_unplaced`, which whoever moves places calls when all of them have moved. `changes`
    grows with every write. `adopt` replaces the recipe by one that differs in its features' version only.
    `page` gives records in an order, from behind a place in it; `keys` all keys in an order; `shapes` widths and
    heights `(n, 2)`, 0 for what is not there. docs/filters.md says which pictures meet a filter; one that takes longer
    than `seconds` is a `FilterTooSlowError`. `decisions` are kept by the hashes of pictures, whether these are there or
    not, one a pair.

    Spaces: `traces` have rows of the active encoders, of which every picture has one; a new picture may lack rows of
    those that are being made, and has none of retired ones. `steady` is the same to read, and refuses to read rows once
    other encoders are active.
    """

    @classmethod
    def create(cls, path: str, recipe: Recipe) -> Self: ...

    @classmethod
    def open(cls, path: str, *, writable: bool = False) -> Self: ...

    @property
    def recipe(self) -> Recipe: ...

    @property
    def watermark(self) -> Key: ...

    @property
    def changes(self) -> int: ...

    def __len__(self) -> int: ...

    def put(self, batch: Sequence[Entry]) -> list[Key]: ...

    def by_sha(self, sha256: str) -> Key | None: ...

    def by_pixel_hash(self, pixel_hash: str) -> list[Key]: ...

    def shas_of_size(self, size: int) -> dict[str, Key]: ...

    def by_id(self, key: Key) -> PictureRecord: ...

    def records_of(self, keys: Sequence[Key]) -> dict[Key, PictureRecord]: ...

    def present(self, keys: Sequence[Key]) -> set[Key]: ...

    def records(self, after: Key = 0, limit: int = 1000) -> list[PictureRecord]: ...

    def page(
        self,
        order: Order = "oldest",
        where: Filter | None = None,
        *,
        after: Position | None = None,
        limit: int = 1000,
        seconds: float = math.inf,
    ) -> list[PictureRecord]: ...

    def keys(
        self, order: Order = "oldest", where: Filter | None = None, *, seconds: float = math.inf
    ) -> npt.NDArray[np.uint64]: ...

    def count(self, where: Filter | None = None, *, seconds: float = math.inf) -> int: ...

    def shapes(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int32]: ...

    def traces(self, keys: Sequence[Key]) -> dict[Key, Trace]: ...

    def proxy(self, key: Key) -> bytes: ...

    def rows(self, encoder: str, after: Key = 0) -> Iterator[tuple[npt.NDArray[np.uint64], Rows]]: ...

    def locations(self, root: str) -> Iterator[tuple[Key, Location]]: ...

    def location(self, uri: str) -> tuple[Key, Location] | None: ...

    def features(self, after: Key = 0) -> Iterator[tuple[Key, npt.NDArray[np.void]]]: ...

    def put_features(self, batch: Mapping[Key, npt.NDArray[np.void]]) -> None: ...

    def adopt(self, recipe: Recipe) -> None: ...

    def steady(self) -> Self: ...

    def add_space(self, stamp: EncoderStamp, *, renew: bool = False) -> None: ...

    def lacking(self, encoder: str, after: Key = 0, limit: int = 1000) -> list[Key]: ...

    def lacking_count(self, encoder: str) -> int: ...

    def put_rows(self, encoder: str, rows: Mapping[Key, Rows]) -> None: ...

    def switch(self, states: Mapping[str, SpaceState]) -> None: ...

    def drop_space(self, encoder: str) -> None: ...

    def sweep(self) -> None: ...

    def forget_locations(self, uris: Sequence[str]) -> None: ...

    def drop_unplaced(self) -> None: ...

    def forget(self, keys: Sequence[Key]) -> None: ...

    def identities(self, after: Key = 0) -> Iterator[tuple[Key, bytes, bytes]]: ...

    def decisions(self) -> list[Decision]: ...

    def decide(self, decisions: Sequence[Decision]) -> None: ...

    def undecide(self, decisions: Sequence[Decision]) -> None: ...

    def problems(self) -> list[str]: ...

    def close(self) -> None: ...
