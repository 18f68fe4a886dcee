"""What the SQLite catalog promises beyond the contract: that it survives what befalls files."""

import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import numpy as np
import pytest

from pictrace.catalogs import Entry, _database, _reads, _schema, _spaces
from pictrace.catalogs._records import LOCATION_COLUMNS, PICTURE_COLUMNS, crc_of_data, crc_of_fields
from pictrace.catalogs.sqlite import Catalog
from pictrace.errors import (
    ConfigurationError,
    IndexDamagedError,
    IndexLockedError,
    IndexNewerError,
    InsufficientStorageError,
    NotFoundError,
    PictraceError,
    UsageError,
)
from pictrace.recipe import EncoderStamp
from pictrace.testing._samples import RECIPE, is_same, place, trace

GOLDEN = Path(__file__).parent.parent / "golden" / "format1.pictrace"
GOLDEN_SHA256 = "afc90fc6cd3ffbe02f5f69ed475e7e99fa3866874eea8d6c74197b243ca66900"
BATCH = 8
LOOSENED = """
PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')');
PRAGMA writable_schema = RESET; UPDATE picture SET width = 'wide'
"""
WRITER = """
import itertools, sys
from pictrace.catalogs import Entry
from pictrace.catalogs.sqlite import Catalog
from pictrace.testing._samples import place, trace
catalog = Catalog.open(sys.argv[1], writable=True)
for start in itertools.count(0, 8):
    seeds = range(start, start + 8)
    print(catalog.put([Entry(place(str(seed)), trace(seed)) for seed in seeds])[-1], flush=True)
"""


@pytest.fixture
def path(tmp_path):
    """Where a collection of six pictures is, closed."""
    target = str(tmp_path / "six.pictrace")
    catalog = Catalog.create(target, RECIPE)
    catalog.put([Entry(place(f"{seed}.jpg"), trace(seed)) for seed in range(6)])
    catalog.close()
    return target


REPLACED = {
    "link": lambda file, other: file.symlink_to(other),
    "link to nothing": lambda file, other: file.symlink_to(other.with_name("gone")),
    "folder": lambda file, _: file.mkdir(),
    "pipe": lambda file, _: os.mkfifo(file),
}


@pytest.mark.parametrize("writable", [False, True])
@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
@pytest.mark.parametrize("replace", REPLACED.values(), ids=REPLACED)
def test_what_is_no_file_in_the_folder_is_refused(path, tmp_path, replace, ending, writable):
    """A link would lead out of the collection, a pipe makes nobody wait; what it leads to stays as it is."""
    other = Path(shutil.copy(f"{path}/catalog.sqlite", tmp_path / "other"))
    file = Path(f"{path}/catalog.sqlite{ending}")
    file.unlink(missing_ok=True)
    replace(file, other)
    before = other.read_bytes()

    with pytest.raises(IndexDamagedError, match=f"catalog.sqlite{ending} is (a symbolic link|no file)") as caught:
        Catalog.open(path, writable=writable)
    assert (caught.value.exit_code, other.read_bytes()) == (5, before)


def test_a_collection_may_itself_be_behind_a_link(path, tmp_path):
    """Somebody put it on another disk."""
    (tmp_path / "link.pictrace").symlink_to(path)
    catalog = Catalog.open(str(tmp_path / "link.pictrace"), writable=True)

    assert len(catalog) == 6
    catalog.close()


def altered(path, *statements):
    """The collection after somebody else wrote to its file."""
    connection = apsw.Connection(f"{path}/catalog.sqlite")
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return path


def everything(catalog):
    """Whatever the catalog answers, as one text."""
    # What is said of spaces is younger than the first formats.
    recipe = str(catalog.recipe).replace(", state='active'", "")
    parts = [recipe, str(catalog.records()), str(list(catalog.locations("/photos")))]
    for key, kept in catalog.traces(range(1, 10)).items():
        parts += [str(key), kept.proxy.hex(), kept.features.tobytes().hex(), kept.sha256, kept.pixel_hash]
        parts += [f"{name} {rows.tolist()}" for name, rows in kept.rows.items()]
        parts += [str(catalog.by_sha(kept.sha256)), str(catalog.shas_of_size(kept.size))]
    for name in ("faces", "bits"):
        parts += [f"{keys.tolist()} {rows.tolist()}" for keys, rows in catalog.rows(name)]
    return "\n".join(parts)


