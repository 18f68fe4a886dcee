"""What is written into the user's folder of models, and taken out of it again."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from pictrace._atomic import replacing
from pictrace.errors import ConfigurationError
from pictrace.weights._cards import ModelCard
from pictrace.weights._reading import spelled


@contextlib.contextmanager
def writable(models: Path) -> Iterator[Path]:
    """The folder of models, made if it is not there.

    Raises:
        ConfigurationError: it cannot be made or written to.
    """
    try:
        models.mkdir(parents=True, exist_ok=True)
        yield models
    except OSError as error:
        raise ConfigurationError(
            f"the folder of models, {models}, cannot be written to: {error.strerror}",
            hint="name another one in the setting `models`, or see to its permissions",
        ) from error


def keep(card: ModelCard, models: Path) -> Path:
    """Writes a card into the user's folder, whole or not at all.

    Raises:
        ConfigurationError: it cannot be written.
        InsufficientStorageError: the disk is full.
    """
    with writable(models), replacing(models / f"{card.name}.json") as temporary:
        temporary.write_text(spelled(card), "utf-8")
    return models / f"{card.name}.json"


def discard(paths: Sequence[Path]) -> Sequence[Path]:
    """Removes files, and names those that were there.

    Raises:
        ConfigurationError: one cannot be removed.
    """
    gone = []
    for path in paths:
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ConfigurationError(
                f"{path} cannot be removed: {error.strerror}", hint="see to the permissions of its folder"
            ) from error
        gone.append(path)
    return gone
