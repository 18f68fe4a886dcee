"""What the exact index promises beyond the contract: that it is right, to the last bit and the last tie."""

import io
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pictrace.errors import IndexDamagedError, InsufficientStorageError
from pictrace.indexes.exact import CHUNK_QUERIES, CHUNK_ROWS, Index
from pictrace.types import Metric, Space

COSINE = Space(Metric.COSINE, 24)
HAMMING = Space(Metric.HAMMING, 72)


def made(space, count, seed=0):
    """Keys from 1 and random rows."""
    random = np.random.default_rng(seed)
    keys = np.arange(1, count + 1, dtype=np.uint64)
    if space.metric is Metric.HAMMING:
        return keys, random.integers(0, 256, (count, space.columns), dtype=np.uint8)
    return keys, random.standard_normal((count, space.columns)).astype(np.float32)


def filled(space, keys, rows):
    """An index of these rows."""
    index = Index(space)
    index.add(keys, rows)
    return index


@pytest.mark.parametrize("space", [COSINE, HAMMING])
def test_hits_are_those_of_a_full_sort(space):
    """Over several chunks, nearest first and then by key, distances as the space defines them."""
    keys, rows = made(space, 2 * CHUNK_ROWS + 37)
    queries = made(space, 3, seed=1)[1]
    expected = space.distance(queries, rows)

    found = filled(space, keys, rows).search(queries, 50)

    for distances, hits in zip(expected, found, strict=True):
        np.testing.assert_allclose(hits.distances, np.sort(distances)[:50], atol=1e-6)
        np.testing.assert_allclose(distances[hits.keys.astype(int) - 1], hits.distances, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(0, 12),
    limit=st.integers(1, 14),
    batches=st.integers(1, 4),
    bits=st.booleans(),
    seed=st.integers(0, 999),
)
def test_any_size_limit_and_split_gives_the_nearest(size, limit, batches, bits, seed):
    """Sizes around the limit, added in one or several goes, with rows that come twice."""
    space = HAMMING if bits else COSINE
    keys, rows = made(space, size, seed)
    rows[size // 2 :] = rows[: size - size // 2]
    index = Index(space)
    for part in np.array_split(np.random.default_rng(seed).permutation(size), batches):
        index.add(keys[part], rows[part])

    query = made(space, 1, seed + 1)[1]
    order = np.lexsort((keys, np.round(space.distance(query, rows)[0], 5)))
    assert index.search(query, limit)[0].keys.tolist() == keys[order][:limit].tolist()


@pytest.mark.parametrize("space", [COSINE, HAMMING])
def test_the_lowest_keys_win_a_tie_at_the_cut(space):
    """Equal rows far apart in memory are told apart by nothing but their keys."""
    _, rows = made(space, 1)
    count = 2 * CHUNK_ROWS + 5
    keys = np.random.default_rng(0).permutation(count).astype(np.uint64) + np.uint64(1)
    index = filled(space, keys, np.repeat(rows, count, axis=0))

    (hits,) = index.search(rows, 7)

    assert hits.keys.tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_many_queries_are_answered_as_single_ones():
    """More queries than one chunk of them."""
    keys, rows = made(HAMMING, CHUNK_QUERIES + 9)
    index = filled(HAMMING, keys, rows)

    found = index.search(rows, 1)

    assert [hits.keys[0] for hits in found] == keys.tolist()


def test_distances_are_never_below_zero():
    """Rounding takes no row nearer than itself."""
    keys, rows = made(COSINE, 500)

    found = filled(COSINE, keys, rows).search(rows, 1)

    assert min(hits.distances[0] for hits in found) >= 0.0


def test_the_length_of_a_row_does_not_matter():
    """A row and a thousand times that row have the same neighbours at the same distances."""
    keys, rows = made(COSINE, 100)
    near, far = filled(COSINE, keys, rows).search(np.stack([rows[0], rows[0] * np.float32(1024)]), 5)

    assert near.keys.tolist() == far.keys.tolist()
    assert near.distances.tolist() == far.distances.tolist()


def test_hits_cannot_be_written():
    """What was handed over stays as it is."""
    keys, rows = made(COSINE, 3)
    (hits,) = filled(COSINE, keys, rows).search(rows[:1], 2)

    with pytest.raises(ValueError, match="read-only"):
        hits.keys[0] = 9


def test_rows_added_are_copied():
    """Writing to the array afterwards changes nothing."""
    keys, rows = made(HAMMING, 3)
    given_rows = rows.copy()
    index = filled(HAMMING, keys, given_rows)

    given_rows[:] = 0

    assert index.search(rows[2:], 1)[0].distances.tolist() == [0.0]


def test_keys_are_all_keys():
    """Also from an index with nothing in it."""
    keys, rows = made(COSINE, 5)

    assert Index(COSINE).keys().tolist() == []
    assert filled(COSINE, keys, rows).keys().tolist() == [1, 2, 3, 4, 5]


def test_the_file_is_two_arrays_in_the_format_of_numpy(tmp_path):
    """Anyone can read it without PicTrace."""
    keys, rows = made(COSINE, 5)
    filled(COSINE, keys, rows).save(tmp_path / "five.exact")

    with (tmp_path / "five.exact").open("rb") as file:
        arrays = [np.load(file, allow_pickle=False) for _ in range(2)]

    assert arrays[0].tolist() == keys.tolist()
    np.testing.assert_allclose(arrays[1], rows / np.linalg.norm(rows, axis=1, keepdims=True), atol=1e-6)


def as_file(path, *arrays, version=(1, 0)):
    """The path, now with these arrays one after the other."""
    buffer = io.BytesIO()
    for array in arrays:
        np.lib.format.write_array(buffer, array, version=version)
    path.write_bytes(buffer.getvalue())
    return path


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ([np.ones(2, "<u8")], "magic"),
        ([np.ones(2, "<u8"), np.ones((2, 23), "<f4")], "fit together"),
        ([np.ones(2, "<u8"), np.ones((3, 24), "<f4")], "fit together"),
        ([np.ones((2, 1), "<u8"), np.ones((2, 24), "<f4")], "fit together"),
        ([np.ones(2, "<u8"), np.ones((2, 24), "<f8")], "<f8"),
        ([np.ones(2, ">u8"), np.ones((2, 24), "<f4")], ">u8"),
        ([np.ones(2, "<u8"), np.asfortranarray(np.ones((2, 24), "<f4"))], "by columns"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path, arrays, reason):
    """NumPy's format alone makes no index of this space."""
    path = as_file(tmp_path / "other.exact", *arrays)

    with pytest.raises(IndexDamagedError, match=reason) as caught:
        Index.open(path, COSINE)
    assert "pictrace rebuild" in caught.value.hint


def test_a_pipe_is_no_index(tmp_path):
    """Nobody waits for what somebody may write to it."""
    os.mkfifo(tmp_path / "a.exact")

    with pytest.raises(IndexDamagedError, match=r"a\.exact is damaged: it is no regular file"):
        Index.open(tmp_path / "a.exact", COSINE)


def test_a_file_of_another_version_is_refused(tmp_path):
    """Only version 1.0 of NumPy's format is read."""
    path = as_file(tmp_path / "new.exact", np.ones(2, "<u8"), version=(2, 0))

    with pytest.raises(IndexDamagedError, match="version"):
        Index.open(path, COSINE)


def test_pickles_are_never_read(tmp_path):
    """An array of objects is damage, whatever it would unpickle to."""
    path = tmp_path / "objects.exact"
    with path.open("wb") as file:
        np.save(file, np.array([{}], object), allow_pickle=True)

    with pytest.raises(IndexDamagedError, match=r"\|O"):
        Index.open(path, COSINE)


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    """The error is the one that stops a run, and nothing half-written stays."""
    path = tmp_path / "rows.exact"
    filled(COSINE, *made(COSINE, 5)).save(path)
    before = path.read_bytes()

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InsufficientStorageError):
        filled(COSINE, *made(COSINE, 9)).save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.exact"]
