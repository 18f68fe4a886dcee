"""What the index of local features promises beyond the contract, and what its words and postings are made of."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pictrace import weights
from pictrace.errors import IndexDamagedError, ModelDamagedError, UsageError
from pictrace.indexes import _votes, _words
from pictrace.indexes._postings import Loose, Postings, descriptors, packed, scales, unpacked
from pictrace.indexes._rows import LARGEST_KEY
from pictrace.indexes._words import Words, hamming
from pictrace.indexes.local import Index
from pictrace.types import FEATURE_DTYPE, FEATURE_SPACE, Metric, Space

EACH = 60


def features(count=EACH, seed=0):
    """Random features of a picture of 500 x 400 px."""
    random = np.random.default_rng(seed)
    found = np.empty(count, FEATURE_DTYPE)
    found["x"], found["y"] = random.integers(0, 500 * 64, count), random.integers(0, 400 * 64, count)
    found["octave"], found["angle"] = random.integers(0, 8, count), random.integers(0, 256, count)
    found["descriptor"] = random.integers(0, 256, (count, 32))
    return found


def rows(found):
    return found.view(np.uint8).reshape(len(found), -1)


def filled(count):
    """An index of so many random pictures, keys from 1."""
    index = Index(FEATURE_SPACE)
    for key in range(1, count + 1):
        index.add(np.full(EACH, key, np.uint64), rows(features(seed=key)))
    return index


def test_it_is_for_features_only():
    """The rows of encoders belong into other indexes."""
    with pytest.raises(UsageError, match="hamming space of 256 bits"):
        Index(Space(Metric.HAMMING, 256))


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 11), max_size=4), seed=st.integers(0, 99))
def test_however_it_was_added_and_kept_it_answers_alike(cuts, seed, tmp_path_factory):
    """In one go or in several, searched in between or not, from a file that was added to or not."""
    path = tmp_path_factory.mktemp("local") / "features.local"
    index, whole = Index(FEATURE_SPACE), filled(12)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 12], strict=True):
        for key in range(start + 1, end + 1):
            index.add(np.full(EACH, key, np.uint64), rows(features(seed=key)))
        index.save(path)
        index = Index.open(path, FEATURE_SPACE, writable=True)
    query = rows(np.concatenate([features(seed=key)[: EACH // 2] for key in (3, 7, 1000 + seed)]))

    (expected,), (found,) = whole.search(query, 12), index.search(query, 12)

    assert found.keys.tolist() == expected.keys.tolist()
    assert found.distances.tolist() == expected.distances.tolist()


def test_features_that_agree_on_a_place_count_more_than_ones_that_do_not():
    """The same descriptors at shuffled places, with shuffled angles, are no picture of the same thing."""
    own = features(seed=1)
    shuffled = own.copy()
    order = np.random.default_rng(0).permutation(EACH)
    for name in ("x", "y", "angle", "octave"):
        shuffled[name] = own[name][order]
    index = Index(FEATURE_SPACE)
    index.add(np.repeat(np.array([1, 2], np.uint64), EACH), rows(np.concatenate([shuffled, own])))

    hits = index.search(rows(own), 2)[0]

    assert hits.keys.tolist() == [2, 1]
    assert 1 / hits.distances[0] > 3 / hits.distances[1]


def test_what_is_everywhere_counts_less():
    """One feature that all share adds less to a picture than one that is its own."""
    index = Index(FEATURE_SPACE)
    shared = features(2, seed=0)[:1]
    for key in range(1, 31):
        index.add(np.full(2, key, np.uint64), rows(np.concatenate([shared, features(1, seed=key)])))

    common, own = (index.search(rows(query), 40)[0] for query in (shared, features(1, seed=7)))

    assert len(common) == 30
    assert own.keys.tolist() == [7]
    assert own.distances[0] < common.distances[0]


def test_many_postings_of_a_word_are_compared_as_few_are(monkeypatch):
    """Long lists one by one, short ones together: the answers are the same."""
    index = filled(30)
    query = rows(features(seed=4))
    expected = index.search(query, 30)[0]
    monkeypatch.setattr("pictrace.indexes._votes._LONG", 1)
    longs = index.search(query, 30)[0]
    monkeypatch.setattr("pictrace.indexes._votes._LONG", 600)
    monkeypatch.setattr("pictrace.indexes._votes._CHUNK", 3)
    shorts = index.search(query, 30)[0]

    assert longs.distances.tolist() == shorts.distances.tolist() == expected.distances.tolist()


@pytest.mark.parametrize(("longs_from", "piece"), [(600, 1 << 20), (1, 1 << 20), (1, 7)])
def test_what_a_search_keeps_does_not_grow_with_equal_pictures(monkeypatch, longs_from, piece):
    """A stored tile repeated is near in all its features to all of the query's."""
    monkeypatch.setattr(_votes, "_LONG", longs_from)
    monkeypatch.setattr(_votes, "_PIECE", piece)
    monkeypatch.setattr(_votes, "_MOST_NEAR", 500)
    tile = np.repeat(features(1, seed=5), 40)
    index = Index(FEATURE_SPACE)
    index.add(np.repeat(np.arange(1, 11, dtype=np.uint64), 40), rows(np.tile(tile, 10)))
    bits = descriptors(tile)

    near = _votes._near(index._sorted(), bits[:, 0], _words.shipped().nearest(bits, 4, groups=2))

    assert [len(column) for column in near] == [500, 500, 500]
    assert len(index.search(rows(tile), 3)[0])


