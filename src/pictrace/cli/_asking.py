"""Questions before something goes that is not there again at once."""

import sys

import typer

from pictrace.cli._console import tell
from pictrace.errors import UsageError


def is_terminal() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin is not None and sys.stdin.isatty()


def agreed(deed: str, *, yes: bool, before: str = "", after: str = "") -> bool:
    """Whether a deed such as `forget 3 pictures` is wanted: by `yes`, or by whoever is there and is asked.

    `before` is told before the question, `after` where the answer is no.

    Raises:
        UsageError: nobody is there.
    """
    if yes:
        return True
    if not is_terminal():
        raise UsageError(f"nobody is there to say whether to {deed}", hint="give --yes if you are sure")
    if before:
        tell(before)
    if typer.confirm(f"{deed[0].upper()}{deed[1:]}?", err=True):
        return True
    tell(after)
    return False
