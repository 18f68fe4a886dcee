"""What indexes are made from: encoders' rows and local features, in batches that look the same."""

from dataclasses import replace

import numpy as np
import pytest

from pictrace import _stock
from pictrace._stock import batches, index_of, is_local, pictures_in, stamps_of, tail_of
from pictrace.catalogs import Entry
from pictrace.catalogs.sqlite import Catalog
from pictrace.recipe import DEFERRED
from pictrace.testing._samples import RECIPE, place, trace
from pictrace.types import FEATURE_DTYPE, FEATURE_SPACE

LOCAL = stamps_of(RECIPE)[-1]


@pytest.fixture
def catalog(tmp_path):
    """An open catalog of nine pictures, the last of them without features."""
    catalog = Catalog.create(str(tmp_path / "some.pictrace"), RECIPE)
    catalog.put([Entry(place(f"{seed}.jpg"), trace(seed)) for seed in range(8)])
    catalog.put([Entry(place("flat.jpg"), trace(8, features=np.empty(0, FEATURE_DTYPE)))])
    yield catalog
    catalog.close()


def test_local_features_come_after_the_encoders():
    """With the features' version, an index of their own, and a tail of the same kind."""
    assert [stamp.name for stamp in stamps_of(RECIPE)] == ["faces", "bits", "local"]
    assert (LOCAL.version, LOCAL.space, is_local(LOCAL)) == (RECIPE.features, FEATURE_SPACE, True)
    assert (index_of(LOCAL, RECIPE), tail_of(LOCAL)) == ("local", "local")
    assert (index_of(RECIPE.encoders[0], RECIPE), tail_of(RECIPE.encoders[0])) == ("exact", "exact")


def test_features_that_were_put_off_have_no_index():
    """Until they are made."""
    assert stamps_of(replace(RECIPE, features=DEFERRED)) == RECIPE.encoders


@pytest.mark.parametrize("size", [1, 2, 200])
def test_batches_hold_all_features_under_their_pictures_keys(catalog, monkeypatch, size):
    """However many pictures are taken at a time; those without any are passed over."""
    monkeypatch.setattr(_stock, "_PICTURES", size)
    expected = {seed + 1: trace(seed).features for seed in range(8) if len(trace(seed).features)}

    found = list(batches(catalog, LOCAL))

    keys, rows = (np.concatenate(parts) for parts in zip(*found, strict=True))
    assert sum(pictures_in(some) for some, _ in found) == len(expected) < 9
    assert {key: rows[keys == key].tobytes() for key in expected} == {
        key: features.tobytes() for key, features in expected.items()
    }
    assert rows.shape[1] == FEATURE_DTYPE.itemsize


def test_batches_begin_after_a_key(catalog):
    """For encoders and for features alike."""
    for stamp in stamps_of(RECIPE):
        assert min(int(keys.min()) for keys, _ in batches(catalog, stamp, 6)) > 6