def test_format_1_opens_for_ever(tmp_path):
    """The golden collection answers as on the day it was written."""
    target = shutil.copytree(GOLDEN, tmp_path / "copy.pictrace")
    catalog = Catalog.open(str(target))
    answers = everything(catalog)
    problems = catalog.problems()
    catalog.close()

    assert problems == []
    assert hashlib.sha256(answers.encode()).hexdigest() == GOLDEN_SHA256


def test_format_2_becomes_format_3_and_loses_nothing(tmp_path):
    """Its encoders are active and numbered as they were, and what was decided is there."""
    target = shutil.copytree(GOLDEN.with_name("format2.pictrace"), tmp_path / "copy.pictrace")
    catalog = Catalog.open(str(target), writable=True)
    kept, decided, problems = catalog.traces([1, 2, 4, 5, 6]), catalog.decisions(), catalog.problems()
    catalog.add_space(EncoderStamp("new", "1", "cosine", 3, "building"))
    lacking = catalog.lacking("new")
    catalog.close()
    before = apsw.Connection(f"{target}/catalog.format2.sqlite")

    assert (problems, [one.note for one in decided], before.pragma("user_version")) == ([], ["Äpfel"], 2)
    assert all(is_same(one, trace(seed)) for one, seed in zip(kept.values(), (0, 1, 3, 4, 5), strict=True))
    assert lacking == [1, 2, 4, 5, 6]


def test_format_3_opens_for_ever(tmp_path):
    """A space that is searched, one that is being made, one that is retired; the number of a dropped one stays free."""
    target = shutil.copytree(GOLDEN.with_name("format3.pictrace"), tmp_path / "copy.pictrace")
    catalog = Catalog.open(str(target))
    states = {stamp.name: stamp.state for stamp in catalog.recipe.encoders}
    rows = {name: [keys.tolist() for keys, _ in catalog.rows(name)] for name in states}
    with catalog._database.reading() as connection:
        numbers = dict(connection.execute("SELECT name, number FROM encoder"))
    problems = catalog.problems()
    catalog.close()

    assert problems == []
    assert states == {"faces": "retired", "bits": "active", "active": "active", "building": "building"}
    assert numbers == {"faces": 1, "bits": 2, "active": 4, "building": 5}
    assert rows == {"faces": [[1, 2, 3, 4]], "bits": [[1, 2, 3, 4]], "active": [[1, 2, 3, 4]], "building": [[1, 2]]}


def test_a_drop_that_was_cut_short_is_no_fault_and_goes_on(path, monkeypatch):
    """Rows that are left belong to nobody, also once their pictures are gone, and the next sweep takes them."""
    monkeypatch.setattr(_spaces, "SWEPT", 4)
    catalog = Catalog.open(path, writable=True)
    with catalog._database.writing() as connection:
        _spaces.drop(connection, catalog.recipe, "faces")
    catalog.forget([2])
    before, left = catalog.problems(), rows_of_the_first(catalog)
    catalog.sweep()
    after, none = catalog.problems(), rows_of_the_first(catalog)
    catalog.close()

    assert (before, left, after, none) == ([], 6, [], 0)


def rows_of_the_first(catalog):
    """How many rows the first encoder that the catalog had still has."""
    with catalog._database.reading() as connection:
        return connection.execute("SELECT count(*) FROM encoded WHERE id >> 48 = 1").fetchall()[0][0]


def test_format_1_can_be_written_to(tmp_path):
    """The golden collection takes new pictures after the ones it has."""
    target = shutil.copytree(GOLDEN, tmp_path / "copy.pictrace")
    catalog = Catalog.open(str(target), writable=True)
    keys = catalog.put([Entry(None, trace(90)), Entry(None, trace(1))])
    catalog.close()

    assert keys == [7, 2]


