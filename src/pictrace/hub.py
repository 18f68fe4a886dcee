"""Models' files, fetched when somebody asks for it: from a hub or a mirror of it, or taken from the hub's own cache."""

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import filelock

from pictrace import weights
from pictrace._atomic import replacing
from pictrace._regular import open_regular
from pictrace.errors import (
    FetchError,
    IndexLockedError,
    ModelDamagedError,
    ModelMissingError,
    SourceAnswerError,
    SourceTimeoutError,
    SourceTooLargeError,
    SourceUnreachableError,
    UsageError,
)
from pictrace.fetch import Fetcher, part_of
from pictrace.settings import Settings
from pictrace.weights import Card, ModelCard

Watch = Callable[[str, int, int | None], object]
"""Told of a file how many bytes there are, and of how many if that is known."""

Way = Literal["was here", "taken from the cache", "fetched"]

MOST_BYTES = 8 << 30
"""Of a file whose size nobody knows."""

ATTEMPTS = 10
"""At one address, as long as each brings something new: connections break, and a gigabyte takes a while."""

_PASSING = (SourceAnswerError, SourceTimeoutError, SourceUnreachableError)
_YES = {"1", "on", "yes", "true"}
_LOCK_SECONDS = 5


@dataclass(frozen=True)
class Pulled:
    """One file of a model that is here now, and how it came."""

    file: str
    path: Path
    sha256: str
    size: int
    way: Way


class Hub:
    """Where models come from and go to, as the settings say; `environ` may say more, in the hub's own variables.

    HF_HUB_OFFLINE forbids to fetch as the setting `offline` does, and files are taken from the cache that HF_HUB_CACHE
    or HF_HOME names: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables.
    """

    def __init__(self, settings: Settings, *, environ: Mapping[str, str] = os.environ) -> None:
        self._settings = settings
        self._cache = _cache_of(environ)
        self.offline = settings.offline or environ.get("HF_HUB_OFFLINE", "").strip().lower() in _YES
        self.models = settings.models_path

    def pull(
        self, card: ModelCard, *, sha256: str = "", trust: bool = False, watch: Watch | None = None
    ) -> Sequence[Pulled]:
        """Every file of a model, in the folder of models and checked.

        Of a card that does not say which bytes are meant, `sha256` says it or what comes is trusted; then a card of
        the user's own pins it. An interrupted pull is gone on with by the next.

        Raises:
            UsageError: nothing says which bytes are meant.
            ModelMissingError: a file is not here and cannot be fetched: offline, or published nowhere.
            ModelDamagedError: what was trusted is no file of its kind.
            FetchError: it cannot be had from anywhere; the message says what failed at the last address.
            ConfigurationError: the folder of models cannot be written to.
            IndexLockedError: another process is pulling.
            InsufficientStorageError: the disk is full.
        """
        _check_known(card, sha256, trust=trust)
        watch = watch or (lambda _file, _done, _total: None)
        with weights.writable(self.models), _one_at_a_time(self.models):
            pulled = [self._part(replace(part, sha256=part.sha256 or sha256.lower()), watch) for part in card.files]
            if not card.is_pinned:
                weights.keep(_pinned(card, pulled), self.models)
        return pulled

    def _part(self, part: Card, watch: Watch) -> Pulled:
        """One file, the nearest that there is."""
        with contextlib.suppress(ModelMissingError):
            there = weights.place(part, self.models)
            if _is_the_one(there, part):
                return Pulled(part.file, there, part.sha256, there.stat().st_size, "was here")
        path = self.models / part.file
        way: Way = "taken from the cache" if self._from_cache(part, path) else "fetched"
        if way == "fetched":
            self._fetch(part, path, watch)
        with _gone_if_wrong(path):
            size = weights.check_kind(path)
        return Pulled(part.file, path, part.sha256 or _sha256(path), size, way)

    def _from_cache(self, part: Card, path: Path) -> bool:
        """Whether the very file was in the hub's cache: then it has a second name now, or a copy."""
        for there in _cached(part, self._cache):
            if not _is_the_one(there, part):
                continue
            with replacing(path) as temporary:
                temporary.unlink()
                try:
                    os.link(there.resolve(), temporary)
                except OSError:
                    shutil.copyfile(there, temporary)
            return True
        return False

    def _fetch(self, part: Card, path: Path, watch: Watch) -> None:
        addresses = part.source.addresses(self._settings.hub)
        if not addresses:
            hint = f"docs/models.md says more; then: pictrace models add FILE --name {part.name}"
            raise ModelMissingError(f"no address of {part.file} is on the card of the model {part.name}", hint=hint)
        if self.offline:
            raise ModelMissingError(
                f"{part.file} of the model {part.name} is not here, and nothing is fetched while PicTrace is offline",
                hint=f"take `offline` or HF_HUB_OFFLINE back, or copy the file into {self.models}",
            )
        failure: FetchError | None = None
        with Fetcher(self._settings.fetch) as fetcher:
            for address in addresses:
                try:
                    _take(fetcher, address, part, path, watch)
                except FetchError as error:
                    failure = _told(error, address, part)
                else:
                    return
        if failure is not None:
            raise failure


def unfinished(path: Path) -> Sequence[Path]:
    """Where the bytes of a model's file may be whose pull was interrupted."""
    return part_of(path), _unproved(path), part_of(_unproved(path))


