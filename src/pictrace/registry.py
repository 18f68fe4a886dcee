"""From a name to the thing it names: `encoders/pdq.py` is the encoder `pdq`, a dotted path is somebody's own."""

import importlib
import pkgutil
import sys
from collections.abc import Sequence
from typing import Any

from pictrace.errors import UnknownNameError

KINDS = {"encoders": "Encoder", "indexes": "Index", "catalogs": "Catalog", "signals": "Signal"}

OWN = "the name of a module of your own has a dot in it, as in my_package.my_module"
"""What is said beside the names that there are."""


def names(kind: str) -> Sequence[str]:
    """The names of one kind (`encoders`, `indexes`, `catalogs`, `signals`) that ship with PicTrace, sorted."""
    package = importlib.import_module(f"pictrace.{kind}")
    return sorted(entry.name for entry in pkgutil.iter_modules(package.__path__) if entry.name[0] != "_")


def load(kind: str, name: str) -> Any:
    """The class that a name stands for: the module's `Encoder`, `Index`, `Catalog` or `Signal`.

    A name with a dot is the path of a module outside PicTrace that the program has imported itself: names come
    from collections too, which may be somebody else's, and must never decide what code is run. PicTrace's own
    modules have no dotted names here: some hold no more than what such a class has to look like.

    Raises:
        UnknownNameError: no such module, one that was not imported, one of PicTrace's own, or one without the class.
    """
    path = name if "." in name else f"pictrace.{kind}.{name}"
    known = names(kind)
    if name.partition(".")[0] == "pictrace":
        hint = f"choose one of: {', '.join(known)}"
        raise UnknownNameError(f"{name!r} is a part of PicTrace, and no name that it is asked for by", hint=hint)
    if "." in name and name not in sys.modules:
        raise UnknownNameError(
            f"the module {name!r} is not loaded", hint="import it in your program, or name it in the setting `plugins`"
        )
    if "." not in name and name not in known:
        raise UnknownNameError(f"no {kind[:-1]} is called {name!r}", hint=f"choose one of: {', '.join(known)}; {OWN}")
    try:
        return getattr(importlib.import_module(path), KINDS[kind])
    except ModuleNotFoundError as error:
        if error.name is None or not path.startswith(error.name):
            raise
        raise UnknownNameError(f"no module is called {path!r}", hint="is it installed here?") from error
    except AttributeError as error:
        hint = f"choose one of: {', '.join(known)}, or a module with such a class"
        raise UnknownNameError(f"module {path!r} has no class {KINDS[kind]}", hint=hint) from error