def test_words_that_most_share_are_passed_over_first(monkeypatch):
    """What is left to compare goes to those that few have."""
    index = Index(FEATURE_SPACE)
    shared = features(1, seed=0)
    for key in range(1, 31):
        index.add(np.full(2, key, np.uint64), rows(np.concatenate([shared, features(1, seed=key)])))
    query = rows(np.concatenate([shared, features(1, seed=7)]))
    everything = index.search(query, 40)[0]
    monkeypatch.setattr(_votes, "_MOST_COMPARED", 20)

    assert len(everything) == 30
    assert index.search(query, 40)[0].keys.tolist() == [7]


def saved(path, **columns):
    """The path, now with the postings of two pictures, some columns of them replaced."""
    filled(2).save(path)
    whole = vars(Postings.read(path, len(_words.shipped())))
    columns = {name: np.array(columns.get(name, column)) for name, column in whole.items()}
    with path.open("wb") as file:
        Postings(**columns).write(file)
    return path


@pytest.mark.parametrize(
    "head",
    [
        b"(" * 9_000,
        b"{'descr': '<u8', 'fortran_order': False, 'shape': (2,), ",
        b"{'descr': '<u8', 'fortran_order': False, 'shape': (2L,), }",
        b"{'descr': '<u8', 'fortran_order': False, 'shape': (-2,), }",
        b"{'descr': '<u8', 'fortran_order': False, 'shape': (0, 999999999999999999), }",
        b"{'descr': '<u8', 'fortran_order': False, 'shape': (9999999999999999999,), }",
        b"{'descr': '<u8', 'fortran_order': True, 'shape': (2,), }",
        b"{'descr': [('a', 'O')], 'fortran_order': False, 'shape': (2,), }",
        b"{'descr': ',', 'fortran_order': False, 'shape': (2,), }",
        b"{[]: 1}",
        b"'\\d' is 1",
        b"\xff\x00",
    ],
)
def test_a_head_that_was_never_written_is_refused(tmp_path, head):
    """Whatever NumPy or Python would make of it."""
    path = saved(tmp_path / "features.local")
    head += b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + path.read_bytes()[128:])

    with pytest.raises(IndexDamagedError, match=r"features\.local is damaged"):
        Index.open(path, FEATURE_SPACE)


