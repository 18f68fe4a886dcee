"""Whether indexes hold what they say: every damage is found, and named."""

import json

import numpy as np
import pytest
from stock import FACES, manifest_of, put, query

from pictrace import _generations
from pictrace.folding import Place, fold
from pictrace.indexes import hnsw
from pictrace.soundness import verify
from pictrace.testing._samples import RECIPE

pytestmark = pytest.mark.usefixtures("few_rows_are_many")


def test_verify_finds_nothing_wrong_where_nothing_is(catalog, folder):
    """Also without a folder, and with rows and deletions since the last fold."""
    assert verify(folder, catalog) == []
    for stamp in RECIPE.encoders:
        fold(Place(folder, stamp, "hnsw", catalog))
    put(catalog, [50])
    catalog.forget([3])

    assert verify(folder, catalog) == []


@pytest.mark.parametrize("place", [0, 100, 1500, -1])
def test_verify_finds_a_changed_byte(catalog, folder, place):
    """Anywhere in the file, also where opening does not look."""
    fold(Place(folder, FACES, "hnsw", catalog))
    data = bytearray((folder / "faces-20.hnsw").read_bytes())
    data[place] ^= 1
    (folder / "faces-20.hnsw").write_bytes(data)

    assert verify(folder, catalog) == ["faces-20.hnsw is damaged: its SHA-256 is not the one in faces.json"]


@pytest.mark.parametrize(
    ("keys", "problems"),
    [
        (range(1, 20), ["faces-20.hnsw lacks 1 row of the catalog"]),
        (range(1, 22), ["faces-20.hnsw does not hold what faces.json says"]),
    ],
)
def test_verify_compares_the_keys(catalog, folder, keys, problems):
    """An index that is whole but of other rows."""
    fold(Place(folder, FACES, "hnsw", catalog))
    path = folder / "faces-20.hnsw"
    index = hnsw.Index(FACES.space)
    index.add(np.array(keys, np.uint64), query(*keys))
    index.save(path)
    change = {"count": len(keys), "size": path.stat().st_size, "sha256": _generations.sha256(path)}
    (folder / "faces.json").write_text(json.dumps(manifest_of(folder) | change))

    assert verify(folder, catalog) == problems


def test_files_that_are_no_manifests_are_nobodys_business(catalog, folder):
    """Whoever put them there."""
    folder.mkdir()
    (folder / "my notes.json").write_text("milk")

    assert verify(folder, catalog) == []
    assert _generations.names(folder) == []


def test_verify_reports_an_index_of_an_unknown_kind(catalog, folder):
    """One damaged letter is a problem like others, and no reason to stop."""
    fold(Place(folder, FACES, "hnsw", catalog))
    (folder / "faces.json").write_text(json.dumps(manifest_of(folder) | {"index": "hnsv"}))

    (problem,) = verify(folder, catalog)

    assert "hnsv" in problem


def test_verify_names_indexes_that_are_of_no_use(catalog, folder):
    """Of an encoder that the collection does not have, or of another version of one that it has."""
    fold(Place(folder, FACES, "hnsw", catalog))
    (folder / "old.json").write_text(json.dumps(manifest_of(folder) | {"file": "old-20.hnsw"}))
    (folder / "faces.json").write_text(json.dumps(manifest_of(folder) | {"encoder": "0"}))

    mismatch, unknown = verify(folder, catalog)

    assert "version 0 of the encoder" in mismatch
    assert unknown == "old.json belongs to no encoder of this collection"
