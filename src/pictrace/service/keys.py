"""Keys to the service: made once, shown once, stored as hashes, several valid at a time."""

import datetime as dt
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import filelock

from pictrace._atomic import replacing
from pictrace.errors import ConfigurationError, IndexLockedError, NotFoundError, UsageError

RIGHTS = ("search", "index", "delete", "fetch", "admin")
"""What a key may be for; `admin` includes all others."""

FORMAT = 1
_TEXT = re.compile(r"(pt_([0-9a-f]{8})_([A-Za-z0-9_-]{43}))_([0-9a-f]{8})", re.ASCII)
_FILE_BYTES = 8 << 20
_MOST_DAYS = 36_500
_LOCK_SECONDS = 5
_NAME_CHARACTERS = 64


@dataclass(frozen=True)
class Key:
    """What is known of one key; times are ISO 8601 in UTC, and empty where they are not."""

    id: str
    name: str
    rights: tuple[str, ...]
    sha256: str = field(repr=False)
    created: str
    expires: str = ""
    revoked: str = ""

    def has(self, right: str) -> bool:
        """Whether it is for that."""
        return right in self.rights or "admin" in self.rights

    def state(self, now: str) -> str:
        """`active`, `revoked` or `expired`."""
        if self.revoked:
            return "revoked"
        return "expired" if self.expires and self.expires <= now else "active"

    def to_dict(self) -> dict[str, Any]:
        """Everything but the hash."""
        return {name: value for name, value in asdict(self).items() if name != "sha256"} | {"state": self.state(now())}


def now() -> str:
    """The time, as keys carry it."""
    return _written(dt.datetime.now(dt.UTC))


def load(path: Path) -> tuple[Key, ...]:
    """All keys of a file, in the order they were made; none if there is no file.

    Raises:
        ConfigurationError: a file that cannot be read, is damaged, or that others may write to.
    """
    try:
        with path.open("rb") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise ConfigurationError(
                    f"others may write to the file of keys {str(path)!r}", hint=f"chmod 600 {str(path)!r}"
                )
            text = file.read(_FILE_BYTES + 1)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"the file of keys {str(path)!r} cannot be read") from error
    try:
        return tuple(map(_read, _listed(text)))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ConfigurationError(
            f"{str(path)!r} is no file of keys, or a damaged one",
            hint="restore it, or move it away and make new keys with `pictrace keys add`",
        ) from error


def add(path: Path, name: str, *, rights: Iterable[str], days: int | None = None) -> tuple[Key, str]:
    """A new key and its text, which is nowhere else; without `days` it does not expire.

    Raises:
        UsageError: a name that is empty, too long or not printable, an unknown right or none, days out of range.
        ConfigurationError: the file cannot be read or written.
    """
    chosen = tuple(dict.fromkeys(right.strip() for right in rights if right.strip()))
    _check(name, chosen, days)
    made = dt.datetime.now(dt.UTC)
    with _held(path):
        known = load(path)
        number = _fresh_id({key.id for key in known})
        secret = secrets.token_urlsafe(32)
        key = Key(
            id=number,
            name=name,
            rights=chosen,
            sha256=hashlib.sha256(secret.encode("ascii")).hexdigest(),
            created=_written(made),
            expires=_written(made + dt.timedelta(days=days)) if days else "",
        )
        _save(path, (*known, key))
    begin = f"pt_{number}_{secret}"
    return key, f"{begin}_{_checksum(begin)}"


def revoke(path: Path, number: str) -> Key:
    """The key, which no running server takes for longer than a second from now.

    Raises:
        NotFoundError: there is no key of that id.
        ConfigurationError: the file cannot be read or written.
    """
    with _held(path):
        known = load(path)
        found = next((key for key in known if key.id == number), None)
        if found is None:
            raise NotFoundError(f"there is no key {number!r}", hint="`pictrace keys list` shows them")
        gone = found if found.revoked else replace(found, revoked=now())
        _save(path, tuple(gone if key is found else key for key in known))
    return gone


