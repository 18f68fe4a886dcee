"""Folders by which somebody names files, and which files are below them."""

import os
from collections.abc import Iterable, Sequence


def named(folders: Iterable[str]) -> tuple[str, ...]:
    """Folders as paths of files begin: absolute and without `..`, and beside a link the folder that it leads to.

    A folder that was written otherwise than the pictures below it would protect none of them.
    """
    found = [one if "://" in one else os.path.abspath(one) for one in folders]  # noqa: PTH100 - links stay
    return tuple(dict.fromkeys([*found, *(os.path.realpath(one) for one in found if "://" not in one)]))


def are_above(folders: Sequence[str], path: str) -> bool:
    """Whether a file is one of these, or below one of them."""
    return any(path == folder or path.startswith(f"{folder.rstrip('/')}/") for folder in folders)
