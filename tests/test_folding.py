"""Folding: indexes brought up to date, or made anew, through every crash."""

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest
from stock import BITS, FACES, LOCAL, batched, files, found, manifest_of, put, query

from pictrace import _generations, folding, lookup
from pictrace.catalogs import Entry
from pictrace.catalogs.sqlite import Catalog
from pictrace.errors import IndexDamagedError, UsageError
from pictrace.folding import Place, fold
from pictrace.indexes import hnsw
from pictrace.lookup import Lookup
from pictrace.soundness import verify
from pictrace.testing._samples import RECIPE, place, trace
from pictrace.types import Hits

pytestmark = pytest.mark.usefixtures("few_rows_are_many")


@pytest.mark.parametrize("stamp", [FACES, BITS], ids=lambda stamp: stamp.metric)
@pytest.mark.parametrize("index", ["exact", "hnsw"])
def test_folding_changes_no_answer(catalog, folder, stamp, index):
    """The same keys at the same distances from the tail, from the index, and from both."""
    before = Lookup.open(folder, stamp, index, catalog).search(query(3, 99, stamp=stamp), 12)
    fold(Place(folder, stamp, index, catalog))
    folded = Lookup.open(folder, stamp, index, catalog)
    after = folded.search(query(3, 99, stamp=stamp), 12)

    assert [list(hits) for hits in after] == [list(hits) for hits in before]
    assert folded.exhaustive == (index == "exact")


def test_a_fold_says_what_it_made(catalog, folder):
    """The manifest names the generation, and everything by which it can be checked."""
    assert fold(Place(folder, FACES, "hnsw", catalog))

    manifest = manifest_of(folder)
    path = folder / "faces-20.hnsw"
    assert files(folder) == ["faces-20.hnsw", "faces.json"]
    assert (manifest["file"], manifest["watermark"], manifest["count"]) == (path.name, 20, 20)
    assert (manifest["size"], manifest["sha256"]) == (path.stat().st_size, _generations.sha256(path))
    assert (manifest["encoder"], manifest["index"]) == (FACES.version, "hnsw")
    assert (manifest["index_version"], manifest["recall"]) == (hnsw.Index.version, 1.0)


@pytest.mark.parametrize(("count", "folded"), [(9, False), (10, True)])
def test_a_short_tail_is_not_folded(catalog, folder, count, folded):
    """Below the least number of rows the index stays as it is."""
    fold(Place(folder, FACES, "hnsw", catalog))
    put(catalog, range(20, 20 + count))

    assert fold(Place(folder, FACES, "hnsw", catalog)) is folded
    assert manifest_of(folder)["count"] == (30 if folded else 20)


@pytest.fixture
def hashed(monkeypatch):
    """The names of the files whose SHA-256 is taken from now on."""
    names, plain = [], _generations.hashlib.file_digest

    def noted(file, kind):
        names.append(Path(f"/proc/self/fd/{file.fileno()}").readlink().name)
        return plain(file, kind)

    monkeypatch.setattr(_generations.hashlib, "file_digest", noted)
    return names


@pytest.mark.parametrize(("count", "expected"), [(0, []), (9, []), (10, ["faces-20.hnsw", "faces-30.hnsw"])])
def test_an_index_is_read_once_and_only_if_it_is_extended(catalog, folder, hashed, count, expected):
    """Deleting a picture from a large collection reads no index."""
    fold(Place(folder, FACES, "hnsw", catalog))
    put(catalog, range(20, 20 + count))
    del hashed[:]
    fold(Place(folder, FACES, "hnsw", catalog))

    assert hashed == expected


def test_an_index_that_turns_out_damaged_when_it_is_extended_is_made_anew(catalog, folder):
    """All rows of the catalog are in the next one."""
    fold(Place(folder, FACES, "hnsw", catalog))
    path = folder / "faces-20.hnsw"
    *data, last = path.read_bytes()
    path.write_bytes(bytes([*data, last ^ 1]))
    put(catalog, range(20, 30))

    assert fold(Place(folder, FACES, "hnsw", catalog))
    assert (manifest_of(folder)["count"], verify(folder, catalog)) == (30, [])


