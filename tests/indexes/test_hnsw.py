"""What the graph index promises beyond the contract: nothing lost, nothing trusted, exact distances."""

import os
import struct
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pictrace.errors import IndexDamagedError, InsufficientStorageError
from pictrace.indexes import exact
from pictrace.indexes.hnsw import SMALL, Index
from pictrace.types import Metric, Space

COSINE = Space(Metric.COSINE, 32)
HAMMING = Space(Metric.HAMMING, 256)


def made(space, count, seed=0):
    """Keys from 1 and random rows, cosine ones as float16 holds them."""
    random = np.random.default_rng(seed)
    keys = np.arange(1, count + 1, dtype=np.uint64)
    if space.metric is Metric.HAMMING:
        return keys, random.integers(0, 256, (count, space.columns), dtype=np.uint8)
    rows = random.standard_normal((count, space.columns))
    return keys, (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("f2").astype(np.float32)


def filled(space, keys, rows, kind=Index):
    """An index of these rows, built by one thread."""
    index = kind(space, threads=1)
    index.add(keys, rows)
    return index


@settings(max_examples=60, deadline=None)
@given(
    added=st.lists(st.integers(1, 14), unique=True),
    removed=st.lists(st.integers(1, 14)),
    limit=st.integers(1, 16),
    bits=st.booleans(),
)
def test_few_rows_are_found_as_by_the_exact_index(added, removed, limit, bits):
    """Adding, removing and adding again: the same keys at the same distances, bit for bit."""
    space = HAMMING if bits else COSINE
    _, rows = made(space, 15)
    answers = []
    for kind in (Index, exact.Index):
        index = filled(space, np.array(added, np.uint64), rows[added], kind)
        index.remove(removed)
        again = [key for key in added if key in removed][::2]
        index.add(np.array(again, np.uint64), rows[again])
        answers.append(index.search(rows[:2], limit))

    for ours, truth in zip(*answers, strict=True):
        assert (ours.keys.tolist(), ours.distances.tolist()) == (
            truth.keys.tolist(),
            truth.distances.tolist(),
        )


@pytest.mark.parametrize("space", [COSINE, HAMMING])
def test_distances_of_a_large_index_are_the_exact_ones(space):
    """What the graph finds has the distance that the exact index gives it."""
    keys, rows = made(space, SMALL + 500)
    queries = made(space, 9, seed=1)[1]
    found = filled(space, keys, rows).search(queries, 10)
    truth = filled(space, keys, rows, exact.Index).search(queries, len(keys))

    for ours, all_of_them in zip(found, truth, strict=True):
        known = dict(list(all_of_them))
        assert [known[key] for key, _ in ours] == ours.distances.tolist()


def test_a_crowd_of_equal_rows_hides_nothing():
    """A graph leaves most of many equal rows out of reach, yet all of them are found."""
    keys, rows = made(COSINE, 2 * SMALL)
    index = filled(COSINE, keys, np.repeat(rows[:1], len(keys), axis=0))

    (hits,) = index.search(rows[:1], len(keys))

    assert hits.keys.tolist() == keys.tolist()


def test_removed_rows_hide_nothing():
    """With nine of ten rows removed, as many as asked for are still found."""
    keys, rows = made(HAMMING, 2 * SMALL)
    index = filled(HAMMING, keys, rows)
    index.remove(keys[200:].tolist())

    assert len(index.search(rows[:1], 150)[0]) == 150


def test_a_mapped_index_with_removed_rows_takes_no_rows(tmp_path):
    """Here usearch would write into read-only memory and take the process with it."""
    keys, rows = made(COSINE, 50)
    index = filled(COSINE, keys, rows)
    index.remove([1, 2, 3])
    index.save(tmp_path / "rows.hnsw")

    with pytest.raises(Exception, match="cannot be changed"):
        Index.open(tmp_path / "rows.hnsw", COSINE).add(keys[:1], rows[:1])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_the_length_of_a_row_does_not_matter(scale):
    """Rows that float16 could not hold are kept at length one."""
    keys, rows = made(COSINE, 40)
    index = filled(COSINE, keys, rows * np.float32(scale))

    found = index.search(rows * np.float32(scale), 1)

    assert [hits.keys[0] for hits in found] == keys.tolist()
    assert max(hits.distances[0] for hits in found) < 1e-6


def test_one_thread_builds_the_same_file_twice(tmp_path):
    """The same rows in the same order, byte for byte."""
    keys, rows = made(COSINE, 1500)
    for name in ("one", "two"):
        filled(COSINE, keys, rows).save(tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_threads_may_search_at_once():
    """Every thread gets what one alone gets."""
    keys, rows = made(HAMMING, 2 * SMALL)
    index = filled(HAMMING, keys, rows)
    alone = [hits.keys.tolist() for hits in index.search(rows[:40], 10)]
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append([h.keys.tolist() for h in index.search(rows[:40], 10)]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [alone] * 4


def test_keys_are_all_keys():
    """Without those removed."""
    keys, rows = made(COSINE, 6)
    index = filled(COSINE, keys, rows)
    index.remove([4])

    assert Index(COSINE).keys().tolist() == []
    assert sorted(index.keys().tolist()) == [1, 2, 3, 5, 6]


@pytest.fixture
def path(tmp_path):
    """The file of 40 cosine rows."""
    target = tmp_path / "rows.hnsw"
    filled(COSINE, *made(COSINE, 40)).save(target)
    return target


# Where things lie in a file of 40 rows of 64 bytes; see the format's specification.
HEAD = 8 + 40 * 64
GRAPH = HEAD + 64
LEVELS = GRAPH + 40


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (0, struct.pack("<I", 41), "ends|version"),
        (0, b"\xff" * 4, "too short"),
        (4, struct.pack("<I", 60), "width"),
        (HEAD, b"U", "version"),
        (HEAD + 7, b"\x03", "version"),
        (HEAD + 13, b"\x00", "version"),
        (HEAD + 17, b"\x27", "counts"),
        (HEAD + 33, b"\x21", "version"),
        (HEAD + 41, b"\x01", "version"),
        (GRAPH, b"\x29", "counts"),
        (GRAPH + 8, b"\x11", "counts"),
        (GRAPH + 24, b"\x07", "impossible"),
        (GRAPH + 32, b"\x28", "impossible"),
        (LEVELS, b"\xff\xff", "impossible"),
        (LEVELS, b"\x01\x00", "length|impossible"),
    ],
)
def test_a_changed_header_is_refused_before_usearch_sees_it(path, place, value, reason):
    """Each field that usearch would follow is checked."""
    data = bytearray(path.read_bytes())
    data[place : place + len(value)] = value
    path.write_bytes(data)

    with pytest.raises(IndexDamagedError, match=reason) as caught:
        Index.open(path, COSINE)
    assert "pictrace rebuild" in caught.value.hint


@pytest.mark.parametrize("length", [0, 7, 8, 100, HEAD, HEAD + 41, GRAPH, GRAPH + 39, LEVELS, LEVELS + 79, -1])
def test_a_file_cut_anywhere_is_refused(path, length):
    """At each border of the format and just before."""
    path.write_bytes(path.read_bytes()[:length])

    with pytest.raises(IndexDamagedError):
        Index.open(path, COSINE)


def test_a_pipe_is_no_index(tmp_path):
    """Nobody waits for what somebody may write to it."""
    os.mkfifo(tmp_path / "a.hnsw")

    with pytest.raises(IndexDamagedError, match=r"a\.hnsw is damaged: it is no regular file"):
        Index.open(tmp_path / "a.hnsw", COSINE)


@pytest.mark.parametrize("space", [HAMMING, Space(Metric.COSINE, 33), Space(Metric.HAMMING, 512)])
def test_a_file_of_another_space_is_refused(path, space):
    """Also where the rows have the same number of bytes."""
    with pytest.raises(IndexDamagedError):
        Index.open(path, space)


@pytest.mark.parametrize("fail", ["raise", "short"])
def test_a_file_that_usearch_could_not_write_is_not_kept(path, monkeypatch, fail):
    """Some failures usearch reports and some it does not; either way the old file stays."""
    before = path.read_bytes()

    def save(_graph, target):
        if fail == "raise":
            raise RuntimeError("Failed to write to file")
        with open(target, "wb") as file:  # noqa: PTH123 - what usearch is given is text
            file.write(b"usearch")

    index = filled(COSINE, *made(COSINE, 50))
    monkeypatch.setattr("usearch.index.Index.save", save)
    with pytest.raises(InsufficientStorageError):
        index.save(path)
    assert path.read_bytes() == before


def test_the_index_can_be_loaded_before_the_model() -> None:
    """Whichever of the two native libraries comes first, the process lives."""
    code = "import pictrace.indexes.hnsw, onnxruntime"

    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)

    assert (done.returncode, done.stderr) == (0, b"")
