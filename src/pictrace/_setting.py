"""One setting by its name: what it is called everywhere, and what a text or a value given for it means."""

import os
from dataclasses import dataclass
from typing import Any

from pictrace.errors import ConfigurationError

PREFIX = "PICTRACE_"
_SWITCH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


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


def parsed(text: str, setting: Setting) -> Any:
    """The value that a text stands for; one that does not fit stays text, and is refused as such."""
    try:
        if setting.kind is bool:
            return _SWITCH.get(text.lower(), text)
        if setting.kind is int:
            return int(text)
        if setting.kind is float:
            return float(text)
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if setting.kind == tuple[int, ...]:
            return [int(part) for part in parts]
    except ValueError:
        return text
    return text if setting.kind is str else parts


def cast(value: Any, setting: Setting, called: str) -> Any:
    """The value as the setting has it.

    Raises:
        ConfigurationError: it does not fit.
    """
    kind = setting.kind
    if kind is str and isinstance(value, str | os.PathLike):
        return os.fspath(value)
    if kind is bool and isinstance(value, bool):
        return value
    if kind in {int, float} and _is_number(value) and (kind is float or isinstance(value, int)):
        return kind(value)
    if kind == tuple[str, ...] and isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(value)
    if kind == tuple[int, ...] and isinstance(value, list | tuple) and all(map(_is_whole, value)):
        return tuple(value)
    wanted = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        tuple[int, ...]: "a list of whole numbers",
    }.get(kind, "a list of names")
    raise ConfigurationError(f"{called} is {value!r}, not {wanted}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
