"""What lies beside a picture and belongs to it: sidecars, its RAW file, the video of a live photo."""

import enum
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

RAWS = frozenset(
    {".3fr", ".ari", ".arw", ".bay", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".k25"}
    | {".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2"}
    | {".srf", ".srw", ".x3f"}
)
VIDEOS = frozenset({".mov", ".mp4", ".m4v"})
PICTURES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".avif", ".heic"}
    | {".heif", ".hif"}
)
_SIDECARS = frozenset({".xmp", ".aae", ".json", ".thm", ".pp3", ".dop"})
_TAKEOUT = "supplemental-metadata"
"""What Google Takeout puts between a picture's name and `.json`; cut where the name would be too long."""

_NUMBERED = re.compile(r"(.*)(\(\d+\))(\.[^.]*)", re.DOTALL)


class Kind(enum.StrEnum):
    """Why a file belongs to a picture."""

    SIDECAR = "sidecar"
    RAW = "raw"
    VIDEO = "video"


@dataclass(frozen=True)
class Companion:
    """A file beside a picture; `sharers` are other pictures and RAW files there that it belongs to as well."""

    path: str
    kind: Kind
    sharers: tuple[str, ...] = ()


class Folder:
    """The names in a folder, read once, and which of them belong together."""

    def __init__(self, path: str) -> None:
        self.path = path.rstrip("/")

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        """Names by their stems, spelled as they are; a folder that cannot be read has none."""
        by_stem: dict[str, list[str]] = {}
        try:
            with os.scandir(self.path or "/") as entries:
                # Links are nobody's companions: where they lead is not beside the picture.
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        by_stem.setdefault(_first_stem(entry.name), []).append(entry.name)
        except OSError:
            return {}
        return by_stem

    def companions(self, name: str) -> list[Companion]:
        """Everything that belongs to the picture of that name, sorted by path."""
        stem, ending = _split(name)
        beside = self._names.get(_first_stem(name), [])
        siblings = [one for one in beside if one != name and _split(one)[0] == stem]
        sharers = tuple(f"{self.path}/{one}" for one in sorted(siblings) if _split(one)[1] in PICTURES | RAWS)
        found = [
            # A RAW file is the original of the picture, whoever else is there.
            Companion(f"{self.path}/{one}", kind, () if kind is Kind.RAW else sharers)
            for one in siblings
            for kind in _kinds(_split(one)[1], ending)
        ]
        own = [Companion(f"{self.path}/{one}", Kind.SIDECAR) for one in beside if one != name and _is_of(one, name)]
        known = {one.path for one in own}
        return sorted([*own, *(one for one in found if one.path not in known)], key=lambda one: one.path)

    def has_picture(self, name: str) -> bool:
        """Whether there is a picture of that name's stem, besides the one of that name."""
        beside = (_split(one) for one in self._names.get(_first_stem(name), []) if one != name)
        return any(stem == _split(name)[0] and ending in PICTURES for stem, ending in beside)


def companions_of(path: str) -> list[Companion]:
    """Everything beside a picture that belongs to it, sorted by path."""
    folder, name = os.path.split(path)
    return Folder(folder).companions(name)


def is_raw(path: str) -> bool:
    """Whether a name says that the file is a camera's raw data."""
    return _split(os.path.split(path)[1])[1] in RAWS


def _kinds(ending: str, picture: str) -> Iterator[Kind]:
    """What a file of the same stem is to a picture: at most one."""
    if ending in RAWS and picture not in RAWS:
        yield Kind.RAW
    elif ending in VIDEOS:
        yield Kind.VIDEO
    elif ending in _SIDECARS:
        yield Kind.SIDECAR


def _split(name: str) -> tuple[str, str]:
    """A name's stem and ending, whatever their case."""
    stem, dot, ending = name[1:].rpartition(".")
    return (name[:1] + (stem if dot else ending)).casefold(), (dot + ending if dot else "").lower()


def _first_stem(name: str) -> str:
    """What all names that may belong together begin with, up to the first dot behind the first character."""
    begin = name[:1] + name[1:].partition(".")[0]
    # `a(1).jpg` has its metadata in `a.jpg(1).json`.
    return re.sub(r"\(\d+\)$", "", begin).casefold()


def _is_of(name: str, picture: str) -> bool:
    """Whether a sidecar is named after the picture's whole name."""
    lowered, whole = name.casefold(), picture.casefold()
    if lowered in {f"{whole}{ending}" for ending in _SIDECARS}:
        return True
    numbered = _NUMBERED.fullmatch(whole)
    base, number = (numbered[1] + numbered[3], numbered[2]) if numbered else (whole, "")
    if not lowered.endswith(f"{number}.json") or not lowered.startswith(base):
        return False
    middle = lowered[len(base) : len(lowered) - len(f"{number}.json")]
    return not middle or (len(middle) > 1 and middle[0] == "." and _TAKEOUT.startswith(middle[1:]))
