"""What is loaded when it is first asked for, once for each object, however many threads ask at the same time."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

_LOCK = "_loading"
_Found = TypeVar("_Found")


class Once(Generic[_Found]):
    """A property that is worked out once and kept; who comes meanwhile waits for it.

    `functools.cached_property` has no lock from Python 3.12 on, and each of several first searchers would load a model
    of its own. One lock for each object lets models be loaded side by side.
    """

    def __init__(self, work: Callable[[Any], _Found]) -> None:
        self._work = work
        self.__doc__ = work.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "Once[_Found]": ...

    @overload
    def __get__(self, instance: object, owner: type) -> _Found: ...

    def __get__(self, instance: object | None, owner: type) -> "Once[_Found] | _Found":
        if instance is None:
            return self
        kept = vars(instance)
        # One that needs another of the same object asks with the lock in hand.
        with kept.setdefault(_LOCK, threading.RLock()):
            if self._name not in kept:
                kept[self._name] = self._work(instance)
            found: _Found = kept[self._name]
        return found
