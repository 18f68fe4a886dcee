"""A collection in custody: what is taken in, kept, and given up."""

import hashlib

import pytest
from photographs import jpeg, noise
from service.desk import settings

from pictrace.errors import IndexLockedError, InsufficientStorageError, NotFoundError
from pictrace.ingest import Progress
from pictrace.recipe import SpaceState
from pictrace.sandbox import Sandbox
from pictrace.service import custody as custody_module
from pictrace.service.custody import Custody


@pytest.fixture(scope="module")
def sandbox():
    """One worker for all."""
    from pictrace.settings import Limits

    with Sandbox(limits=Limits(), workers=1) as made:
        yield made


@pytest.fixture
def custody(sandbox, tmp_path):
    """An empty collection."""
    chosen = settings(tmp_path)
    made = Custody("default", tmp_path / "default.pictrace", chosen, sandbox)
    yield made
    made.close()


def originals(custody):
    """The uploads that are kept."""
    return {path.name for path in (custody.collection.path / "originals").rglob("*") if path.is_file()}


def test_what_cannot_be_added_is_not_kept(custody, monkeypatch):
    """Unless it was there before."""
    known, fresh = jpeg(noise(1)), jpeg(noise(2))
    custody.take_in(known, name="a")

    def full(*_, **__):
        raise InsufficientStorageError("full")

    monkeypatch.setattr(custody.collection, "add_image", full)
    for data in (known, fresh):
        with pytest.raises(InsufficientStorageError):
            custody.take_in(data, name="a")

    assert originals(custody) == {hashlib.sha256(known).hexdigest()}


def test_of_several_all_go_or_none(custody):
    """With their uploads."""
    keys = [custody.take_in(jpeg(noise(seed)), name="a").key for seed in (1, 2)]
    with pytest.raises(NotFoundError):
        custody.remove([*keys, 99])
    kept = len(originals(custody))
    custody.remove(keys)

    assert (kept, originals(custody), len(custody.collection)) == (2, set(), 0)


def test_nobody_else_writes_meanwhile(custody, sandbox, tmp_path):
    """Not even the same process."""
    with pytest.raises(IndexLockedError):
        Custody("default", custody.collection.path, settings(tmp_path), sandbox)


def test_indexes_are_due_once_enough_came_or_went(custody, monkeypatch):
    """What was known already changes nothing; what was brought up to date is not due."""
    monkeypatch.setattr(custody_module, "FOLD_PICTURES", 2)
    due = []
    for seed in (1, 1, 2, 2):
        custody.take_in(jpeg(noise(seed)), name="a")
        due.append(custody.is_fold_due())
    custody.remove([1, 2])
    custody.fold(progress=Progress())

    assert [*due, custody.is_fold_due()] == [False, False, True, False, False]


def test_what_came_in_goes_but_for_what_is_needed(custody):
    """By name."""
    for name in ("a", "b"):
        custody.incoming(name).write_bytes(b"x")
    custody.drop_incoming(but={"b"})

    assert [path.name for path in custody.incoming("b").parent.iterdir()] == ["b"]


@pytest.mark.parametrize(
    ("number", "code"), [(28, "insufficient_storage"), (122, "insufficient_storage"), (5, "internal")]
)
def test_a_write_that_failed_is_told(custody, number, code):
    """Full is full; the rest is a mistake of ours."""
    assert custody.full(OSError(number, "x")).code == code


def test_what_is_known_is_not_looked_at_again(custody, monkeypatch):
    """A job that begins anew costs no model for what it had done."""
    data = jpeg(noise(1))
    first = custody.take_in(data, name="a.jpg")
    monkeypatch.setattr(custody.collection, "traced", None)

    again = custody.take_in(data, name="b.jpg")

    assert (again.key, again.known) == (first.key, True)
    assert [place.uri for place in custody.collection.get(first.key).locations] == ["a.jpg", "b.jpg"]


def test_uploads_that_a_kill_left_behind_are_swept(custody):
    """Those of pictures that are there stay."""
    custody.take_in(jpeg(noise(1)), name="a.jpg")
    kept = originals(custody)
    custody._originals.keep("ab" + "0" * 62, b"of no picture")

    custody.sweep()

    assert originals(custody) == kept


def test_a_part_of_a_stored_picture_is_small(custody):
    """However large the original was."""
    key = custody.take_in(jpeg(noise(1, (3000, 2000))), name="a.jpg").key

    part = custody.part(key, (0, 0, 3000, 2000))

    assert max(part.pixels.shape) == 512


def test_a_known_picture_is_taken_in_again_while_encoders_are_switched(custody, monkeypatch):
    """What is kept of it is read once more, by the new ones."""
    for seed in (1, 2):
        custody.take_in(jpeg(noise(seed)), name="a")
    current, collection = custody.collection._engines.of, custody.collection

    def late(catalog):
        engine = current(catalog)
        with collection._writing() as written:
            written.switch({"lite0": SpaceState.RETIRED})
        return engine

    monkeypatch.setattr(collection._engines, "of", late)

    assert custody.take_in(jpeg(noise(1)), name="a").known
    assert set(custody.traces([1, 2])[1].rows) == {"pdq"}