def test_the_file_is_set_up_as_documented(path):
    """Page size, log, durability and identity are those of docs/storage.md."""
    catalog = Catalog.open(path, writable=True)
    with catalog._database.writing() as connection:
        names = ("page_size", "journal_mode", "synchronous", "foreign_keys", "trusted_schema", "mmap_size")
        found = [connection.pragma(name) for name in (*names, "application_id", "user_version")]
    catalog.close()

    assert found == [8192, "wal", 2, 1, 0, 0, 0x50696354, 3]


@pytest.mark.parametrize("seed", range(6))
def test_a_killed_writer_leaves_whole_batches_only(seed, path):
    """After SIGKILL every acknowledged batch is there, every other one whole or not at all."""
    with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True) as writer:
        for _ in range(random.Random(seed).randint(1, 25)):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
    catalog = Catalog.open(path, writable=True)
    count, watermark, problems = len(catalog), catalog.watermark, catalog.problems()
    kept = catalog.traces([acknowledged])[acknowledged]
    catalog.close()

    assert problems == []
    assert count % BATCH == 0
    assert watermark >= acknowledged
    assert is_same(kept, trace(acknowledged - 1))


def test_readers_see_nothing_of_an_open_transaction(path):
    """A batch that is being written is not there yet, and nothing waits for it."""
    writer, reader = Catalog.open(path, writable=True), Catalog.open(path)
    with writer._database.writing() as connection:
        connection.execute("DELETE FROM picture")
        during = len(reader), len(writer)
    after = len(reader)
    reader.close()
    writer.close()

    assert during == (6, 6)
    assert after == 0


def test_threads_read_while_another_writes(path):
    """Many threads get whole answers from one catalog that is being written."""
    catalog = Catalog.open(path, writable=True)
    with ThreadPoolExecutor(6) as pool:
        reads = [pool.submit(catalog.traces, [1, 2, 3]) for _ in range(100)]
        writes = [pool.submit(catalog.put, [Entry(None, trace(seed))]) for seed in range(50, 70)]
        shas = {tuple(kept.sha256 for kept in read.result().values()) for read in reads}
        keys = {write.result()[0] for write in writes}
    catalog.close()

    assert {tuple(trace(seed).sha256 for seed in range(3))} == shas
    assert set(range(7, 27)) == keys


def test_every_write_changes_the_count_of_changes(path):
    """Whoever polls the count learns of additions and deletions."""
    catalog = Catalog.open(path, writable=True)
    counts = [catalog.changes]
    catalog.put([Entry(None, trace(9))])
    counts.append(catalog.changes)
    catalog.forget([1])
    counts.append(catalog.changes)
    catalog.forget_locations(["/photos/2.jpg"])
    counts.append(catalog.changes)
    catalog.close()

    assert counts == [1, 2, 3, 4]


def test_rows_come_in_batches(path, monkeypatch):
    """More rows than one batch holds come in several, each once."""
    monkeypatch.setattr(_reads, "BATCH", 4)
    catalog = Catalog.open(path)
    found = [keys.tolist() for keys, _ in catalog.rows("bits")]
    places = [key for key, _ in catalog.locations("/photos")]
    catalog.close()

    assert found == [[1, 2, 3, 4], [5, 6]]
    assert places == [1, 2, 3, 4, 5, 6]


def test_a_folder_of_other_things_is_refused(tmp_path):
    """Nothing is put into a folder that holds something else."""
    (tmp_path / "holiday.jpg").touch()

    with pytest.raises(UsageError, match="not empty and holds no collection"):
        Catalog.create(str(tmp_path), RECIPE)


def test_a_file_in_the_way_is_refused(tmp_path):
    """A path that is a file is no place for a collection."""
    (tmp_path / "file").touch()

    with pytest.raises(ConfigurationError, match="File exists"):
        Catalog.create(str(tmp_path / "file"), RECIPE)


def test_a_creation_cut_short_can_be_done_again(tmp_path):
    """What a killed creation leaves behind is in nobody's way."""
    left = ".catalog.sqlite.0123456789abcdef.tmp"
    for name in ("writer.lock", "writer.json", ".catalog.sqlite.tmp", left, f"{left}-journal"):
        (tmp_path / name).write_bytes(b"half")
    catalog = Catalog.create(str(tmp_path), RECIPE)
    problems = catalog.problems()
    catalog.close()

    assert problems == []
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["catalog.sqlite", "writer.lock"]


