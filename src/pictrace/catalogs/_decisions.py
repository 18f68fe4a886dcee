"""What people decided of pairs of pictures, as rows of one table."""
# ruff: noqa: S608  # what is spliced into SQL are this package's own constants, never values

from collections.abc import Sequence

import apsw

from pictrace.catalogs import _records
from pictrace.catalogs._records import damaged
from pictrace.decisions import Decision
from pictrace.errors import UsageError

COLUMNS = "one, other, one_pixels, other_pixels, verdict, at, note"
_PUT = f"INSERT OR REPLACE INTO decision ({COLUMNS}, crc) VALUES ({'?, ' * 7}?)"


def read(connection: apsw.Connection) -> list[Decision]:
    """All of them, by the hashes of their pictures."""
    found = []
    for crc, *fields in connection.execute(f"SELECT crc, {COLUMNS} FROM decision ORDER BY one, other"):
        name = f"the decision on {fields[0].hex()[:12]} and {fields[1].hex()[:12]}"
        if crc != _records.crc_of_fields(fields):
            raise damaged(connection.db_filename("main"), f"{name} does not match its checksum")
        try:
            found.append(Decision(*(one.hex() for one in fields[:4]), *fields[4:]))
        except UsageError as error:
            raise damaged(connection.db_filename("main"), f"{name} is none that PicTrace wrote") from error
    return found


def write(connection: apsw.Connection, decisions: Sequence[Decision]) -> None:
    """Each takes the place of the one before on its pair."""
    for one in decisions:
        hashes = [bytes.fromhex(text) for text in (one.one, one.other, one.one_pixels, one.other_pixels)]
        fields = [*hashes, str(one.verdict), one.at, one.note]
        connection.execute(_PUT, (*fields, _records.crc_of_fields(fields)))


def forget(connection: apsw.Connection, decisions: Sequence[Decision]) -> None:
    """What was decided of these pairs goes."""
    pairs = [(bytes.fromhex(one.one), bytes.fromhex(one.other)) for one in decisions]
    connection.executemany("DELETE FROM decision WHERE one = ? AND other = ?", pairs)
