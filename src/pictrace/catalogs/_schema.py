"""The tables of a catalog, as a row of named migrations; docs/storage.md explains every column."""

from datetime import UTC, datetime

import apsw

APPLICATION_ID = 0x50696354
"""`PicT`: tells a catalog from any other SQLite database."""

_FORMAT_1 = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE encoder (
    number INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 16383),
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE picture (
    id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id < 1 << 48),
    sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
    pixel_hash BLOB NOT NULL,
    format TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    size INTEGER NOT NULL,
    quality INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    added TEXT NOT NULL,
    placeless INTEGER NOT NULL,
    crc INTEGER NOT NULL
) STRICT;
CREATE INDEX picture_pixel_hash ON picture (pixel_hash);
CREATE INDEX picture_size ON picture (size);
CREATE TABLE location (
    id INTEGER PRIMARY KEY,
    picture INTEGER NOT NULL REFERENCES picture ON DELETE CASCADE,
    uri BLOB NOT NULL UNIQUE,
    root BLOB NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    device INTEGER,
    inode INTEGER,
    crc INTEGER NOT NULL
) STRICT;
CREATE INDEX location_picture ON location (picture);
CREATE INDEX location_root ON location (root);
CREATE TABLE encoded (
    id INTEGER PRIMARY KEY,
    data BLOB NOT NULL,
    crc INTEGER NOT NULL
) STRICT;
CREATE TABLE feature (
    id INTEGER PRIMARY KEY REFERENCES picture ON DELETE CASCADE,
    data BLOB NOT NULL,
    crc INTEGER NOT NULL
) STRICT;
CREATE TABLE proxy (
    id INTEGER PRIMARY KEY REFERENCES picture ON DELETE CASCADE,
    data BLOB NOT NULL,
    crc INTEGER NOT NULL
) STRICT;
"""

_FORMAT_2 = """
CREATE TABLE decision (
    id INTEGER PRIMARY KEY,
    one BLOB NOT NULL CHECK (length(one) = 32),
    other BLOB NOT NULL CHECK (length(other) = 32 AND one < other),
    one_pixels BLOB NOT NULL,
    other_pixels BLOB NOT NULL,
    verdict TEXT NOT NULL,
    at TEXT NOT NULL,
    note TEXT NOT NULL,
    crc INTEGER NOT NULL,
    UNIQUE (one, other)
) STRICT;
"""

_FORMAT_3 = """
ALTER TABLE encoder RENAME TO encoder_before;
CREATE TABLE encoder (
    number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number BETWEEN 1 AND 16383),
    name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO encoder SELECT number, name FROM encoder_before ORDER BY number;
DROP TABLE encoder_before;
"""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    ("format 1", _FORMAT_1),
    ("format 2", _FORMAT_2),
    ("format 3", _FORMAT_3),
)
"""Every step from nothing to the newest format, in order; a released one is never edited."""

_RECORD = """
CREATE TABLE IF NOT EXISTS migration (
    name TEXT PRIMARY KEY,
    applied TEXT NOT NULL
) STRICT, WITHOUT ROWID
"""


def newest() -> int:
    """The format that this version writes, which SQLite keeps as `user_version`."""
    return len(MIGRATIONS)


def migrate(connection: apsw.Connection) -> None:
    """Bring a catalog to the newest format; the caller's transaction makes it all or nothing."""
    connection.execute(_RECORD)
    applied = {name for (name,) in connection.execute("SELECT name FROM migration")}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for name, script in MIGRATIONS:
        if name not in applied:
            connection.execute(script)
            connection.execute("INSERT INTO migration VALUES (?, ?)", (name, now))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {newest()}")
