"""The connections to one catalog file: one that writes, and one for each thread that reads just now."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self
from urllib.parse import quote

import apsw

from pictrace._atomic import leftovers, replacing
from pictrace.catalogs import _filter, _schema
from pictrace.catalogs._lock import WriterLock, refusal
from pictrace.catalogs._query import count
from pictrace.catalogs._records import damaged
from pictrace.errors import (
    ConfigurationError,
    IndexDamagedError,
    IndexLockedError,
    IndexNewerError,
    InsufficientStorageError,
    NotFoundError,
    UsageError,
)

PAGE_BYTES = 8192
_BUSY_MS = 5000
_CONFIG = (
    (apsw.SQLITE_DBCONFIG_DEFENSIVE, 1),
    (apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1),
    (apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0),
    (apsw.SQLITE_DBCONFIG_DQS_DML, 0),
    (apsw.SQLITE_DBCONFIG_DQS_DDL, 0),
)
# Deleted pictures are overwritten (secure_delete); a batch fits the cache, so it reaches the log only once.
_PRAGMAS = (
    "PRAGMA synchronous = FULL; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON;"
    "PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4096; PRAGMA journal_size_limit = 67108864;"
)


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Errors of SQLite as errors of PicTrace that name the file."""
    try:
        yield
    except apsw.NoMemError as error:
        raise MemoryError from error
    except apsw.FullError as error:
        raise InsufficientStorageError(
            f"the disk is full: {path} was not changed", hint="free some space, then go on where it stopped"
        ) from error
    except (apsw.BusyError, apsw.LockedError) as error:
        raise IndexLockedError(f"another program keeps {path} locked", hint="stop it, then try again") from error
    except (apsw.ReadOnlyError, apsw.PermissionsError, apsw.CantOpenError) as error:
        raise ConfigurationError(
            f"cannot open or write {path}: {error}", hint="check the permissions of the collection's folder"
        ) from error
    except apsw.IOError as error:
        if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE:
            raise InsufficientStorageError(f"no room left beside {path}", hint="free some space") from error
        raise damaged(path, f"the disk failed ({error})") from error
    except (apsw.Error, UnicodeDecodeError) as error:
        # Every statement here is fixed and tested: what SQLite still refuses, the file has wrong.
        raise damaged(path, str(error)) from error


def build(path: Path, fill: Callable[[apsw.Connection], None]) -> None:
    """Write a new catalog whole under another name and give it its own only then.

    Raises:
        InsufficientStorageError: the disk is full.
        ConfigurationError: the folder cannot be written.
    """
    try:
        for leftover in leftovers(path):
            leftover.unlink()
        with (
            translated(path),
            replacing(path) as fresh,
            contextlib.closing(_connect(fresh, apsw.SQLITE_OPEN_CREATE)) as connection,
        ):
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}; BEGIN")
            _schema.migrate(connection)
            fill(connection)
            connection.execute("COMMIT; PRAGMA journal_mode = WAL")
    except OSError as error:
        raise refusal(path, error) from error


