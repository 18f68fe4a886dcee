"""How this process behaves: arguments over environment over pictrace.toml over defaults."""

import dataclasses
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

import platformdirs

from pictrace._limits import (
    EVERY_CORE,
    FORMATS,
    HUB,
    PROVIDERS,
    FetchPolicy,
    Limits,
    Runtime,
    ServicePolicy,
    check_names,
    check_provider,
)
from pictrace._regular import open_regular
from pictrace._setting import PREFIX, Setting, cast, parsed
from pictrace.errors import ConfigurationError

__all__ = [
    "EVERY_CORE",
    "EXTRAS",
    "FILE",
    "FORMATS",
    "HUB",
    "PREFIX",
    "PROVIDERS",
    "FetchPolicy",
    "Limits",
    "Runtime",
    "ServicePolicy",
    "Setting",
    "Settings",
    "known",
    "load",
    "modules_of",
    "with_plugins",
]

FILE = "pictrace.toml"
EXTRAS = ("PICTRACE_CONFIG", "PICTRACE_CRASH_POINT", "PICTRACE_DEBUG")
"""Names in the environment that are no settings: where the file is, a switch for fault tests, tracebacks."""

_FILE_BYTES = 1 << 20
_TABLES = ("limits", "fetch", "service")
_MOST_THREADS = 1024
_FROM_ELSEWHERE = ("workers", "threads", "limits")


@dataclass(frozen=True)
class Settings:
    """Settings of the process, never of the data (those are the collection's recipe).

    `workers` decode pictures, `threads` run the encoder; 0 means one per core this process may use. `models` is the
    folder of models that did not come with PicTrace, `provider` what they run on, `hub` where they are fetched from,
    the first that has them, unless `offline`; `plugins` are modules with encoders of one's own.

    Raises:
        ConfigurationError: fewer than 0 or more than 1024 workers or threads, or no such provider.
    """

    collection: str = ""
    workers: int = 0
    threads: int = 0
    models: str = ""
    provider: str = "auto"
    offline: bool = False
    hub: tuple[str, ...] = HUB
    plugins: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    fetch: FetchPolicy = field(default_factory=FetchPolicy)
    service: ServicePolicy = field(default_factory=ServicePolicy)

    def __post_init__(self) -> None:
        for name in ("workers", "threads"):
            value = getattr(self, name)
            if not 0 <= value <= _MOST_THREADS:
                raise ConfigurationError(
                    f"{name} is {value}, not between 0 and {_MOST_THREADS}",
                    hint="0 means one per core",
                )
        check_provider(self.provider)

    @property
    def cores(self) -> int:
        """Cores that this process may use."""
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    @property
    def models_path(self) -> Path:
        """The folder of models that did not come with PicTrace: in the user's data folder unless set."""
        return Path(self.models) if self.models else _own_data() / "models"

    @property
    def runtime(self) -> Runtime:
        """How this process runs models."""
        seconds = self.limits.model_seconds
        return Runtime(self.threads or self.cores, str(self.models_path), self.provider, self.plugins, seconds)

    @property
    def collection_path(self) -> str:
        """The collection to use where none is named: the user's data folder unless set."""
        return self.collection or str(_own_data() / "default.pictrace")

    @property
    def keys_path(self) -> Path:
        """The file with the keys to the HTTP service: in the user's data folder unless set."""
        return Path(self.service.keys) if self.service.keys else _own_data() / "keys.json"


def known() -> tuple[Setting, ...]:
    """Every setting there is, in the order of `Settings`."""
    return tuple(_settings_of(Settings(), ""))


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ, **arguments: Any) -> Settings:
    """The settings of this process.

    `path` is the file to read, otherwise the one that PICTRACE_CONFIG names, otherwise `pictrace.toml` in
    the working directory if there is one; the last may set neither `collection`, `models` nor what may be fetched or
    served, limits only stricter than their defaults, and no more workers or threads than there are cores, unless that
    directory is the user's own for settings. Arguments have the names of the fields, those of a table
    its name before (`limits_pixels=…`, `fetch_enabled=…`). Those that are `None` were not given, nor were variables
    that are empty.

    Raises:
        ConfigurationError: a file that cannot be read, an unknown name, a value that does not fit, or one that
            is not taken from there.
    """
    file = path or (Path(environ["PICTRACE_CONFIG"]) if environ.get("PICTRACE_CONFIG") else None)
    layers = (_from_file(file), _from_environment(environ), _from_arguments(arguments))
    chosen: dict[str, Any] = {}
    for layer in layers:
        chosen |= layer
    tables: dict[str, dict[str, Any]] = {table: {} for table in _TABLES}
    for name in [name for name in chosen if "." in name]:
        table, _, key = name.partition(".")
        tables[table][key] = chosen.pop(name)
    return Settings(
        **chosen,
        limits=Limits(**tables["limits"]),
        fetch=FetchPolicy(**tables["fetch"]),
        service=ServicePolicy(**tables["service"]),
    )