def test_a_creation_that_cannot_be_written_says_so(tmp_path):
    """Whatever keeps the file from being made has a typed error."""
    (tmp_path / ".catalog.sqlite.tmp").mkdir()

    with pytest.raises(ConfigurationError, match="cannot write to"):
        Catalog.create(str(tmp_path), RECIPE)


def test_a_path_may_hold_any_bytes(tmp_path):
    """A collection's own name may be undecodable or look like a URI."""
    target = str(tmp_path / "a?b#c%20\udcff.pictrace")
    Catalog.create(target, RECIPE).close()
    catalog = Catalog.open(target)
    count = len(catalog)
    catalog.close()

    assert count == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80\x04\x95pickle", b"SQLite format 3\x00", bytes(9000)],
    ids=["empty", "pickle", "stub", "nul"],
)
def test_a_file_that_is_no_catalog_is_called_damaged(content, tmp_path):
    """Anything but a catalog under its name is refused with the name."""
    (tmp_path / "catalog.sqlite").write_bytes(content)

    with pytest.raises(IndexDamagedError, match=r"catalog\.sqlite is damaged") as caught:
        Catalog.open(str(tmp_path))
    assert "pictrace verify" in caught.value.hint


def test_another_programs_database_is_called_damaged(tmp_path):
    """A sound SQLite file of somebody else is no catalog."""
    altered(tmp_path, "CREATE TABLE picture (id)")

    with pytest.raises(IndexDamagedError, match="no catalog of PicTrace"):
        Catalog.open(str(tmp_path), writable=True)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_truncated_file_is_called_damaged(share, path):
    """A file that lost its end is refused, not half answered."""
    file = Path(path, "catalog.sqlite")
    os.truncate(file, int(file.stat().st_size * share))

    with pytest.raises(IndexDamagedError, match=r"catalog\.sqlite is damaged"):
        Catalog.open(path)


