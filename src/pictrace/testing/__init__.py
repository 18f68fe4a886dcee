"""Contract checks: call them on an encoder, index, catalog or signal of your own, and trust it like ours.

Each raises `AssertionError` with the promise that was broken. A check, with the libraries that it needs, is
loaded when it is first asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pictrace.testing.catalog import check_catalog
    from pictrace.testing.encoder import check_encoder
    from pictrace.testing.index import check_index
    from pictrace.testing.signal import check_signal

__all__ = ["check_catalog", "check_encoder", "check_index", "check_signal"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{name.removeprefix('check_')}"), name)