def test_an_older_generation_goes_when_the_newer_is_there(catalog, folder):
    """So do files that a crash left behind, while those of other encoders stay."""
    for stamp in RECIPE.encoders:
        fold(Place(folder, stamp, "hnsw", catalog))
    (folder / "faces-15.2.hnsw").write_bytes(b"left")
    for name in ("faces-30.hnsw", "faces-30.hnsw.0123456789abcdef", "faces.json.0123456789abcdef"):
        (folder / f".{name}.tmp").write_bytes(b"left")
    (folder / "faces-wide-15.hnsw").write_bytes(b"of an encoder called faces-wide")
    put(catalog, range(20, 30))
    fold(Place(folder, FACES, "hnsw", catalog))

    kept = ["bits-20.hnsw", "bits.json", "faces-30.hnsw", "faces-wide-15.hnsw", "faces.json"]
    assert files(folder) == kept


def test_an_encoder_whose_name_goes_on_with_a_number_keeps_its_manifest(catalog, folder):
    """`faces-2.json` is no generation of `faces`."""
    folder.mkdir(exist_ok=True)
    (folder / "faces-2.json").write_text("{}")
    (folder / "faces-2.hnsw").write_text("an old generation of faces")

    fold(Place(folder, FACES, "hnsw", catalog))

    assert files(folder) == ["faces-2.json", "faces-20.hnsw", "faces.json"]


def test_a_forced_fold_makes_the_index_anew_under_another_name(catalog, folder):
    """A file that readers may have mapped is never written again."""
    fold(Place(folder, FACES, "hnsw", catalog))
    catalog.forget([1])

    assert fold(Place(folder, FACES, "hnsw", catalog), force=True)
    assert files(folder) == ["faces-20.2.hnsw", "faces.json"]
    assert manifest_of(folder)["count"] == 19


def test_a_forced_fold_of_nothing_makes_an_empty_index(tmp_path, folder):
    """And searching it finds nothing."""
    catalog = Catalog.create(str(tmp_path / "none.pictrace"), RECIPE)
    assert fold(Place(folder, FACES, "hnsw", catalog), force=True)

    assert found(Lookup.open(folder, FACES, "hnsw", catalog), 1) == []
    assert verify(folder, catalog) == []
    catalog.close()


def test_a_fold_tells_its_progress(catalog, folder):
    """How many of how many rows are done, up to all of them."""
    told = []
    fold(Place(folder, FACES, "hnsw", catalog), progress=lambda done, total: told.append((done, total)))
    put(catalog, range(20, 31))
    fold(Place(folder, FACES, "hnsw", catalog), progress=lambda done, total: told.append((done, total)))

    assert (20, 20) in told
    assert told[-1] == (11, 11)


@pytest.mark.parametrize(("forgotten", "folded"), [(4, False), (5, True)])
def test_an_index_full_of_deleted_pictures_is_made_anew(catalog, folder, forgotten, folded):
    """More than a fifth is too many."""
    fold(Place(folder, FACES, "hnsw", catalog))
    catalog.forget(list(range(1, forgotten + 1)))

    assert fold(Place(folder, FACES, "hnsw", catalog)) is folded
    assert manifest_of(folder)["count"] == (15 if folded else 20)


def test_refresh_takes_up_a_newer_generation(catalog, folder):
    """The tail shrinks to what the new index lacks."""
    searchable = Lookup.open(folder, FACES, "hnsw", catalog)
    fold(Place(folder, FACES, "hnsw", catalog))
    put(catalog, [50])

    searchable.refresh()

    assert (searchable.exhaustive, searchable.recall, searchable.searched) == (False, 1.0, 21)
    assert found(searchable, 50, 1) == [(21, 0.0)]


