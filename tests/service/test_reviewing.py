"""What a service knows of a collection's duplicates while it looks for them, and when it is stopped."""

import pytest
from photographs import jpeg, photo

from pictrace.collection import Collection
from pictrace.dedupe.found import Asked
from pictrace.edits import mirrored
from pictrace.service import reviewing
from pictrace.service.reviewing import Review
from pictrace.settings import Settings


@pytest.fixture
def review(tmp_path):
    """Of a photograph and its mirror image."""
    (tmp_path / "a.jpg").write_bytes(jpeg(photo("coffee.png")))
    (tmp_path / "b.jpg").write_bytes(jpeg(mirrored(photo("coffee.png"))))
    with Collection(tmp_path / "all.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(tmp_path)
        yield Review(collection)


def test_what_is_found_so_far_is_told(review, monkeypatch):
    """And shown, until all is found; then nobody looks for more."""
    monkeypatch.setattr(reviewing, "_PACE_S", 0.0)
    heard = []
    seen = []
    review.find(
        Asked("copy"),
        job="j000001",
        progress=lambda *_: None,
        tell=lambda told: (heard.append(told), seen.append(review.snapshot())),
    )

    assert [(told["id"], told["job"]) for told in heard] == [("j000001", "j000001"), ("j000001", None)]
    assert [(len(one.groups), one.job) for one in seen] == [(1, "j000001"), (1, "")]


def test_what_was_found_before_stays_where_a_search_ends_early(review):
    """Nothing of it is lost, and nothing half is kept."""
    find = {"job": "j000001", "tell": lambda told: None}
    review.find(Asked("exact"), progress=lambda *_: None, **find)

    def stop(*_):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        review.find(Asked("copy"), progress=stop, **find)

    assert review.snapshot().asked.relation == "exact"


def test_a_decision_does_not_have_every_file_looked_at(review, monkeypatch):
    """Groups are as it leaves them at once; what else is written meanwhile has all of it read again."""
    review.find(Asked("copy"), job="j000001", progress=lambda *_: None, tell=lambda told: None)
    assert len(review.snapshot().groups) == 1
    reads = []
    kept = reviewing.found.kept
    monkeypatch.setattr(reviewing.found, "kept", lambda *given: (reads.append(given), kept(*given))[1])
    collection = review.collection
    review.decide(lambda: collection.decide(1, 2, "both"))
    parted = len(review.snapshot().groups), len(reads)
    review.decide(lambda: collection.undecide(collection.decisions()))

    assert (parted, len(review.snapshot().groups), len(reads)) == ((0, 0), 1, 0)
    review.decide(lambda: [collection.decide(1, 2, verdict) for verdict in ("both", "different")])
    assert (len(review.snapshot().groups), len(reads)) == (0, 1)
