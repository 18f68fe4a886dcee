"""What every catalog promises."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from pictrace.catalogs import Catalog, Entry
from pictrace.errors import IndexLockedError, NotFoundError, UsageError
from pictrace.testing import _deciding, _listing, _spaces
from pictrace.testing._expect import expect, refuses
from pictrace.testing._samples import RECIPE, is_same, place, trace

Kind = type[Catalog]


def check_catalog(kind: Kind, new_path: Callable[[], str]) -> None:
    """Run every check on a catalog class; `new_path` gives a path or URL where no collection is yet.

    Raises:
        AssertionError: a promise is broken.
    """
    for check in CHECKS:
        check(kind, new_path())


def starts_empty(kind: Kind, path: str) -> None:
    """A new catalog holds its recipe and nothing else."""
    catalog = kind.create(path, RECIPE)
    expect(catalog.recipe == RECIPE, "a catalog keeps its recipe")
    expect((len(catalog), catalog.watermark) == (0, 0), "a new catalog is empty")
    expect(catalog.records() == [], "a new catalog has no records")
    expect(list(catalog.rows("faces")) == [], "a new catalog has no rows")
    expect(catalog.problems() == [], "a new catalog is sound")
    catalog.close()


def gives_back_what_was_put(kind: Kind, path: str) -> None:
    """Every part of a picture comes back as it was."""
    catalog = kind.create(path, RECIPE)
    keys = catalog.put([Entry(place(f"{seed}.jpg"), trace(seed)) for seed in range(5)])
    expect(keys == sorted(set(keys)) and keys[0] > 0, "keys are positive and ascend")
    expect((len(catalog), catalog.watermark) == (5, keys[-1]), "every picture counts")
    traces = catalog.traces([keys[3], keys[1]])
    expect(list(traces) == [keys[3], keys[1]], "traces come in the order asked")
    expect(is_same(traces[keys[3]], trace(3)), "a trace comes back as it was put")
    expect(not traces[keys[3]].rows["faces"].flags.writeable, "arrays handed over are read-only")
    expect(catalog.proxy(keys[2]) == trace(2).proxy, "a proxy comes back as it was put")
    record = catalog.by_id(keys[4])
    expect((record.sha256, record.width) == (trace(4).sha256, trace(4).width), "a record tells its picture")
    expect(record.locations == (place("4.jpg"),), "a record tells its places")
    expect(record.metadata == trace(4).metadata, "a record tells its metadata")
    expect(catalog.problems() == [], "a catalog with pictures is sound")
    catalog.close()


def finds_by_hash_and_size(kind: Kind, path: str) -> None:
    """Pictures are found by bytes, by pixels and by size."""
    catalog = kind.create(path, RECIPE)
    twins = [trace(seed, pixel_hash=trace(0).pixel_hash, size=7) for seed in range(2)]
    first, second, third = catalog.put([Entry(None, each) for each in (*twins, trace(2))])
    expect(catalog.by_sha(trace(1).sha256) == second, "a picture is found by its bytes")
    expect(catalog.by_sha(trace(9).sha256) is None, "unknown bytes find nothing")
    expect(catalog.by_pixel_hash(trace(0).pixel_hash) == [first, second], "pictures are found by their pixels")
    expect(catalog.by_pixel_hash(trace(9).pixel_hash) == [], "unknown pixels find nothing")
    expect(catalog.shas_of_size(7) == {twins[0].sha256: first, twins[1].sha256: second}, "sizes find hashes")
    expect(catalog.shas_of_size(trace(2).size) == {trace(2).sha256: third}, "sizes are told apart")
    with refuses(UsageError, "text that is no SHA-256 is refused"):
        catalog.by_sha("../1")
    catalog.close()


def keeps_one_picture_for_the_same_bytes(kind: Kind, path: str) -> None:
    """Same bytes at two places are one picture with two locations, in one batch or in two."""
    catalog = kind.create(path, RECIPE)
    first, again = catalog.put([Entry(place("a"), trace(1)), Entry(place("b"), trace(1))])
    (later,) = catalog.put([Entry(place("c"), trace(1))])
    (named,) = catalog.put([Entry(place("d"), key=first)])
    expect([again, later, named] == [first] * 3, "the same bytes have one key")
    uris = [found.uri for found in catalog.by_id(first).locations]
    expect(uris == ["/photos/a", "/photos/b", "/photos/c", "/photos/d"], "every place is kept, oldest first")
    expect(len(catalog) == 1, "the same bytes are one picture")
    catalog.close()


def follows_a_file_that_changes(kind: Kind, path: str) -> None:
    """A place belongs to the picture seen there last; one that lost its last place can be dropped."""
    catalog = kind.create(path, RECIPE)
    old, shared = catalog.put([Entry(place("a"), trace(1)), Entry(place("b"), trace(2))])
    catalog.put([Entry(place("b2"), key=shared)])
    new, moved = catalog.put([Entry(place("a", size=9), trace(3)), Entry(place("b"), trace(4))])
    expect(catalog.location("/photos/a") == (new, place("a", size=9)), "a place follows its file")
    expect(catalog.by_sha(trace(1).sha256) == old, "a picture without a place stays until it is dropped")
    catalog.drop_unplaced()
    expect(catalog.by_sha(trace(1).sha256) is None, "then it is gone")
    expect(old not in catalog.traces([old]), "and everything of it")
    expect(catalog.by_id(shared).path == "/photos/b2", "a picture with another place stays")
    catalog.put([Entry(place("a"), trace(4)), Entry(place("c"), key=new)])
    catalog.drop_unplaced()
    expect(catalog.by_id(new).path == "/photos/c", "a picture that moved is kept")
    expect(len(catalog.by_id(moved).locations) == 2, "and the place counts for its new one")
    expect(catalog.problems() == [], "a catalog is sound after moves")
    catalog.close()


def keeps_what_was_put_without_a_place(kind: Kind, path: str) -> None:
    """A picture put without a place needs none, whether it ever had one or not."""
    catalog = kind.create(path, RECIPE)
    uploaded, both = catalog.put([Entry(None, trace(1)), Entry(place("a"), trace(2))])
    catalog.put([Entry(None, trace(2)), Entry(place("b"), key=uploaded)])
    catalog.forget_locations(["/photos/a", "/photos/b"])
    catalog.drop_unplaced()
    expect(catalog.by_id(uploaded).path is None, "an upload outlives its places")
    expect(catalog.by_id(both).locations == (), "so does a file that was uploaded as well")
    catalog.close()


def lets_pictures_change_places(kind: Kind, path: str) -> None:
    """Pictures that swap places in two batches keep their keys, and so does one that is away for a while."""
    catalog = kind.create(path, RECIPE)
    keys = catalog.put([Entry(place(f"{seed}"), trace(seed)) for seed in range(3)])
    catalog.put([Entry(place("1"), key=keys[0])])
    catalog.forget_locations(["/photos/2"])
    expect(len(catalog) == 3, "a picture without a place is still counted")
    expect(catalog.problems() == [], "and is no fault")
    catalog.put([Entry(place("0"), key=keys[1]), Entry(place("3"), trace(2))])
    catalog.drop_unplaced()
    expect([record.id for record in catalog.records()] == keys, "what has a place again is not dropped")
    changes = catalog.changes
    catalog.drop_unplaced()
    expect(catalog.changes == changes, "where there is nothing to drop nothing is written")
    catalog.close()


def forgets(kind: Kind, path: str) -> None:
    """What is forgotten is gone for good, and its key is never given out again."""
    catalog = kind.create(path, RECIPE)
    keys = catalog.put([Entry(place(f"{seed}"), trace(seed)) for seed in range(4)])
    catalog.forget([keys[3], keys[1], 999, 1 << 70, -1])
    catalog.forget_locations(["/photos/0", "/nowhere"])
    catalog.drop_unplaced()
    expect([record.id for record in catalog.records()] == [keys[2]], "only the rest is listed")
    expect(list(catalog.traces(keys)) == [keys[2]], "traces of forgotten pictures are gone")
    expect([found.tolist() for found, _ in catalog.rows("faces")] == [[keys[2]]], "and their rows")
    expect(catalog.location("/photos/1") is None, "and their places")
    with refuses(NotFoundError, "a forgotten picture is not found"):
        catalog.by_id(keys[1])
    (new,) = catalog.put([Entry(place("3"), trace(3))])
    expect(new > keys[3] == catalog.watermark - 1, "a key is never given out again")
    expect(catalog.problems() == [], "a catalog is sound after deletions")
    catalog.close()


def knows_no_other_keys(kind: Kind, path: str) -> None:
    """Numbers that are no key of a picture are not found, however odd."""
    catalog = kind.create(path, RECIPE)
    catalog.put([Entry(None, trace(0))])
    for odd in (0, -1, 2, 1 << 48, 1 << 63, 1 << 70):
        with refuses(NotFoundError, f"the key {odd} is not found"):
            catalog.by_id(odd)
        with refuses(NotFoundError, f"the key {odd} has no proxy"):
            catalog.proxy(odd)
        with refuses(NotFoundError, f"the key {odd} takes no place"):
            catalog.put([Entry(place("a"), key=odd)])
        expect(catalog.traces([odd]) == {}, f"the key {odd} has no trace")
    catalog.close()


def refuses_whole_batches(kind: Kind, path: str) -> None:
    """One entry that does not fit, and nothing of its batch is kept."""
    catalog = kind.create(path, RECIPE)
    rows = trace(1).rows
    for odd in (
        Entry(None),
        Entry(None, key=1),
        Entry(place("a"), trace(1), key=1),
        Entry(None, trace(1, rows={"faces": rows["faces"]})),
        Entry(None, trace(1, rows={**rows, "strange": rows["bits"]})),
        Entry(None, trace(1, rows={**rows, "bits": np.zeros((1, 9), np.uint8)})),
        Entry(None, trace(1, rows={**rows, "bits": np.zeros((2, 8), np.uint8)})),
        Entry(None, trace(1, rows={**rows, "faces": np.full((1, 24), np.nan, np.float32)})),
        Entry(None, trace(1, rows={**rows, "faces": np.full((1, 24), 1e-9, np.float32)})),
        Entry(None, trace(1, rows={**rows, "faces": np.full((1, 24), 1e9, np.float32)})),
        Entry(None, trace(1, features=np.zeros(3, np.uint8))),
        Entry(None, trace(1, sha256="ab")),
        Entry(None, trace(1, metadata={"when": {1, 2}})),
        Entry(place("\ud800"), trace(1)),
    ):
        with refuses(UsageError, f"{odd} is refused"):
            catalog.put([Entry(place("good"), trace(0)), odd])
    expect((len(catalog), catalog.watermark) == (0, 0), "nothing of a refused batch is kept")
    expect(catalog.location("/photos/good") is None, "nor any of its places")
    catalog.close()


def keeps_names_byte_for_byte(kind: Kind, path: str) -> None:
    """File names of any bytes come back as they were."""
    catalog = kind.create(path, RECIPE)
    names = [
        "\udcff\udcfe.jpg",
        "new\nline",
        "\x1b[31m",
        " ",
        "é",
        "e\u0301",
        "🍎" * 60,
        "a'b\";--",
        "!/x",
        "%00",
    ]
    catalog.put([Entry(place(name), trace(seed)) for seed, name in enumerate(names)])
    for seed, name in enumerate(names):
        found = catalog.location(f"/photos/{name}")
        expect(found and found[1] == place(name), f"the name {name!r} is kept")
        expect(found and found[0] == catalog.by_sha(trace(seed).sha256), f"{name!r} is its own place")
    catalog.close()


def tells_roots_apart(kind: Kind, path: str) -> None:
    """A source lists the places found under it and no other's."""
    catalog = kind.create(path, RECIPE)
    roots = ("/photos", "/photos2", "/")
    keys = catalog.put([Entry(place("a", root=root), trace(7)) for root in roots])
    for root in roots:
        expect(
            list(catalog.locations(root)) == [(keys[0], place("a", root=root))],
            f"{root} is a root of its own",
        )
    expect(list(catalog.locations("/phot")) == [], "part of a root is none")
    catalog.close()


