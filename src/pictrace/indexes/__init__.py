"""Indexes find the nearest rows; rebuildable, one file each, found by file name."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt

from pictrace.types import Hits, Key, Rows, Space


class Index(Protocol):
    """Nearest rows of one space by key; keys are unique, and the catalog is the truth behind them.

    `exhaustive` says whether every row is compared; `version` changes whenever older files no longer open.
    """

    version: ClassVar[str]
    exhaustive: ClassVar[bool]

    def __init__(self, space: Space, *, threads: int = 0) -> None: ...

    @classmethod
    def open(cls, path: Path, space: Space, *, writable: bool = False, threads: int = 0) -> Self: ...

    def add(self, keys: npt.NDArray[np.uint64], rows: Rows) -> None: ...

    def remove(self, keys: Sequence[Key]) -> None: ...

    def search(self, rows: Rows, limit: int) -> list[Hits]: ...

    def save(self, path: Path) -> None: ...

    def keys(self) -> npt.NDArray[np.uint64]: ...

    def __len__(self) -> int: ...
