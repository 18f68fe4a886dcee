"""Which names below a root are worth looking at; shared by folders and archives."""

import fnmatch
import re
from collections.abc import Sequence

PICTURES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".dib"}
    | {".tif", ".tiff", ".avif", ".heic", ".heif", ".hif"}
)
ZIPS = frozenset({".zip", ".cbz"})
TARS = frozenset({".tar", ".cbt", ".tgz", ".tar.gz"})
OTHER_ARCHIVES = frozenset(
    {".7z", ".cb7", ".rar", ".cbr", ".gz", ".bz2", ".tbz", ".tbz2", ".xz", ".txz", ".zst", ".tzst"}
    | {".lz", ".lzma", ".lz4", ".cab", ".arj", ".lha", ".ace", ".z"}
)
LISTS = frozenset({".txt", ".csv", ".jsonl", ".ndjson"})
ARCHIVES = ZIPS | TARS | OTHER_ARCHIVES

# Thumbnails and leftovers of Synology, QNAP, Windows, Linux file systems, photo galleries and macOS archives.
# Names that begin with a dot (.Trash-1000, .thumbnails, .@__thumb) are skipped as hidden.
SYSTEM_FOLDERS = frozenset(
    {
        "@eadir",
        "@thumb",
        "#recycle",
        "$recycle.bin",
        "system volume information",
        "lost+found",
        "thumbs",
        "_thumbs",
        "__macosx",
    },
)
COLLECTION = ".pictrace"

MAGICS = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\0",
)


def suffix(name: str) -> str:
    """The lower-case suffix of a name, `.tar.gz` as one."""
    lowered = name.lower()
    _, dot, ending = lowered.rpartition(".")
    return ".tar.gz" if lowered.endswith(".tar.gz") else dot and dot + ending


def holds_archive(data: bytes) -> bool:
    """Whether bytes begin like an archive or a compressed file."""
    return data.startswith(MAGICS) or data[257:262] == b"ustar"


class Selection:
    """Why a name is passed over, or "" where it is not.

    Patterns without a slash match any one name, those with one the path below the root, those that end in
    one only folders; `*` matches slashes too, and case counts.
    """

    def __init__(self, exclude: Sequence[str] = ()) -> None:
        self._folder_rules = [_rule(pattern.rstrip("/")) for pattern in exclude]
        self._file_rules = [_rule(pattern) for pattern in exclude if not pattern.endswith("/")]

    def folder(self, name: str, above: str) -> str:
        """The reason not to enter a folder; `above` is where it lies, below the root, ending in a slash."""
        lowered = name.lower()
        if name.startswith("."):
            return "hidden"
        if lowered in SYSTEM_FOLDERS or lowered.endswith(COLLECTION):
            return "system"
        return _excluded(self._folder_rules, name, above)

    def file(self, name: str, above: str) -> str:
        """The reason not to read a file that lies in `above`."""
        if name.startswith("."):
            return "hidden"
        if suffix(name) not in PICTURES:
            return "other"
        return _excluded(self._file_rules, name, above)

    def member(self, path: str) -> str:
        """The reason not to read a member of an archive; `..` and empty parts are text like any other."""
        *folders, name = path.replace("\\", "/").split("/")
        above = ""
        for folder in folders:
            reason = "" if folder in {"", ".", ".."} else self.folder(folder, above)
            if reason:
                return reason
            above += folder + "/"
        return self.file(name, above)


def _rule(pattern: str) -> tuple[bool, re.Pattern[str]]:
    whole = "/" in pattern
    return whole, re.compile(fnmatch.translate(pattern.lstrip("/")))


def _excluded(rules: Sequence[tuple[bool, re.Pattern[str]]], name: str, above: str) -> str:
    return "excluded" if any(rule.match(above + name if whole else name) for whole, rule in rules) else ""