@pytest.mark.parametrize(
    "first", [[1], [0, 2 * EACH + 1], [0, 2, 1], [0, 2**64 - 1], [0, 2**63 - 1, 2**63, 2**64 - 1]], ids=str
)
def test_words_that_begin_where_none_can_are_refused(tmp_path, first):
    """Also where differences of signed numbers would wrap and look ascending."""
    starts = np.full(len(_words.shipped()) + 1, 2 * EACH, np.uint64)
    starts[0] = 0
    path = saved(tmp_path / "features.local", starts=starts)
    assert len(Index.open(path, FEATURE_SPACE)) == 2
    starts[: len(first)] = first

    with pytest.raises(IndexDamagedError, match="fit together"):
        Index.open(saved(path, starts=starts), FEATURE_SPACE)


@pytest.mark.parametrize("keys", [[0, 1], [1, LARGEST_KEY + 1], [2, 1], [1, 1], [1], [[1, 2]]])
def test_keys_that_no_picture_has_are_refused(tmp_path, keys):
    """As `add` refuses them."""
    path = saved(tmp_path / "features.local", keys=np.array(keys, np.uint64))

    with pytest.raises(IndexDamagedError, match="fit together"):
        Index.open(path, FEATURE_SPACE)


def test_places_come_back_as_they_were_to_a_few_pixels():
    """A byte each for x, y, scale and angle: 4 px, a sixteenth of an octave, 1/256 turn."""
    found = features(seed=3)
    places = packed(found, np.zeros(EACH, np.intp), np.zeros(1, np.intp))

    x, y, scale, angle = unpacked(places)

    assert np.abs(x - (found["x"] / 64 - found["x"].mean() / 64)).max() <= 2.01
    assert np.abs(y - (found["y"] / 64 - found["y"].mean() / 64)).max() <= 2.01
    assert np.abs(scale - scales(found, 1.0)).max() <= 1 / 32
    assert angle.tolist() == found["angle"].tolist()


def test_the_nearest_words_are_those_of_a_full_comparison():
    """With all groups looked at, nothing nearer is left out, and the nearest comes first."""
    random = np.random.default_rng(2)
    table = random.integers(0, 256, (8, 6, 32), dtype=np.uint8)
    bits = random.integers(0, 256, (50, 32), dtype=np.uint8).view(np.uint64)
    everything = hamming(bits, np.ascontiguousarray(table[:, 1:]).reshape(40, 32).view(np.uint64))

    found = Words(table).nearest(bits, 3, groups=8)

    nearest = np.take_along_axis(everything, found, 1)
    assert (nearest == np.sort(everything, axis=1)[:, :3]).all()


def test_pictures_taken_out_leave_the_others_as_they_were():
    """Owners are numbered anew."""
    part = Loose(
        keys=np.array([3, 5, 9], np.uint64),
        words=np.arange(6),
        signatures=np.arange(18, dtype=np.uint64).reshape(3, 6),
        owners=np.array([0, 0, 1, 1, 2, 2], np.uint32),
        places=np.arange(6, dtype=np.uint32),
    )

    rest = part.without(np.array([5], np.uint64))

    assert rest.keys.tolist() == [3, 9]
    assert rest.owners.tolist() == [0, 0, 1, 1]
    assert rest.places.tolist() == [0, 1, 4, 5]


def test_the_words_that_ship_are_those_of_their_card():
    """65,536 words that belong to nobody, read once their hash is right."""
    table = np.load(io.BytesIO(weights.content(weights.words_card())), allow_pickle=False)

    assert table.shape == (256, 257, 32)
    assert len(_words.shipped()) == 65_536


def test_words_that_were_changed_are_refused(tmp_path):
    """As a model is: by its SHA-256."""
    (tmp_path / "words.npy").write_bytes(b"other words")

    with pytest.raises(ModelDamagedError, match="words"):
        weights.content(weights.words_card(), tmp_path)
