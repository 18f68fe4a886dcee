"""What settings bound: what a picture may ask of this machine, what may be fetched, what strangers may ask for."""

import dataclasses
import difflib
import ipaddress
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pictrace.errors import ConfigurationError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")

HUB = ("https://huggingface.co",)
PROVIDERS = ("auto", "cpu", "cuda", "tensorrt", "openvino", "coreml", "directml")
"""What models can run on; `auto` is the quickest that is there."""


@dataclass(frozen=True)
class Limits:
    """What a picture, an archive or a model that is added may ask of this machine; each can be set, none switched off.

    Raises:
        ConfigurationError: a limit of zero or below, or without end; an unknown format.
    """

    file_bytes: int = 100 << 20
    pixels: int = 100_000_000
    side: int = 30_000
    min_side: int = 16
    decode_seconds: float = 10.0
    worker_bytes: int = 3 << 29
    model_seconds: float = 300.0
    model_bytes: int = 16 << 30
    archive_entries: int = 100_000
    archive_bytes: int = 32 << 30
    archive_ratio: int = 100
    formats: tuple[str, ...] = FORMATS

    def __post_init__(self) -> None:
        _check_numbers(self, "limits")
        object.__setattr__(self, "formats", tuple(name.upper() for name in self.formats))
        if self.min_side > self.side:
            raise ConfigurationError(f"limits.min_side is {self.min_side}, above limits.side, {self.side}")
        check_names("format", self.formats, FORMATS)
        if not self.formats:
            raise ConfigurationError("limits.formats is empty", hint=f"choose among {', '.join(FORMATS)}")


@dataclass(frozen=True)
class FetchPolicy:
    """What may be fetched from other machines, and at what cost; no limit can be switched off.

    Addresses of this machine and of private networks are refused, but for `allow_networks`, blocks such as
    `10.1.0.0/16`. `allow_hosts`, if there are any, are the only hosts that are asked, `*.example.org` for all
    below one. Seconds are those of one fetch; `least_rate` is in bytes a second, over any `rate_seconds`.

    Raises:
        ConfigurationError: a limit of zero or below, or without end; no network, or all of them; no port.
    """

    enabled: bool = True
    allow_networks: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    allow_ports: tuple[int, ...] = (80, 443)
    file_bytes: int = 25 << 20
    connect_seconds: float = 3.0
    total_seconds: float = 10.0
    redirects: int = 3
    least_rate: int = 10 << 10
    rate_seconds: float = 5.0
    connections: int = 16
    connections_per_host: int = 2

    def __post_init__(self) -> None:
        _check_numbers(self, "fetch")
        for text in self.allow_networks:
            _check_network(text, "fetch.allow_networks")
        if not self.allow_ports or not all(0 < port < 1 << 16 for port in self.allow_ports):
            raise ConfigurationError(
                f"fetch.allow_ports is {list(self.allow_ports)}; ports are 1 to 65535",
                hint="leave it out for the default, 80 and 443",
            )


@dataclass(frozen=True)
class Runtime:
    """How a process runs models: on so many `threads` (0 is one per core) of a `provider`.

    `models` is a folder to look for their files in besides those that came with PicTrace, `plugins` the modules whose
    encoders may be loaded; one pass of an ONNX model is ended after `model_seconds`.
    """

    threads: int = 0
    models: str = ""
    provider: str = "auto"
    plugins: tuple[str, ...] = ()
    model_seconds: float = 300.0


EVERY_CORE = Runtime()


@dataclass(frozen=True)
class ServicePolicy:
    """How the HTTP service is reached, and what a stranger may ask of it; no limit can be switched off.

    `hosts` are names it answers for besides this machine's own, `trusted_proxies` blocks of addresses whose
    word about a client's address is taken. Rates are those of one key, or of one address without one; on this
    machine they count only with `limit_loopback`. A body may take `body_seconds` and one more for each MiB.

    Raises:
        ConfigurationError: a limit of zero or below, or without end; no port, host or block of addresses.
    """

    host: str = "127.0.0.1"
    port: int = 5000
    hosts: tuple[str, ...] = ()
    keys: str = ""
    insecure_no_auth: bool = False
    trusted_proxies: tuple[str, ...] = ()
    limit_loopback: bool = False
    body_bytes: int = 32 << 20
    json_bytes: int = 256 << 10
    zip_bytes: int = 2 << 30
    url_bytes: int = 8 << 10
    header_bytes: int = 16 << 10
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    least_rate: int = 10 << 10
    rate_seconds: float = 5.0
    write_seconds: float = 30.0
    keep_alive_seconds: float = 5.0
    connections: int = 1000
    connections_per_ip: int = 50
    listeners_per_caller: int = 20
    rate_per_minute: int = 60
    burst: int = 20
    fetches_per_minute: int = 20
    auth_failures_per_minute: int = 10
    graceful_seconds: float = 20.0
    queue: int = 64
    filter_seconds: float = 5.0
    parts: int = 16
    free_bytes: int = 1 << 30
    keep_originals: bool = True
    collections: str = ""

    def __post_init__(self) -> None:
        _check_numbers(self, "service")
        if not self.port < 1 << 16:
            raise ConfigurationError(f"service.port is {self.port}; ports are 1 to 65535")
        if not self.host:
            raise ConfigurationError("service.host is empty", hint="leave it out for the default, 127.0.0.1")
        object.__setattr__(self, "hosts", tuple(name.lower() for name in self.hosts))
        for name in self.hosts:
            if not _HOST.fullmatch(name):
                raise ConfigurationError(
                    f"service.hosts: {name!r} is no host", hint="write it as pictures.example.org, without a port"
                )
        for text in self.trusted_proxies:
            _check_network(text, "service.trusted_proxies")


_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]")


def check_names(what: str, given: Iterable[str], names: Iterable[str]) -> None:
    """Refuses a name that does not exist, and says which are near.

    Raises:
        ConfigurationError: one of `given` is not among `names`.
    """
    known_names = list(names)
    for name in given:
        if name not in known_names:
            near = difflib.get_close_matches(name, known_names, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise ConfigurationError(
                f"{what} {name!r} is unknown",
                hint=f"{meant}valid are: {', '.join(known_names)}",
            )


def _check_numbers(record: Any, table: str) -> None:
    for item in dataclasses.fields(record):
        value = getattr(record, item.name)
        if not isinstance(value, bool | tuple | str) and not 0 < value < math.inf:
            raise ConfigurationError(
                f"{table}.{item.name} is {value}; a limit must be above 0 and finite",
                hint=f"leave it out for the default, {item.default}",
            )


def _check_network(text: str, name: str) -> None:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{name}: {text!r} is no block of addresses", hint="write it as 10.1.0.0/16"
        ) from error
    if network.prefixlen == 0:
        raise ConfigurationError(f"{name}: {text!r} is every address there is", hint="name the networks you mean")


def check_provider(name: str) -> None:
    """Nothing, if models can run on what is called so.

    Raises:
        ConfigurationError: they cannot.
    """
    if name not in PROVIDERS:
        raise ConfigurationError(
            f"provider is {name!r}, nothing that models run on", hint=f"choose one of: {', '.join(PROVIDERS)}"
        )