def test_local_features_are_folded_and_answer_as_before(catalog, folder, monkeypatch):
    """From the tail, from the index, and from both; deleted pictures are no problem before the next fold."""
    monkeypatch.setattr(folding, "FOLD_PICTURES", 10)
    features = batched(catalog, 7)
    before = list(Lookup.open(folder, LOCAL, "local", catalog).search(features, 5)[0])
    for one in folding.places(folder, catalog):
        assert fold(one)
    catalog.forget([2])
    put(catalog, range(20, 25))
    folded = Lookup.open(folder, LOCAL, "local", catalog)

    assert next(iter(folded.search(features, 5)[0])) == before[0]
    assert (before[0][0], folded.searched, folded.behind) == (7, 25, 5)
    assert int(folded.search(batched(catalog, 23), 1)[0].keys[0]) == 23
    assert verify(folder, catalog) == []


@pytest.mark.parametrize(("count", "folded"), [(9, False), (10, True)])
def test_fewer_pictures_are_worth_a_fold_of_local_features(catalog, folder, monkeypatch, count, folded):
    """Sorting them whenever a collection is opened takes longer than comparing rows."""
    monkeypatch.setattr(folding, "FOLD_PICTURES", 10)
    local = Place(folder, LOCAL, "local", catalog)
    fold(local)
    put(catalog, range(20, 20 + count))

    assert fold(local) is folded
    assert manifest_of(folder, "local")["count"] == 20 + count * folded


def test_local_features_of_too_many_pictures_wait_for_their_index(catalog, folder, monkeypatch):
    """A collection from before there was such an index opens as fast as ever, says so, and has it after a fold."""
    monkeypatch.setattr(lookup, "LONGEST_TAIL", 19)
    monkeypatch.setattr(folding, "FOLD_PICTURES", 10)
    searchable = Lookup.open(folder, LOCAL, "local", catalog)
    features = batched(catalog, 7)

    (warning,) = searchable.warnings
    assert "20 pictures" in warning
    assert (searchable.left_out, searchable.behind, len(searchable.search(features, 5)[0])) == (20, 20, 0)
    assert fold(Place(folder, LOCAL, "local", catalog))
    searchable.refresh()
    assert (searchable.behind, searchable.warnings) == (0, ())
    assert int(searchable.search(features, 1)[0].keys[0]) == 7


def test_an_index_of_local_features_is_read_when_it_is_first_searched(catalog, folder, monkeypatch, hashed):
    """Most searches never need it; whoever would not wait then prepares it."""
    monkeypatch.setattr(folding, "FOLD_PICTURES", 10)
    fold(Place(folder, LOCAL, "local", catalog))
    del hashed[:]
    searchable = Lookup.open(folder, LOCAL, "local", catalog)
    searchable.refresh()
    assert (hashed, searchable.warnings) == ([], ())

    searchable.prepare()
    searchable.prepare()

    assert (hashed, searchable.searched) == (["local-20.local"], 20)


@pytest.mark.parametrize("made", [True, False], ids=["to a folder", "to nothing"])
@pytest.mark.parametrize("force", [True, False])
def test_a_link_is_no_folder_of_indexes(catalog, folder, tmp_path, made, force):
    """Nothing behind it is read, written or removed."""
    other = tmp_path / "other"
    if made:
        fold(Place(other, FACES, "hnsw", catalog))
        (other / "faces-1.hnsw").touch()
    folder.symlink_to(other)
    before = made and files(other)

    for use in (
        lambda: Lookup.open(folder, FACES, "hnsw", catalog),
        lambda: fold(Place(folder, FACES, "hnsw", catalog), force=force),
    ):
        with pytest.raises(IndexDamagedError, match="indexes is a symbolic link") as caught:
            use()
        assert "remove it" in caught.value.hint
    assert len(verify(folder, catalog)) == 1
    assert (made and files(other), other.exists()) == (before, made)


STEPS = ["add", "recall", "save", "sync", "rename", "sha", "manifest", "removal"]


def crash_at(monkeypatch, step):
    """From now on, this step of a fold fails."""

    def fail(*_args, **_options):
        raise KeyboardInterrupt

    targets = {
        "add": (hnsw.Index, "add"),
        "recall": (folding, "measured_recall"),
        "save": (hnsw.Index, "save"),
        "sync": (os, "fsync"),
        "rename": (Path, "replace"),
        "sha": (folding, "sha256"),
        "manifest": (json, "dumps"),
        "removal": (Path, "iterdir"),
    }
    monkeypatch.setattr(*targets[step], fail)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("force", [False, True])
