"""Indexes find the nearest rows; rebuildable, one file each, found by file name."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt

from pictrace.types import Hits, Key, Metric, Rows, Space


class Index(Protocol):
    """Nearest rows of one space by key; keys are unique, and the catalog is the truth behind them.

    `exhaustive` says whether every row is compared; `version` changes whenever older files no longer open; `metrics`
    are those of the spaces that it is for. In a space of `Metric.FEATURES` a picture has many rows, added together
    under its key, once for each; `search` takes the rows of one query as a whole and gives one `Hits`, of pictures
    that have something in common with it; `keys` and `len` tell of pictures.
    """

    version: ClassVar[str]
    exhaustive: ClassVar[bool]
    metrics: ClassVar[frozenset[Metric]]

    def __init__(self, space: Space, *, threads: int = 0) -> None: ...

    @classmethod
    def open(cls, path: Path, space: Space, *, writable: bool = False, threads: int = 0) -> Self: ...

    def add(self, keys: npt.NDArray[np.uint64], rows: Rows) -> None: ...

    def remove(self, keys: Sequence[Key]) -> None: ...

    def search(self, rows: Rows, limit: int) -> list[Hits]: ...

    def save(self, path: Path) -> None: ...

    def keys(self) -> npt.NDArray[np.uint64]: ...

    def __len__(self) -> int: ...