@pytest.mark.parametrize("seed", range(50))
def test_a_flipped_bit_never_changes_an_answer(seed, path):
    """One bit wrong anywhere is refused, listed, or without effect."""
    catalog = Catalog.open(path)
    expected = everything(catalog)
    catalog.close()
    file = Path(path, "catalog.sqlite")
    data = bytearray(file.read_bytes())
    position = random.Random(seed).randrange(8 * len(data))
    data[position // 8] ^= 1 << position % 8
    file.write_bytes(data)

    try:
        catalog = Catalog.open(path)
        problems, found = catalog.problems(), everything(catalog)
        catalog.close()
    except PictraceError:
        return
    assert problems or expected == found


def test_a_newer_format_is_refused(path):
    """What a later version wrote is not guessed at."""
    altered(path, "PRAGMA user_version = 4")

    with pytest.raises(IndexNewerError, match="format 4, and this PicTrace knows formats up to 3"):
        Catalog.open(path)


@pytest.mark.parametrize("writable", [False, True])
def test_an_older_format_is_migrated_after_a_backup(writable, path, monkeypatch):
    """Opening brings the file up to date and keeps the old one beside it."""
    step = ("format 4", "CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT")
    monkeypatch.setattr(_schema, "MIGRATIONS", (*_schema.MIGRATIONS, step))
    catalog = Catalog.open(path, writable=writable)
    count = len(catalog)
    with catalog._database.reading() as connection:
        version = connection.pragma("user_version")
    catalog.close()
    kept = apsw.Connection(f"{path}/catalog.format3.sqlite")

    assert (count, version, kept.pragma("user_version")) == (6, 4, 3)


def test_a_failing_migration_changes_nothing(path, monkeypatch):
    """A migration is whole or not there, and the lock is free again."""
    step = ("format 4", "CREATE TABLE later (id); SELECT nonsense")
    with monkeypatch.context() as patched:
        patched.setattr(_schema, "MIGRATIONS", (*_schema.MIGRATIONS, step))
        with pytest.raises(IndexDamagedError):
            Catalog.open(path, writable=True)
    catalog = Catalog.open(path, writable=True)
    problems = catalog.problems()
    catalog.close()

    assert problems == []


def test_a_full_disk_costs_nothing_but_the_batch(path):
    """When the disk is full the batch is refused; reads go on, and writes too once there is room."""
    catalog = Catalog.open(path, writable=True)
    writer = catalog._database._writer
    writer.execute(f"PRAGMA max_page_count = {writer.pragma('page_count')}")
    with pytest.raises(InsufficientStorageError, match="disk is full"):
        catalog.put([Entry(None, trace(7)), Entry(None, trace(8, proxy=bytes(99_999)))])
    during = len(catalog)
    writer.execute("PRAGMA max_page_count = 4294967294")
    (key,) = catalog.put([Entry(None, trace(7))])
    catalog.close()

    assert (during, key) == (6, 7)


class FailingFile(apsw.VFSFile):
    """A file whose forced writes fail while `FailingDisk.is_broken`."""

    def __init__(self, name, flags):
        super().__init__("unix", name, flags)

    def xSync(self, flags):  # noqa: N802
        if FailingDisk.is_broken:
            raise apsw.IOError
        super().xSync(flags)


class FailingDisk(apsw.VFS):
    """The file system, but for files that fail on demand."""

    is_broken = False

    def __init__(self):
        super().__init__("failing", "unix", makedefault=True)

    def xOpen(self, name, flags):  # noqa: N802
        return FailingFile(name, flags)


@pytest.fixture
def failing_disk():
    """Every file opened from now on is on a disk that fails on demand."""
    disk = FailingDisk()
    yield
    disk.unregister()


@pytest.mark.usefixtures("failing_disk")
def test_nothing_more_is_written_after_the_disk_failed(path, monkeypatch):
    """A failed fsync is never retried and believed; opened again, the catalog is as acknowledged."""
    catalog = Catalog.open(path, writable=True)
    monkeypatch.setattr(FailingDisk, "is_broken", True)
    with pytest.raises(IndexDamagedError, match="the disk failed"):
        catalog.put([Entry(None, trace(7))])
    monkeypatch.setattr(FailingDisk, "is_broken", False)
    with pytest.raises(IndexDamagedError, match="nothing more is written"):
        catalog.put([Entry(None, trace(8))])
    catalog.close()
    again = Catalog.open(path, writable=True)
    found = again.by_sha(trace(8).sha256), again.by_sha(trace(5).sha256), again.problems()
    again.close()

    assert found == (None, 6, [])


def test_a_writer_that_lost_its_turn_cannot_commit(path):
    """Whoever slept through a takeover finds out at the next write."""
    catalog = Catalog.open(path, writable=True)
    altered(path, "UPDATE meta SET value = value + 1 WHERE key = 'writer'")

    with pytest.raises(IndexLockedError, match="taken over"):
        catalog.forget([1])
    assert len(catalog) == 6
    catalog.close()


def test_a_file_locked_by_another_program_is_refused(path, monkeypatch):
    """Somebody's own SQLite tool in the middle of a write is named as the reason."""
    monkeypatch.setattr(_database, "_BUSY_MS", 1)
    catalog = Catalog.open(path, writable=True)
    other = apsw.Connection(f"{path}/catalog.sqlite")
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(IndexLockedError, match="another program keeps"):
        catalog.forget([1])
    other.close()
    catalog.close()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (apsw.FullError, InsufficientStorageError),
        (apsw.LockedError, IndexLockedError),
        (apsw.PermissionsError, ConfigurationError),
        (apsw.NotADBError, IndexDamagedError),
        (apsw.SQLError, IndexDamagedError),
        (apsw.NoMemError, MemoryError),
    ],
)
def test_errors_of_sqlite_become_our_own(error, kind):
    """No error of the library leaves the catalog under its own name."""
    with pytest.raises(kind), _database.translated(Path("catalog.sqlite")):
        raise error


def test_no_room_for_the_logs_index_is_a_full_disk():
    """SQLite calls it an I/O error, and it is one that freeing space mends."""
    error = apsw.IOError()
    error.extendedresult = apsw.SQLITE_IOERR_SHMSIZE

    with pytest.raises(InsufficientStorageError), _database.translated(Path("catalog.sqlite")):
        raise error