def outlives_its_process(kind: Kind, path: str) -> None:
    """What was put is there when the catalog is opened again; there is only one of it."""
    with refuses(NotFoundError, "a collection that is not there is not found"):
        kind.open(path)
    catalog = kind.create(path, RECIPE)
    (key,) = catalog.put([Entry(place("a"), trace(1))])
    catalog.close()
    catalog.close()
    with refuses(UsageError, "a closed catalog answers no more"):
        len(catalog)
    with refuses(UsageError, "a collection is not made twice"):
        kind.create(path, replace(RECIPE, index="other"))
    again = kind.open(path)
    expect(again.recipe == RECIPE and is_same(again.traces([key])[key], trace(1)), "a collection stays")
    with refuses(UsageError, "a catalog opened for reading is not written"):
        again.put([Entry(None, trace(2))])
    again.close()


def has_one_writer_and_many_readers(kind: Kind, path: str) -> None:
    """A second writer is refused while readers see every commit at once."""
    writer = kind.create(path, RECIPE)
    reader = kind.open(path)
    with refuses(IndexLockedError, "a second writer is refused"):
        kind.open(path, writable=True)
    keys = writer.put([Entry(None, trace(seed)) for seed in range(8)])
    expect(len(reader) == 8, "a reader sees what is committed")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda key: reader.traces([key])[key].sha256, keys * 8))
    expect(found == [trace(seed).sha256 for seed in range(8)] * 8, "a reader serves several threads")
    writer.close()
    reader.close()
    kind.open(path, writable=True).close()


CHECKS: Sequence[Callable[[Kind, str], None]] = (
    starts_empty,
    gives_back_what_was_put,
    finds_by_hash_and_size,
    keeps_one_picture_for_the_same_bytes,
    follows_a_file_that_changes,
    keeps_what_was_put_without_a_place,
    lets_pictures_change_places,
    forgets,
    knows_no_other_keys,
    refuses_whole_batches,
    keeps_names_byte_for_byte,
    tells_roots_apart,
    *_listing.CHECKS,
    *_deciding.CHECKS,
    *_spaces.CHECKS,
    outlives_its_process,
    has_one_writer_and_many_readers,
)