def with_plugins(encoders: Sequence[str], **arguments: Any) -> Settings:
    """The settings of this process, with the modules among the names of encoders: who names one wants it loaded.

    Raises:
        ConfigurationError: as `load`.
    """
    settings = load(**arguments)
    own = modules_of(encoders)
    return dataclasses.replace(settings, plugins=tuple(dict.fromkeys((*settings.plugins, *own))))


def modules_of(encoders: Iterable[str]) -> tuple[str, ...]:
    """The modules of somebody's own among the names of encoders: a dot is in theirs, and a model's may follow."""
    return tuple(dict.fromkeys(name.partition(":")[0] for name in encoders if "." in name.partition(":")[0]))


def _own_data() -> Path:
    return Path(platformdirs.user_data_dir("pictrace", appauthor=False))


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
        with open_regular(place, follow=True) as file:
            text = file.read(_FILE_BYTES + 1)
    except FileNotFoundError as error:
        if path is None:
            return {}
        raise ConfigurationError(f"there is no settings file {str(place)!r}") from error
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "no valid path"
        raise ConfigurationError(f"settings file {str(place)!r} cannot be read: {why}") from error
    if len(text) > _FILE_BYTES:
        raise ConfigurationError(f"{str(place)!r} is no settings file: it has more than {_FILE_BYTES} bytes")
    try:
        tables = tomllib.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"settings file {str(place)!r} is no valid TOML: {error}") from error
    given = dict(_flattened(tables))
    chosen = _cast_all(given, {setting.name: setting for setting in known()}, f" in {str(place)!r}")
    if path is None:
        _refuse_from_elsewhere(chosen)
    return chosen


def _refuse_from_elsewhere(chosen: Mapping[str, Any]) -> None:
    """Nothing, if the working directory is the user's own, or its file sets nothing that is not for it to set.

    Downloads and shared drives have working directories too: what is written to, what is loaded as a model,
    which machines are asked for files, who may ask this one, and how much a picture may ask of it must not be up to
    whoever filled one.
    """
    own = Path(platformdirs.user_config_dir("pictrace", appauthor=False))
    refused = next(filter(None, map(_refusal_from_elsewhere, chosen, chosen.values())), "")
    if refused and Path.cwd().resolve() != own.resolve():
        raise ConfigurationError(
            f"{refused} {FILE!r} in a working directory, which may be somebody else's",
            hint=f"change it there, or, if the file is yours, set PICTRACE_CONFIG={Path.cwd() / FILE}",
        )


def _refusal_from_elsewhere(name: str, value: Any) -> str:
    """Why a value is not for anybody's file to set; nothing if it is."""
    if name.partition(".")[0] not in _FROM_ELSEWHERE:
        return f"{name} is not taken from"
    default = next(setting.default for setting in known() if setting.name == name)
    if isinstance(default, tuple):
        return ""  # formats: by default there are all
    if name == "limits.min_side":
        return f"{name} is {value}, below the default, {default}, in" if value < default else ""
    most, what = (default, "the default") if default else (Settings().cores, "the number of cores")
    return f"{name} is {value}, above {what}, {most}, in" if value > most else ""


def _flattened(tables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in tables.items():
        if isinstance(value, dict) and value:
            yield from ((f"{key}.{inner}", item) for inner, item in value.items())
        elif not isinstance(value, dict) or key not in _TABLES:
            yield key, value


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    names = {setting.variable: setting for setting in known()}
    given = {name: text for name, text in environ.items() if name.startswith(PREFIX) and name not in EXTRAS}
    check_names("variable", given, (*names, *EXTRAS))
    values = {name: parsed(text, names[name]) for name, text in given.items() if text}
    return _cast_all(values, names, " in the environment")


def _from_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in arguments.items() if value is not None}
    return _cast_all(given, {setting.argument: setting for setting in known()}, " among the arguments")


def _cast_all(given: Mapping[str, Any], names: Mapping[str, Setting], where: str) -> dict[str, Any]:
    check_names("setting", given, names)
    return {names[name].name: cast(value, names[name], f"{name}{where}") for name, value in given.items()}