def test_a_closed_catalog_is_not_written(path):
    """Writing after close is the caller's mistake, and said to be."""
    catalog = Catalog.open(path, writable=True)
    catalog.close()

    with pytest.raises(UsageError, match="closed"):
        catalog.forget([1])


@pytest.fixture
def unprivileged(path):
    """The collection in a folder that may be read and not written, for somebody who is not root."""
    target = Path("/tmp", f"pictrace-{os.getpid()}-read-only.pictrace")  # noqa: S108  # root's own is closed to others
    shutil.copytree(path, target)
    (target / "catalog.sqlite").chmod(0o444)
    target.chmod(0o555)
    is_root = os.geteuid() == 0

    @contextlib.contextmanager
    def nobody():
        os.seteuid(65534 if is_root else os.geteuid())
        try:
            yield
        finally:
            os.seteuid(0 if is_root else os.geteuid())

    yield target, nobody
    target.chmod(0o755)
    shutil.rmtree(target)


def test_a_read_only_folder_can_be_read(unprivileged):
    """A collection on a medium that cannot be written answers."""
    target, nobody = unprivileged
    with nobody():
        catalog = Catalog.open(str(target))
        count, problems = len(catalog), catalog.problems()
        catalog.close()

    assert (count, problems) == (6, [])


def test_a_read_only_folder_cannot_be_written(unprivileged):
    """A writer learns at once, by name, which folder keeps it out."""
    target, nobody = unprivileged

    with nobody(), pytest.raises(ConfigurationError, match=r"read-only\.pictrace: Permission denied"):
        Catalog.open(str(target), writable=True)


def test_a_collection_that_is_removed_while_it_is_opened_is_not_there(path, monkeypatch):
    """As where the call that made it fails in another process."""

    def remove(file):
        file.unlink()
        return False

    monkeypatch.setattr(_database, "_has_log", remove)

    with pytest.raises(NotFoundError, match="has just been removed"):
        Catalog.open(path)


def test_a_log_that_goes_while_it_is_looked_at_is_none(path, monkeypatch):
    """Whoever wrote last takes it away."""
    monkeypatch.setattr(Path, "exists", lambda _: True)

    assert not _database._has_log(Path(path) / "catalog.sqlite")


def test_a_log_in_a_read_only_folder_is_not_passed_over(unprivileged):
    """Where the newest pictures are in a log that cannot be read, nothing is answered without them."""
    target, nobody = unprivileged
    (target / "catalog.sqlite-wal").write_bytes(b"log")

    with nobody(), pytest.raises(ConfigurationError, match="cannot open or write"):
        Catalog.open(str(target))


