"""From a name to the thing it names: `encoders/pdq.py` is the encoder `pdq`, a dotted path is somebody's own."""

import importlib
import pkgutil
from collections.abc import Sequence
from typing import Any

from pictrace.errors import UnknownNameError

KINDS = {"encoders": "Encoder", "indexes": "Index", "catalogs": "Catalog", "signals": "Signal"}


def names(kind: str) -> Sequence[str]:
    """The names of one kind (`encoders`, `indexes`, `catalogs`, `signals`) that ship with PicTrace, sorted."""
    package = importlib.import_module(f"pictrace.{kind}")
    return sorted(entry.name for entry in pkgutil.iter_modules(package.__path__) if entry.name[0] != "_")


def load(kind: str, name: str) -> Any:
    """The class that a name stands for: the module's `Encoder`, `Index`, `Catalog` or `Signal`.

    A name with a dot is the path of a module outside PicTrace.

    Raises:
        UnknownNameError: no such module, or one without the class.
    """
    path = name if "." in name else f"pictrace.{kind}.{name}"
    known = names(kind)
    if "." not in name and name not in known:
        raise UnknownNameError(f"no {kind[:-1]} is called {name!r}", hint=f"choose one of: {', '.join(known)}")
    try:
        return getattr(importlib.import_module(path), KINDS[kind])
    except ModuleNotFoundError as error:
        if error.name is None or not path.startswith(error.name):
            raise
        raise UnknownNameError(f"no module is called {path!r}", hint="is it installed here?") from error
    except AttributeError as error:
        raise UnknownNameError(f"module {path!r} has no class {KINDS[kind]}") from error