def _unproved(path: Path) -> Path:
    return path.with_name(f".unproved.{path.name}")


def _take(fetcher: Fetcher, address: str, part: Card, path: Path, watch: Watch) -> None:
    """The file from one address, in as many attempts as bring it on."""
    if not part.sha256:
        _take_unknown(fetcher, address, part, path, watch)
        return
    limit = part.size or MOST_BYTES
    for attempt in range(ATTEMPTS):
        before = _size_of(part_of(path))
        try:
            fetcher.to_file(
                address,
                path,
                sha256=part.sha256,
                size_limit=limit,
                progress=lambda done, total: watch(part.file, done, total or part.size or None),
            )
        except _PASSING:
            if attempt == ATTEMPTS - 1 or _size_of(part_of(path)) <= before:
                raise
        else:
            return


def _take_unknown(fetcher: Fetcher, address: str, part: Card, path: Path, watch: Watch) -> None:
    """A file that nobody knows, under its name only if it is of its kind."""
    unproved = _unproved(path)
    try:
        fetcher.to_file(
            address,
            unproved,
            sha256="",
            size_limit=MOST_BYTES,
            progress=lambda done, total: watch(part.file, done, total),
        )
        weights.check_kind(unproved)
        unproved.replace(path)
    finally:
        weights.discard([unproved, part_of(unproved)])


@contextlib.contextmanager
def _gone_if_wrong(path: Path) -> Iterator[None]:
    """What turns out to be no model does not stay."""
    try:
        yield
    except ModelDamagedError:
        weights.discard([path])
        raise


def _check_known(card: ModelCard, sha256: str, *, trust: bool) -> None:
    """Nothing, if it is said of every file which bytes it has, or what comes is trusted."""
    unknown = [part.file for part in card.files if not part.sha256]
    if sha256 and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise UsageError(f"{sha256!r} is no SHA-256", hint="it has 64 digits, 0 to 9 and a to f")
    if sha256 and unknown != [card.file]:
        raise UsageError(f"a SHA-256 is not what the card of the model {card.name} lacks", hint="leave --sha256 out")
    if unknown and card.source and not (sha256 or trust):
        raise UsageError(
            f"nobody has said yet which bytes {unknown[0]} of the model {card.name} has",
            hint="name its SHA-256 with --sha256, or take what comes with --trust",
        )


def _pinned(card: ModelCard, pulled: Sequence[Pulled]) -> ModelCard:
    """The card with the bytes that came."""
    own, *others = pulled
    text = card.text
    if text is not None:
        model, tokenizer = (
            replace(part, sha256=one.sha256, size=one.size)
            for part, one in zip((text.model, text.tokenizer), others, strict=True)
        )
        text = replace(text, model=model, tokenizer=tokenizer)
    return replace(card, sha256=own.sha256, size=own.size, text=text)


def _told(error: FetchError, address: str, part: Card) -> FetchError:
    """The same error, with what was to be fetched and from where."""
    mirrors = "mirrors can be named in the setting `hub`" if part.source.repository else "it is on no hub"
    hint = error.hint or f"the same command goes on; {mirrors}"
    if isinstance(error, SourceUnreachableError | SourceTimeoutError):
        hint = f"is this machine connected? {mirrors}; `--offline` asks nobody and takes what the hub's own cache has"
    if isinstance(error, SourceTooLargeError):
        hint = "what is there is not the file on the card, but a larger one"
    told = type(error)(f"{part.file} of the model {part.name} cannot be had from {address}: {error}", hint=hint)
    told.__cause__ = error
    return told


def _cache_of(environ: Mapping[str, str]) -> Path:
    """The folder of the hub's own cache, whether it is there or not."""
    named = environ.get("HF_HUB_CACHE") or environ.get("HUGGINGFACE_HUB_CACHE")
    home = environ.get("HF_HOME") or f"{environ.get('XDG_CACHE_HOME') or '~/.cache'}/huggingface"
    return Path(os.path.expanduser(named or f"{home}/hub"))  # noqa: PTH111 - Path's own fails where there is no home


def _cached(part: Card, cache: Path) -> Iterator[Path]:
    """Where the hub's own programs keep a file: large ones are called by their SHA-256, all by their path."""
    if part.source.repository and part.sha256:
        folder = cache / f"models--{part.source.repository.replace('/', '--')}"
        yield folder / "blobs" / part.sha256
        yield folder / "snapshots" / part.source.revision / part.source.path


def _is_the_one(path: Path, part: Card) -> bool:
    """Whether a file, which may be anybody's, has the bytes that are meant."""
    with contextlib.suppress(OSError):
        return (not part.size or path.stat().st_size == part.size) and _sha256(path) == part.sha256
    return False


def _sha256(path: Path) -> str:
    with open_regular(path, follow=True) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size_of(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


@contextlib.contextmanager
def _one_at_a_time(models: Path) -> Iterator[None]:
    """Two processes that pull would write into one part."""
    try:
        with filelock.FileLock(models / ".pull.lock", timeout=_LOCK_SECONDS):
            yield
    except filelock.Timeout as error:
        raise IndexLockedError(
            f"another process is fetching models into {models}", hint="try again when it is through"
        ) from error