def test_a_read_only_file_cannot_be_written(unprivileged):
    """Nor does a folder that takes files help, if the catalog itself takes nothing."""
    target, nobody = unprivileged
    target.chmod(0o777)
    (target / "writer.lock").unlink()

    with nobody(), pytest.raises(ConfigurationError, match="may not be written"):
        Catalog.open(str(target), writable=True)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DELETE FROM encoded WHERE id = 1 << 48 | 3", "picture 3 have no row of faces"),
        ("DELETE FROM feature WHERE id = 2", "picture 2 have no feature"),
        (
            "DELETE FROM proxy",
            "picture 1, picture 2, picture 3, picture 4, picture 5 and 1 more have no proxy",
        ),
        ("INSERT INTO encoded VALUES (2 << 48 | 77, x'00', 0)", "row 77 of encoder 2 belong to no picture"),
        (
            "UPDATE encoded SET id = id + (7 << 48) WHERE id = 1 << 48 | 1",
            "encoder 8 own rows and are unknown",
        ),
        ("UPDATE encoded SET data = x'0000' WHERE id >> 48 = 2", "have another length than bits makes"),
        ("UPDATE feature SET data = x'00' WHERE id = 1", "feature 1 have another length"),
        ("UPDATE proxy SET data = x'00' WHERE id = 1", "proxy 1 do not match their checksum"),
        ("UPDATE picture SET width = 1 WHERE id = 1", "picture 1 do not match their checksum"),
        ("UPDATE location SET size = 1 WHERE picture = 1", "location 1 do not match their checksum"),
        ("UPDATE location SET picture = 99 WHERE picture = 1", "location 1 belong to no picture"),
        ("DROP TABLE proxy", "no such table: proxy"),
    ],
)
def test_problems_are_found(statement, problem, path):
    """Every kind of fault has its sentence."""
    altered(path, "PRAGMA foreign_keys = OFF", statement)
    catalog = Catalog.open(path)
    problems = catalog.problems()
    catalog.close()

    assert any(problem in sentence for sentence in problems)


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        ("UPDATE proxy SET data = x'00'", lambda catalog: catalog.proxy(1)),
        ("UPDATE encoded SET data = zeroblob(48)", lambda catalog: list(catalog.rows("faces"))),
        ("UPDATE encoded SET data = x'', crc = 0", lambda catalog: catalog.traces([1])),
        ("DELETE FROM feature", lambda catalog: catalog.traces([1])),
        ("UPDATE picture SET metadata = '[]'", lambda catalog: catalog.by_id(1)),
        ("UPDATE location SET uri = x'00' WHERE id = 1", lambda catalog: catalog.location("\0")),
        ("UPDATE picture SET format = CAST(x'ff' AS TEXT)", lambda catalog: catalog.records()),
    ],
)
def test_nothing_damaged_gets_out(statement, read, path):
    """What does not match its checksum is refused where it is read."""
    catalog = Catalog.open(altered(path, statement))

    with pytest.raises(IndexDamagedError, match=r"catalog\.sqlite is damaged"):
        read(catalog)
    catalog.close()


def forged(path, table, columns, statement):
    """The collection after somebody wrote to one table and made its checksums right again."""
    connection = apsw.Connection(f"{path}/catalog.sqlite")
    connection.execute(statement)
    for number, *fields in connection.execute(f"SELECT rowid, {columns} FROM {table}").fetchall():  # noqa: S608  # ours
        connection.execute(f"UPDATE {table} SET crc = ? WHERE rowid = ?", (crc_of_fields(fields), number))  # noqa: S608
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE picture SET metadata = '[]'",
        "UPDATE picture SET metadata = '{'",
        """UPDATE picture SET metadata = '{"a": 1e999}'""",
        "UPDATE picture SET metadata = replace(hex(zeroblob(50000)), '0', '[')",
        "UPDATE picture SET width = 0",
        "UPDATE picture SET height = -1",
        "UPDATE picture SET size = -1",
        "UPDATE picture SET quality = 101",
        LOOSENED,
    ],
)
def test_a_forged_picture_is_refused(statement, path):
    """A checksum that is right does not make a field right."""
    forged(path, "picture", PICTURE_COLUMNS, statement)
    catalog = Catalog.open(path)

    for read in (catalog.records, lambda: catalog.traces([1])):
        with pytest.raises(IndexDamagedError, match="picture 1 holds what no picture has"):
            read()
    catalog.close()


@pytest.mark.parametrize("change", ["device = NULL", "inode = NULL", "size = -1"])
def test_a_forged_place_is_refused(change, path):
    """Half an identity is none."""
    forged(path, "location", LOCATION_COLUMNS, f"UPDATE location SET {change}")  # noqa: S608  # constants
    catalog = Catalog.open(path)

    with pytest.raises(IndexDamagedError, match="location 1 holds what no place has"):
        catalog.records()
    catalog.close()


@pytest.mark.parametrize("what", ["DELETE FROM meta", "UPDATE meta SET value = 'many'"])
@pytest.mark.parametrize(("key", "read"), [("changes", "changes"), ("writer", "open")])
def test_damaged_counts_are_refused(what, key, read, path):
    """Neither nothing nor text is a number of writes."""
    altered(path, f"{what} WHERE key = '{key}'")

    with pytest.raises(IndexDamagedError, match=r"catalog\.sqlite is damaged"):
        _ = Catalog.open(path).changes if read == "changes" else Catalog.open(path, writable=True)


