"""How this process behaves: arguments over environment over pictrace.toml over defaults."""

import dataclasses
import difflib
import math
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

import platformdirs

from pictrace.errors import ConfigurationError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")

PREFIX = "PICTRACE_"
FILE = "pictrace.toml"
EXTRAS = ("PICTRACE_CONFIG", "PICTRACE_CRASH_POINT", "PICTRACE_DEBUG")
"""Names in the environment that are no settings: where the file is, a switch for fault tests, tracebacks."""

_FILE_BYTES = 1 << 20
_MOST_THREADS = 1024


@dataclass(frozen=True)
class Limits:
    """What a picture or archive may ask of this machine; every limit can be set, none switched off.

    Raises:
        ConfigurationError: a limit of zero or below, or without end; an unknown format.
    """

    file_bytes: int = 100 << 20
    pixels: int = 100_000_000
    side: int = 30_000
    min_side: int = 16
    decode_seconds: float = 20.0
    worker_bytes: int = 3 << 29
    archive_entries: int = 100_000
    archive_bytes: int = 32 << 30
    archive_ratio: int = 100
    formats: tuple[str, ...] = FORMATS

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if item.name != "formats" and not 0 < value < math.inf:
                raise ConfigurationError(
                    f"limits.{item.name} is {value}; a limit must be above 0 and finite",
                    hint=f"leave it out for the default, {item.default}",
                )
        if self.min_side > self.side:
            raise ConfigurationError(f"limits.min_side is {self.min_side}, above limits.side, {self.side}")
        _check_names("format", self.formats, FORMATS)
        if not self.formats:
            raise ConfigurationError("limits.formats is empty", hint=f"choose among {', '.join(FORMATS)}")


@dataclass(frozen=True)
class Settings:
    """Settings of the process, never of the data (those are the collection's recipe).

    `workers` decode pictures, `threads` run the encoder; 0 means one per core this process may use.

    Raises:
        ConfigurationError: fewer than 0 or more than 1024 workers or threads.
    """

    collection: str = ""
    workers: int = 0
    threads: int = 0
    models: str = ""
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        for name in ("workers", "threads"):
            value = getattr(self, name)
            if not 0 <= value <= _MOST_THREADS:
                raise ConfigurationError(
                    f"{name} is {value}, not between 0 and {_MOST_THREADS}",
                    hint="0 means one per core",
                )

    @property
    def cores(self) -> int:
        """Cores that this process may use."""
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    @property
    def collection_path(self) -> str:
        """The collection to use where none is named: the user's data folder unless set."""
        return self.collection or str(
            Path(platformdirs.user_data_dir("pictrace", appauthor=False)) / "default.pictrace"
        )


@dataclass(frozen=True)
class Setting:
    """One setting that can be given: `name` as in pictrace.toml (`limits.pixels`), its type and default."""

    name: str
    kind: Any
    default: Any

    @property
    def argument(self) -> str:
        """Its name as a keyword argument of `load`."""
        return self.name.replace(".", "_")

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.argument.upper()


def known() -> tuple[Setting, ...]:
    """Every setting there is, in the order of `Settings`."""
    return tuple(_settings_of(Settings(), ""))


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ, **arguments: Any) -> Settings:
    """The settings of this process.

    `path` is the file to read, otherwise the one that PICTRACE_CONFIG names, otherwise `pictrace.toml` in
    the working directory if there is one. Arguments have the names of the fields, limits a `limits_` before
    (`limits_pixels=…`); those that are `None` were not given, nor were variables that are empty.

    Raises:
        ConfigurationError: a file that cannot be read, an unknown name, or a value that does not fit.
    """
    file = path or (Path(environ["PICTRACE_CONFIG"]) if environ.get("PICTRACE_CONFIG") else None)
    layers = (_from_file(file), _from_environment(environ), _from_arguments(arguments))
    chosen: dict[str, Any] = {}
    for layer in layers:
        chosen |= layer
    limits = {name.removeprefix("limits."): chosen.pop(name) for name in list(chosen) if "." in name}
    return Settings(**chosen, limits=Limits(**limits))


def _settings_of(record: Any, above: str) -> Iterator[Setting]:
    kinds = get_type_hints(type(record))
    for item in dataclasses.fields(record):
        value = getattr(record, item.name)
        if dataclasses.is_dataclass(value):
            yield from _settings_of(value, f"{above}{item.name}.")
        else:
            yield Setting(above + item.name, kinds[item.name], value)


def _from_file(path: Path | None) -> dict[str, Any]:
    place = path or Path(FILE)
    try:
        with place.open("rb") as file:
            text = file.read(_FILE_BYTES + 1)
    except FileNotFoundError as error:
        if path is None:
            return {}
        raise ConfigurationError(f"there is no settings file {str(place)!r}") from error
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"settings file {str(place)!r} cannot be read") from error
    if len(text) > _FILE_BYTES:
        raise ConfigurationError(f"{str(place)!r} is no settings file: it has more than {_FILE_BYTES} bytes")
    try:
        tables = tomllib.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"settings file {str(place)!r} is no valid TOML: {error}") from error
    given = dict(_flattened(tables))
    return _cast_all(given, {setting.name: setting for setting in known()}, f" in {str(place)!r}")


def _flattened(tables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in tables.items():
        if isinstance(value, dict) and value:
            yield from ((f"{key}.{inner}", item) for inner, item in value.items())
        elif not isinstance(value, dict) or key != "limits":
            yield key, value


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    names = {setting.variable: setting for setting in known()}
    given = {name: text for name, text in environ.items() if name.startswith(PREFIX) and name not in EXTRAS}
    _check_names("variable", given, (*names, *EXTRAS))
    parsed = {name: _parse(text, names[name]) for name, text in given.items() if text}
    return _cast_all(parsed, names, " in the environment")


def _from_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in arguments.items() if value is not None}
    return _cast_all(given, {setting.argument: setting for setting in known()}, " among the arguments")


def _parse(text: str, setting: Setting) -> Any:
    """The value that a text stands for; one that does not fit stays text, and is refused as such."""
    try:
        if setting.kind is int:
            return int(text)
        if setting.kind is float:
            return float(text)
    except ValueError:
        return text
    if setting.kind is str:
        return text
    return [part.strip() for part in text.split(",") if part.strip()]


def _cast_all(given: Mapping[str, Any], names: Mapping[str, Setting], where: str) -> dict[str, Any]:
    _check_names("setting", given, names)
    return {names[name].name: _cast(value, names[name], f"{name}{where}") for name, value in given.items()}


def _cast(value: Any, setting: Setting, called: str) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if setting.kind is str and isinstance(value, str | os.PathLike):
        return os.fspath(value)
    if setting.kind is int and is_number and isinstance(value, int):
        return value
    if setting.kind is float and is_number:
        return float(value)
    is_list = isinstance(value, list | tuple) and all(isinstance(part, str) for part in value)
    if setting.kind not in {str, int, float} and is_list:
        return tuple(part.upper() for part in value)
    wanted = {int: "a whole number", float: "a number", str: "text"}.get(setting.kind, "a list of names")
    raise ConfigurationError(f"{called} is {value!r}, not {wanted}")


def _check_names(what: str, given: Iterable[str], names: Iterable[str]) -> None:
    known_names = list(names)
    for name in given:
        if name not in known_names:
            near = difflib.get_close_matches(name, known_names, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise ConfigurationError(
                f"{what} {name!r} is unknown",
                hint=f"{meant}valid are: {', '.join(known_names)}",
            )
