"""Claims that hold under `python -O` too."""

import contextlib
from collections.abc import Iterator

from pictrace.errors import PictraceError


def expect(is_so: object, claim: str) -> None:
    """Nothing, if the claim is so.

    Raises:
        AssertionError: it is not.
    """
    if not is_so:
        raise AssertionError(claim)


@contextlib.contextmanager
def refuses(kind: type[PictraceError], claim: str) -> Iterator[None]:
    """Nothing, if the block raises an error of this kind.

    Raises:
        AssertionError: it raises none.
    """
    try:
        yield
    except kind:
        return
    raise AssertionError(claim)