def test_a_crash_at_any_step_leaves_a_generation_in_use(catalog, folder, monkeypatch, step, force):
    """Before the manifest is replaced the old one, afterwards the new one; the next fold cleans up."""
    fold(Place(folder, FACES, "hnsw", catalog))
    put(catalog, range(20, 32))
    with monkeypatch.context() as patch:
        crash_at(patch, step)
        with pytest.raises(KeyboardInterrupt):
            fold(Place(folder, FACES, "hnsw", catalog), force=force)

    searchable = Lookup.open(folder, FACES, "hnsw", catalog)
    assert (searchable.exhaustive, searchable.searched) == (False, 32)
    assert found(searchable, 31, 1) == [(32, 0.0)]
    assert verify(folder, catalog) == []
    fold(Place(folder, FACES, "hnsw", catalog), force=True)
    assert len(files(folder)) == 2


def test_a_generation_replaced_while_it_is_opened_is_looked_for_again(catalog, folder, monkeypatch):
    """Another process may fold between the reading of the manifest and the opening of the file."""
    fold(Place(folder, FACES, "hnsw", catalog))
    put(catalog, range(20, 30))
    once = iter([True])
    plain = lookup.open_index

    def late(*args, **options):
        if next(once, False):
            fold(Place(folder, FACES, "hnsw", catalog), force=True)
        return plain(*args, **options)

    monkeypatch.setattr(lookup, "open_index", late)
    searchable = Lookup.open(folder, FACES, "hnsw", catalog)

    assert (searchable.exhaustive, searchable.searched) == (False, 30)


@pytest.mark.parametrize("name", ["", "../faces", "a/b", ".hidden", "two words"])
def test_a_name_that_is_no_file_name_is_refused(catalog, folder, name):
    """A recipe comes with the data, and writes only into its own folder."""
    stamp = dataclasses.replace(FACES, name=name)

    with pytest.raises(UsageError):
        Lookup.open(folder, stamp, "hnsw", catalog)
    with pytest.raises(UsageError):
        fold(Place(folder, stamp, "hnsw", catalog))


def test_recall_is_measured_against_every_row(catalog, folder, monkeypatch):
    """An index that loses the nearest neighbours of each query is caught losing them."""
    plain = hnsw.Index.search

    def forgetful(self, rows, limit):
        return [
            Hits(np.delete(hits.keys, [1, 2]), np.delete(hits.distances, [1, 2])) for hits in plain(self, rows, limit)
        ]

    monkeypatch.setattr(hnsw.Index, "search", forgetful)
    fold(Place(folder, FACES, "hnsw", catalog))

    assert manifest_of(folder)["recall"] == 0.8


def test_recall_counts_equally_near_rows_as_found(tmp_path, folder):
    """Which of fifty equal pictures make the first ten is no matter of quality."""
    catalog = Catalog.create(str(tmp_path / "equal.pictrace"), RECIPE)
    rows = trace(0).rows
    catalog.put([Entry(place(f"{seed}"), trace(seed, rows=rows)) for seed in range(50)])
    fold(Place(folder, FACES, "hnsw", catalog))

    assert manifest_of(folder)["recall"] == 1.0
    catalog.close()


def test_recall_of_deleted_rows_is_not_asked_for(catalog, folder):
    """Deleted pictures that the index still holds take no places from the others."""
    fold(Place(folder, FACES, "hnsw", catalog))
    catalog.forget([1, 2, 3])
    put(catalog, range(20, 32))
    fold(Place(folder, FACES, "hnsw", catalog))

    manifest = manifest_of(folder)
    assert (manifest["count"], manifest["recall"]) == (32, 1.0)


def test_recall_of_a_single_row_is_not_measured(tmp_path, folder):
    """It has no neighbours to be found."""
    catalog = Catalog.create(str(tmp_path / "one.pictrace"), RECIPE)
    put(catalog, [1])
    fold(Place(folder, FACES, "hnsw", catalog), force=True)

    assert manifest_of(folder)["recall"] is None
    catalog.close()
