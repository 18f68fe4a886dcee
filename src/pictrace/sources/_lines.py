"""Lists of URLs as text, CSV or JSON lines: each line is a row, or says what is wrong with it."""

import codecs
import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from pictrace import metadata
from pictrace.errors import ListInvalidError, UsageError
from pictrace.sources._names import suffix

MOST_LINES = 100_000
LONGEST_LINE = 2048
"""Characters, without the end of the line."""

# A character of UTF-8 has up to 4 bytes; a byte order mark and the end of the line come on top.
_LONGEST_BYTES = 4 * LONGEST_LINE + 8


@dataclass(frozen=True)
class Row:
    """One line: its number, counted from 1, the URL, and everything else that it says of the picture."""

    number: int
    url: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Mistake:
    """A line that is no row, why, and the URL if that much could be read."""

    number: int
    why: str
    url: str = ""


def rows(file: BinaryIO, name: str) -> Iterator[Row | Mistake]:
    """The rows of a list, by the suffix of its name: `.csv`, `.jsonl`, `.ndjson`, or else one URL a line.

    Raises:
        ListInvalidError: more lines than are allowed, or a CSV without a column `url`.
    """
    _check_length(file)
    readers: Mapping[str, Callable[[int, str], Row | Mistake | None]]
    readers = {".csv": _CsvReader(), ".jsonl": _of_json, ".ndjson": _of_json}
    read = readers.get(suffix(name), _of_text)
    for number, line in enumerate(_lines(file), 1):
        if line is None:
            yield Mistake(number, f"the line has more than {LONGEST_LINE:,} characters, or is no UTF-8")
        elif found := read(number, line):
            yield found


def _check_length(file: BinaryIO) -> None:
    count = 0
    last = b"\n"
    while block := file.read(1 << 20):
        count += block.count(b"\n")
        last = block[-1:]
    file.seek(0)
    count += last != b"\n"
    if count > MOST_LINES:
        raise ListInvalidError(f"it has {count:,} lines, more than the {MOST_LINES:,} allowed", hint="split it")


def _lines(file: BinaryIO) -> Iterator[str | None]:
    """Each line without its end; `None` for one that cannot be read."""
    is_first = True
    while data := file.readline(_LONGEST_BYTES):
        is_whole = data.endswith(b"\n") or len(data) < _LONGEST_BYTES
        while not is_whole:
            rest = file.readline(_LONGEST_BYTES)
            is_whole = rest.endswith(b"\n") or not rest
            data += rest[:1]
        if is_first:
            data = data.removeprefix(codecs.BOM_UTF8)
            is_first = False
        try:
            line = data.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            yield None
        else:
            yield line if len(line) <= LONGEST_LINE else None


def _of_text(number: int, line: str) -> Row | None:
    url = line.strip()
    return Row(number, url) if url and not url.startswith("#") else None


def _of_json(number: int, line: str) -> Row | Mistake | None:
    if not line.strip():
        return None
    found = _object(line)
    return Mistake(number, "the line is no JSON object") if found is None else _row(number, found)


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


class _CsvReader:
    """Reads lines of CSV; the first one that is not empty names the columns."""

    def __init__(self) -> None:
        self._columns: Sequence[str] = ()
        self._delimiter = ","

    def __call__(self, number: int, line: str) -> Row | Mistake | None:
        if not line.strip():
            return None
        if not self._columns:
            self._begin(line)
            return None
        cells = _cells(line, self._delimiter)
        if cells is None or len(cells) != len(self._columns):
            return Mistake(number, f"the line does not have the {len(self._columns)} columns of the first one")
        found: dict[str, Any] = {
            name: cell for name, cell in zip(self._columns, cells, strict=True) if cell or name == "url"
        }
        if "metadata" in found:
            found["metadata"] = _object(found["metadata"])
        return _row(number, found)

    def _begin(self, line: str) -> None:
        # Spreadsheets write a semicolon where the comma is the decimal point.
        self._delimiter = max(",;\t", key=line.count)
        self._columns = [cell.strip() for cell in _cells(line, self._delimiter) or []]
        if "url" not in self._columns or len(set(self._columns)) != len(self._columns):
            raise ListInvalidError(
                "its first line does not name the columns, `url` among them and none twice",
                hint="begin it with a line such as url,id,metadata",
            )


def _cells(line: str, delimiter: str) -> Sequence[str] | None:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, strict=True))]
    except csv.Error:
        return None


def _row(number: int, found: Mapping[str, Any]) -> Row | Mistake:
    url, inner = found.get("url"), found.get("metadata", {})
    if not isinstance(url, str):
        return Mistake(number, "the line has no `url` that is text")
    url = url.strip()
    if not url.isascii() and any("\ud800" <= one <= "\udfff" for one in url):
        return Mistake(number, "the URL is no text: it holds half a surrogate pair")
    if not isinstance(inner, dict):
        return Mistake(number, "`metadata` is no JSON object", url)
    outer = {name: value for name, value in found.items() if name not in {"url", "metadata"}}
    try:
        return Row(number, url, metadata.checked({**outer, **inner}))
    except UsageError as error:
        return Mistake(number, str(error), url)
