"""Folders for the tests of sources."""

from pathlib import Path


def tree(root: Path, *names: str) -> Path:
    """A folder with empty files of these names."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root