class Database:
    """An open catalog file; safe to share between threads.

    Readers come from a pool, each in a transaction of its own, and see the last commit. The writer sees to
    checkpoints. Nothing may cross a fork.
    """

    def __init__(self, path: Path, lock: WriterLock | None) -> None:
        self.path = path
        self._lock = lock
        self._idle: list[apsw.Connection] = []
        self._writer: apsw.Connection | None = None
        self._writer_turn = threading.Lock()
        self._is_closed = self._is_distrusted = False
        self._turn = 0

    @classmethod
    def open(cls, path: Path, *, writable: bool) -> Self:
        """The database in `path`, brought to the newest format first if need be.

        Raises:
            IndexLockedError: it is to be written, and another writer is at work.
            IndexDamagedError: it is no catalog, or a broken one.
            IndexNewerError: a newer PicTrace wrote it.
            ConfigurationError: it may not be read or written.
        """
        lock = WriterLock(path.parent) if writable else None
        if lock:
            lock.acquire()
        database = cls(path, lock)
        with contextlib.ExitStack() as undo:
            undo.callback(database.close)
            is_old = database._is_old()
            if writable:
                database._start_writing(is_old=is_old)
            elif is_old:
                cls.open(path, writable=True).close()
            undo.pop_all()
        return database

    @contextlib.contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """A connection that sees one state of the catalog until the block ends."""
        with translated(self.path):
            connection = self._borrow()
            is_sound = False
            try:
                connection.execute("BEGIN")
                yield connection
                connection.execute("COMMIT")
                is_sound = True
            finally:
                self._give_back(connection, is_sound=is_sound)

    @contextlib.contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """A connection in a transaction that is committed, durably, when the block ends well.

        Raises:
            UsageError: the catalog was opened for reading only, or is closed.
            IndexLockedError: another writer has taken over.
            IndexDamagedError: the disk failed during an earlier write.
        """
        with self._writer_turn, translated(self.path):
            writer = self._usable_writer()
            writer.execute("BEGIN IMMEDIATE")
            try:
                self._check_turn(writer)
                yield writer
                writer.execute("UPDATE meta SET value = value + 1 WHERE key = 'changes'; COMMIT")
            except apsw.IOError:
                # After a failed fsync the kernel may report success for what never reached the disk.
                self._is_distrusted = True
                raise
            finally:
                if writer.in_transaction:
                    writer.execute("ROLLBACK")

    def close(self) -> None:
        """Give everything back; a second time does nothing."""
        self._is_closed = True
        with self._writer_turn, contextlib.ExitStack() as closing:
            if self._lock:
                closing.callback(self._lock.release)
            closing.enter_context(translated(self.path))
            if self._writer:
                closing.callback(self._writer.close)
            self._writer = None
            while self._idle:
                self._idle.pop().close()

    def _usable_writer(self) -> apsw.Connection:
        if self._is_closed:
            raise UsageError("the collection is closed")
        if self._writer is None:
            raise UsageError("the collection was opened for reading only", hint="open it with writable=True")
        if self._is_distrusted:
            raise IndexDamagedError(
                f"the disk failed while writing {self.path}, so nothing more is written",
                hint="check the disk, then open the collection again and run `pictrace verify`",
            )
        return self._writer

    def _check_turn(self, writer: apsw.Connection) -> None:
        if count(writer, "SELECT value FROM meta WHERE key = 'writer'") != self._turn:
            raise IndexLockedError(
                f"another process has taken over writing to {self.path}", hint="open the collection again"
            )

    def _start_writing(self, *, is_old: bool) -> None:
        with translated(self.path):
            self._writer = writer = _connect(self.path)
            if writer.readonly("main"):
                raise ConfigurationError(f"{self.path} may not be written", hint="check its permissions")
            if is_old:
                _back_up(writer, self.path)
            writer.execute("BEGIN IMMEDIATE")
            if is_old:
                _schema.migrate(writer)
            count(writer, "SELECT value FROM meta WHERE key = 'writer'")  # SQLite adds 1 to text as well
            query = "UPDATE meta SET value = value + 1 WHERE key = 'writer' RETURNING value"
            self._turn = count(writer, query)
            writer.execute("COMMIT")

    def _is_old(self) -> bool:
        with self.reading() as connection:
            names = ("application_id", "user_version", "page_count", "page_size")
            application, version, pages, page_bytes = (connection.pragma(name) for name in names)
        if application != _schema.APPLICATION_ID or version < 1:
            raise damaged(self.path, "it is no catalog of PicTrace")
        # While there is a log, the end of the file may be in it; without one SQLite overlooks half a page.
        if not _has_log(self.path) and _size(self.path) < pages * page_bytes:
            if not self.path.exists():
                raise NotFoundError(f"the collection in {self.path.parent} has just been removed", hint="try again")
            raise damaged(self.path, "its end is missing")
        if version > _schema.newest():
            raise IndexNewerError(
                f"{self.path} has format {version}, and this PicTrace knows formats up to {_schema.newest()}",
                hint="upgrade PicTrace",
            )
        return bool(version < _schema.newest())

    def _borrow(self) -> apsw.Connection:
        if self._is_closed:
            raise UsageError("the collection is closed")
        try:
            return self._idle.pop()
        except IndexError:
            return _connect_reader(self.path)

    def _give_back(self, connection: apsw.Connection, *, is_sound: bool) -> None:
        if is_sound and not self._is_closed:
            self._idle.append(connection)
        else:
            connection.close(True)


def _connect(path: Path, flags: int = 0, *, query: str = "") -> apsw.Connection:
    mode = 0 if flags & apsw.SQLITE_OPEN_READONLY else apsw.SQLITE_OPEN_READWRITE
    connection = apsw.Connection(_uri(path) + query, flags=flags | mode | apsw.SQLITE_OPEN_URI)
    connection.set_busy_timeout(_BUSY_MS)
    for option, value in _CONFIG:
        connection.config(option, value)
    connection.execute(_PRAGMAS)
    _filter.install(connection)
    return connection


def _uri(path: Path) -> str:
    # apsw takes names as text, and a path may hold bytes that are none.
    return f"file:{quote(os.fsencode(path.absolute()))}"


def _connect_reader(path: Path) -> apsw.Connection:
    try:
        connection = _connect(path, apsw.SQLITE_OPEN_READONLY)
        connection.execute("SELECT 1 FROM sqlite_schema").fetchall()
    except (apsw.CantOpenError, apsw.ReadOnlyError):
        # A log needs its index beside it, which a folder that cannot be written does not take. Without a log
        # the file alone is the whole truth, as long as nobody who may write does.
        effective = os.access in os.supports_effective_ids
        if os.access(path.parent, os.W_OK, effective_ids=effective) or _has_log(path):
            raise
        return _connect(path, apsw.SQLITE_OPEN_READONLY, query="?immutable=1")
    return connection


def _has_log(path: Path) -> bool:
    return _size(path.with_name(f"{path.name}-wal")) > 0


def _size(path: Path) -> int:
    """How many bytes a file has; none where another process has just taken it away."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _back_up(connection: apsw.Connection, path: Path) -> None:
    kept = path.with_name(f"{path.stem}.format{connection.pragma('user_version')}{path.suffix}")
    for leftover in leftovers(kept):
        leftover.unlink()
    with replacing(kept) as fresh:
        connection.execute("VACUUM INTO ?", (_uri(fresh),))