class KeyStore:
    """The keys of a file as a running server sees them: looked at again once every `check_seconds`.

    Once there was a key, the store never counts as empty again, so that losing the file opens nothing.
    """

    def __init__(self, path: Path, *, check_seconds: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._check_seconds = check_seconds
        self._clock = clock
        self._looked = -float("inf")
        self._seen: tuple[int, ...] | None = None
        self._keys: dict[str, Key] = {}
        self._was_filled = False
        self._turn = threading.Lock()

    @property
    def is_empty(self) -> bool:
        """Whether no key was ever made; revoked and expired ones count as made.

        Raises:
            ConfigurationError: the file cannot be read or is damaged.
        """
        self._refresh()
        return not self._was_filled

    @property
    def has_active(self) -> bool:
        """Whether somebody could come in with a key.

        Raises:
            ConfigurationError: the file cannot be read or is damaged.
        """
        self._refresh()
        return any(key.state(now()) == "active" for key in self._keys.values())

    def found(self, text: str) -> Key | None:
        """The key that a text is, if it may be used; the time that takes says nothing about how near it was.

        Raises:
            ConfigurationError: the file cannot be read or is damaged.
        """
        self._refresh()
        parts = _TEXT.fullmatch(text)
        if parts is None or _checksum(parts[1]) != parts[4]:
            return None
        key = self._keys.get(parts[2])
        digest = hashlib.sha256(parts[3].encode("ascii")).hexdigest()
        is_right = hmac.compare_digest(digest, key.sha256 if key else "0" * 64)
        return key if key and is_right and key.state(now()) == "active" else None

    def _refresh(self) -> None:
        with self._turn:
            if self._clock() - self._looked < self._check_seconds:
                return
            seen = self._stamp()
            if seen != self._seen:
                self._keys = {}  # if the file cannot be read now, nobody comes in
                self._keys = {key.id: key for key in load(self.path)}
                self._was_filled |= bool(self._keys)
                self._seen = seen
            self._looked = self._clock()

    def _stamp(self) -> tuple[int, ...]:
        try:
            facts = self.path.stat()
        except (OSError, ValueError):
            return ()
        return (facts.st_ino, facts.st_mtime_ns, facts.st_size, facts.st_mode)


def _check(name: str, rights: tuple[str, ...], days: int | None) -> None:
    if not name.strip() or not name.isprintable() or len(name) > _NAME_CHARACTERS:
        raise UsageError(f"a key's name has 1 to {_NAME_CHARACTERS} printable characters")
    unknown = [right for right in rights if right not in RIGHTS]
    if unknown or not rights:
        raise UsageError(
            f"there is no right {unknown[0]!r}" if unknown else "a key needs a right",
            hint=f"rights are {', '.join(RIGHTS)}; several are separated by commas",
        )
    if days is not None and not 0 < days <= _MOST_DAYS:
        raise UsageError(f"a key expires after 1 to {_MOST_DAYS} days, not {days}")


def _fresh_id(taken: set[str]) -> str:
    while (number := secrets.token_hex(4)) in taken:
        pass
    return number


def _checksum(text: str) -> str:
    """Tells a mistyped key from a wrong one, and lets scanners for leaked keys be sure; it is no secret."""
    return f"{zlib.crc32(text.encode('ascii')):08x}"


def _written(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _listed(text: bytes) -> list[Any]:
    found = json.loads(text.decode("utf-8"))
    if len(text) > _FILE_BYTES or found["format"] != FORMAT or not isinstance(found["keys"], list):
        raise ValueError(found)
    return list(found["keys"])


def _read(record: dict[str, Any]) -> Key:
    key = Key(**(record | {"rights": tuple(record["rights"])}))
    texts = (key.id, key.name, key.sha256, key.created, key.expires, key.revoked)
    is_sound = all(isinstance(one, str) for one in texts) and set(key.rights) <= set(RIGHTS)
    times = (one for one in (key.created, key.expires, key.revoked) if one)
    if not is_sound or not re.fullmatch(r"[0-9a-f]{64}", key.sha256):
        raise ValueError(key.id)
    for one in times:
        dt.datetime.strptime(one, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)
    return key


def _save(path: Path, keys: Iterable[Key]) -> None:
    records = [asdict(key) | {"rights": list(key.rights)} for key in keys]
    text = json.dumps({"format": FORMAT, "keys": records}, indent=2) + "\n"
    try:
        with replacing(path) as temporary:
            temporary.chmod(0o600)  # before anything is in it
            temporary.write_text(text, "utf-8")
    except OSError as error:
        raise _unwritable(path) from error


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Nobody else changes the file meanwhile."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = filelock.FileLock(f"{path}.lock", timeout=_LOCK_SECONDS, mode=0o600)
        lock.acquire()
    except filelock.Timeout as error:
        raise IndexLockedError(f"another process is changing the keys in {str(path)!r}", hint="try again") from error
    except (OSError, ValueError) as error:
        raise _unwritable(path) from error
    try:
        yield
    finally:
        lock.release()


def _unwritable(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"the file of keys {str(path)!r} cannot be written", hint="name another one with the setting service.keys"
    )
