"""What shows that a file was written by a service of this user: a secret of theirs that no collection holds."""

import hashlib
import hmac
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import filelock
import platformdirs

from pictrace._atomic import replacing
from pictrace._regular import open_regular
from pictrace.errors import PictraceError

_BYTES = 32
_LOCK_SECONDS = 10.0

_log = logging.getLogger(__name__)


class Seal:
    """Seals of facts by HMAC-SHA-256 (RFC 2104); `place` is bound into each, so that none is worth anything elsewhere.

    The secret is made where there is none; where none can be kept, seals hold as long as this object lives.
    """

    def __init__(self, place: Path, secret: Path | None = None) -> None:
        self._place = os.fsencode(place.resolve())
        own = Path(platformdirs.user_data_dir("pictrace", appauthor=False))
        self._secret = _kept(own / "jobs.key" if secret is None else secret)

    def of(self, facts: Mapping[str, Any]) -> str:
        """The seal of facts that JSON can hold, in hexadecimal."""
        text = json.dumps([os.fsdecode(self._place), facts], sort_keys=True)
        return hmac.new(self._secret, text.encode("ascii"), hashlib.sha256).hexdigest()

    def is_on(self, facts: Mapping[str, Any], seal: object) -> bool:
        """Whether these facts were sealed here."""
        return isinstance(seal, str) and seal.isascii() and hmac.compare_digest(self.of(facts), seal)


def _kept(path: Path) -> bytes:
    """The secret in a file that nobody else may read, made if it is not there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with filelock.FileLock(f"{path}.lock", timeout=_LOCK_SECONDS, mode=0o600):
            return _read(path) or _made(path)
    except (OSError, filelock.Timeout, PictraceError) as error:
        _log.warning("%s cannot be kept, so jobs do not go on after a restart: %s", path.name, error)
        return os.urandom(_BYTES)


def _read(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            found = file.read(_BYTES + 1)
    except FileNotFoundError:
        return b""
    return found if len(found) == _BYTES else b""


def _made(path: Path) -> bytes:
    secret = os.urandom(_BYTES)
    with replacing(path) as fresh:
        fresh.chmod(0o600)  # before anything is in it
        fresh.write_bytes(secret)
    return secret
