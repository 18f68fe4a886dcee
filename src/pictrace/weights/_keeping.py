"""What is written into the user's folder of models, and taken out of it again."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pictrace._atomic import replacing, telling_of_room
from pictrace.errors import ConfigurationError, ModelError, UnknownNameError, UsageError
from pictrace.weights._cards import ModelCard
from pictrace.weights._files import BUNDLED
from pictrace.weights._reading import spelled

Known = Mapping[str, ModelCard | ModelError]
Unfinished = Callable[[Path], Sequence[Path]]


@contextlib.contextmanager
def writable(models: Path) -> Iterator[Path]:
    """The folder of models, made if it is not there.

    Raises:
        ConfigurationError: it cannot be made or written to.
        InsufficientStorageError: the disk is full.
    """
    try:
        with telling_of_room(models):
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


def check_free(card: ModelCard, known: Known) -> None:
    """Nothing, if a card may be added to those that are known: it has a name and files of its own.

    A card that came with PicTrace and names no bytes may be given them.

    Raises:
        UsageError: another model has its name or one of its files.
    """
    files = {part.file.lower() for part in card.files}
    for name, other in known.items():
        may_be_pinned = isinstance(other, ModelCard) and not other.is_pinned
        if name.lower() == card.name.lower() and not (name == card.name and may_be_pinned):
            raise UsageError(
                f"there is a model called {name} already",
                hint=f"choose another name, or: pictrace models remove {name}",
            )
        if name != card.name and isinstance(other, ModelCard):
            shared = files & {part.file.lower() for part in other.files}
            if shared:
                raise UsageError(
                    f"{shared.pop()} is a file of the model {name}", hint="call the file on the card something else"
                )


def remove(name: str, models: Path, known: Known, *, unfinished: Unfinished) -> Sequence[Path]:
    """Removes a model's files from the user's folder, and its card if that is there too; says what went.

    Files that another model has too stay. With each file goes what `unfinished` names: where it was being fetched.

    Raises:
        UnknownNameError: there is no such model.
        UsageError: nothing of it is there, or it came with PicTrace.
        ConfigurationError: something cannot be removed.
    """
    if name not in known:
        raise UnknownNameError(f"no model is called {name!r}", hint=f"choose one of: {', '.join(known)}")
    card = known[name]
    of_others = {part.file for other, one in known.items() if other != name for part in getattr(one, "files", ())}
    parts = card.files if isinstance(card, ModelCard) else ()
    files = [models / part.file for part in parts if part.file not in of_others]
    files += [one for path in files for one in unfinished(path)]
    if not models.is_dir() or not (gone := discard([models / f"{name}.json", *files])):
        if any((BUNDLED / part.file).is_file() for part in parts):
            raise UsageError(f"the model {name} came with PicTrace and stays", hint="models that were added can go")
        raise UsageError(f"no file of the model {name} is in {models}", hint="`pictrace models` shows what is here")
    return gone


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