def test_a_damaged_watermark_is_refused(path):
    """The highest key is a number."""
    altered(path, "UPDATE sqlite_sequence SET seq = 'high'")

    with pytest.raises(IndexDamagedError, match="highest key"):
        _ = Catalog.open(path).watermark


def test_a_recipe_forged_with_its_checksum_is_refused(path):
    """It names the file, and what to do."""
    text = RECIPE.to_json().replace('"cosine"', '"euclid"')
    altered(path, f"UPDATE meta SET value = '{text}' WHERE key = 'recipe'")  # noqa: S608  # constants
    altered(path, f"UPDATE meta SET value = {crc_of_fields([text])} WHERE key = 'recipe_crc'")  # noqa: S608

    with pytest.raises(IndexDamagedError, match=r"catalog\.sqlite is damaged: its recipe") as caught:
        Catalog.open(path)
    assert "pictrace verify" in caught.value.hint


@pytest.mark.parametrize("number", ["'many'", str(1 << 40), "-5", "0"])
def test_a_number_of_an_encoder_that_none_can_have_is_refused(number, path):
    """Where the table was made anew without its checks."""
    table = "CREATE TABLE encoder (number, name)"
    altered(path, "ALTER TABLE encoder RENAME TO before", table, "INSERT INTO encoder SELECT * FROM before")
    altered(path, f"UPDATE encoder SET number = {number} WHERE name = 'faces'")  # noqa: S608  # constants

    with pytest.raises(IndexDamagedError, match="a number of its encoders"):
        Catalog.open(path)


@pytest.mark.parametrize("last", [1 << 62, -1])
def test_a_highest_number_that_no_encoder_can_have_is_refused(last, path):
    """Nobody looks for rows of as many."""
    altered(path, f"UPDATE sqlite_sequence SET seq = {last} WHERE name = 'encoder'")  # noqa: S608  # numbers
    with contextlib.closing(Catalog.open(path, writable=True)) as catalog:
        with pytest.raises(IndexDamagedError, match="highest number"):
            catalog.sweep()
        assert "highest number" in catalog.problems()[0]


@pytest.mark.parametrize("value", [np.nan, np.inf, 0])
def test_rows_that_cannot_be_compared_are_found(value, path):
    """Also where somebody made their checksums right."""
    number, data = 1 << 48 | 3, np.full(24, value, np.float16).tobytes()
    altered(path, f"REPLACE INTO encoded VALUES ({number}, x'{data.hex()}', {crc_of_data(number, data)})")  # noqa: S608
    with contextlib.closing(Catalog.open(path)) as catalog:
        assert catalog.problems() == ["row 3 of encoder 1 hold numbers that cannot be compared"]


def test_an_index_that_differs_from_its_table_is_found(path):
    """SQLite's own check of the whole file is part of ours."""
    file = Path(path, "catalog.sqlite")
    data = file.read_bytes()
    sha256 = bytes.fromhex(trace(3).sha256)
    assert data.count(sha256) == 2
    file.write_bytes(data[::-1].replace(sha256[::-1], bytes(32), 1)[::-1])
    catalog = Catalog.open(path)
    problems = catalog.problems()
    catalog.close()

    assert any(sentence.startswith("SQLite: ") for sentence in problems)


def test_rows_of_another_length_are_refused(path):
    """Rows are never cut or padded to fit."""
    number = 1 << 48 | 1
    altered(path, f"REPLACE INTO encoded VALUES ({number}, x'', {crc_of_data(number, b'')})")  # noqa: S608  # numbers
    catalog = Catalog.open(path)

    with pytest.raises(IndexDamagedError, match="differ in length"):
        list(catalog.rows("faces"))
    with pytest.raises(IndexDamagedError, match="picture 1 is not whole"):
        catalog.traces([1])
    catalog.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE meta SET value = replace(value, 'exact', 'hnsw2') WHERE key = 'recipe'",
        "DELETE FROM meta WHERE key = 'recipe'",
        "UPDATE encoder SET name = 'other' WHERE number = 1",
    ],
)
def test_a_damaged_recipe_is_refused(statement, path):
    """A collection whose recipe cannot be trusted does not open."""
    altered(path, statement)

    with pytest.raises(IndexDamagedError, match="recipe"):
        Catalog.open(path)
