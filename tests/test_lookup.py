"""What a lookup promises: the right answers with or without an index."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stock import BITS, FACES, LOCAL, found, manifest_of, put

from pictrace import _generations, folding, lookup
from pictrace.catalogs.sqlite import Catalog
from pictrace.errors import IndexDamagedError
from pictrace.folding import Place, fold
from pictrace.indexes import exact
from pictrace.lookup import Lookup
from pictrace.soundness import verify
from pictrace.testing._samples import RECIPE

pytestmark = pytest.mark.usefixtures("few_rows_are_many")


def test_without_an_index_every_row_is_compared(catalog, folder):
    """A new collection answers at once, and says that nothing was left out."""
    searchable = Lookup.open(folder, FACES, "hnsw", catalog)

    assert found(searchable, 7, 1) == [(8, 0.0)]
    assert (searchable.exhaustive, searchable.recall, searchable.searched) == (True, None, 20)
    assert searchable.warnings == ()


@settings(max_examples=15, deadline=None)
@given(folds=st.lists(st.integers(0, 30), max_size=3), limit=st.integers(1, 40))
def test_index_and_tail_together_answer_as_one(folds, limit, tmp_path_factory):
    """However the rows came to be where they are, the answer is that of comparing them all."""
    root = tmp_path_factory.mktemp("folds")
    catalog = Catalog.create(str(root / "some.pictrace"), RECIPE)
    for count in [*folds, 3]:
        fold(Place(root, FACES, "hnsw", catalog))
        put(catalog, range(len(catalog), len(catalog) + count))
    oracle = exact.Index(FACES.space)
    for keys, rows in catalog.rows("faces"):
        oracle.add(keys, rows)

    assert found(Lookup.open(root, FACES, "hnsw", catalog), 1, limit) == found(oracle, 1, limit)
    catalog.close()


@pytest.mark.parametrize(("count", "folded"), [(1, False), (2, True)])
def test_the_larger_the_index_the_longer_the_tail_may_be(catalog, folder, monkeypatch, count, folded):
    """A tenth of the index is worth a fold, where that is more than the least number of rows."""
    fold(Place(folder, FACES, "hnsw", catalog))
    monkeypatch.setattr(folding, "FOLD_ROWS", 1)
    put(catalog, range(20, 20 + count))

    assert fold(Place(folder, FACES, "hnsw", catalog)) is folded


def test_refresh_takes_in_new_rows(catalog, folder):
    """Not before it is called, and only once."""
    searchable = Lookup.open(folder, FACES, "hnsw", catalog)
    put(catalog, [50])
    assert searchable.searched == 20

    searchable.refresh()
    searchable.refresh()

    assert searchable.searched == 21
    assert found(searchable, 50, 1) == [(21, 0.0)]


def test_every_encoder_has_its_lookup(catalog, folder):
    """By the names of the recipe."""
    fold(Place(folder, FACES, "hnsw", catalog))

    opened = lookup.open_all(folder, catalog)

    assert {name: one.searched for name, one in opened.items()} == {FACES.name: 20, BITS.name: 20, LOCAL.name: 20}


def test_many_deleted_pictures_leave_room_for_new_features(catalog, folder, monkeypatch):
    """Keys are never used again, so that the newest says little of how many there are."""
    monkeypatch.setattr(lookup, "LONGEST_TAIL", 6)
    catalog.forget(list(range(1, 16)))

    searchable = Lookup.open(folder, LOCAL, "local", catalog)

    assert (searchable.warnings, searchable.searched) == ((), 5)


def test_an_index_of_local_features_that_lacks_pictures_is_found_out(catalog, folder, monkeypatch):
    """By its name, as those of encoders are."""
    monkeypatch.setattr(folding, "FOLD_PICTURES", 10)
    fold(Place(folder, LOCAL, "local", catalog))
    (folder / "local.json").write_text(json.dumps(manifest_of(folder, "local") | {"count": 3}))

    assert "local.json" in verify(folder, catalog)[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"encoder": "0"}, "version 0 of the encoder"),
        ({"index": "exact"}, "is exact"),
        ({"index_version": "0"}, "is hnsw 0"),
        ({"watermark": 21}, "ahead of the catalog"),
    ],
)
def test_an_index_that_does_not_fit_is_passed_over(catalog, folder, change, reason):
    """The answers are right all the same, the warning says what to do, and the next fold repairs it."""
    fold(Place(folder, FACES, "hnsw", catalog))
    (folder / "faces.json").write_text(json.dumps(manifest_of(folder) | change))
    searchable = Lookup.open(folder, FACES, "hnsw", catalog)

    (warning,) = searchable.warnings
    assert reason in warning
    assert "pictrace rebuild" in warning
    assert (searchable.exhaustive, found(searchable, 7, 1)) == (True, [(8, 0.0)])
    assert fold(Place(folder, FACES, "hnsw", catalog))
    assert Lookup.open(folder, FACES, "hnsw", catalog).warnings == ()


REPLACED = {
    "piped": lambda path, _: os.mkfifo(path),
    "linked": lambda path, kept: path.symlink_to(kept),
}


def spoiled(folder, how):
    """The folder, after something happened to the files of `faces`."""
    path, manifest = folder / "faces-20.hnsw", folder / "faces.json"
    plain = manifest_of(folder)
    what, _, whose = how.partition(" ") if isinstance(how, str) else ("", "", "")
    if what in REPLACED:
        place = {"manifest": manifest, "index": path}[whose]
        kept = place.rename(folder.parent / place.name)
        REPLACED[what](place, kept)
        return folder
    if how == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    elif how == "missing":
        path.unlink()
    elif how == "no json":
        manifest.write_text("{")
    elif how == "other json":
        manifest.write_text("[1]")
    elif how == "other fields":
        manifest.write_text(json.dumps({"file": "faces-20.hnsw"}))
    else:
        manifest.write_text(json.dumps(plain | how))
    return folder


SPOILED = [
    *("piped manifest", "piped index", "linked manifest", "linked index"),
    *("cut", "missing", "no json", "other json", "other fields"),
    *({"file": value} for value in ("../faces-20.hnsw", None)),
    *({"watermark": value} for value in ("20", True, -1, 1.5, 1 << 70)),
    *({"count": value} for value in (None, -1)),
    *({"size": value} for value in (None, -1)),
    *({"sha256": value} for value in (None, "", "Z" * 64)),
    *({"encoder": 1}, {"encoder": "x" * 256}, {"index": 2}, {"index_version": None}),
    *({"recall": value} for value in ("1.0", True, -0.5, 1.5, float("nan"), float("inf"))),
]


@pytest.mark.parametrize("how", SPOILED, ids=str)
def test_damage_is_refused_reported_and_repaired(catalog, folder, how):
    """Opening says how to repair it, `verify` lists it once, and folding makes the index anew."""
    fold(Place(folder, FACES, "hnsw", catalog))
    spoiled(folder, how)

    with pytest.raises(IndexDamagedError) as caught:
        Lookup.open(folder, FACES, "hnsw", catalog)
    assert "pictrace rebuild" in caught.value.hint
    assert len(verify(folder, catalog)) == 1
    assert fold(Place(folder, FACES, "hnsw", catalog))
    assert verify(folder, catalog) == []


@pytest.mark.parametrize("content", ["[" * 100_000, "{}" + " " * (1 << 20), None], ids=["deep", "long", "a folder"])
def test_a_manifest_that_cannot_be_read_is_damaged(folder, content):
    """However it came about: too deep, too long, no file at all."""
    folder.mkdir(exist_ok=True)
    (folder / "faces.json").mkdir() if content is None else (folder / "faces.json").write_text(content)

    with pytest.raises(IndexDamagedError, match=r"faces\.json") as caught:
        _generations.read_manifest(folder, "faces")
    assert "pictrace rebuild" in caught.value.hint
