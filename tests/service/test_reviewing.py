"""What a service knows of a collection's duplicates while it looks for them, and when it is stopped."""

import pytest
from photographs import jpeg, photo

from pictrace.collection import Collection
from pictrace.duplicates.found import Asked
from pictrace.edits import bordered, mirrored
from pictrace.service import reviewing
from pictrace.service.reviewing import Review
from pictrace.service.settling import Settling
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


@pytest.fixture
def framed(tmp_path):
    """Of a photograph and a larger file of it that has a border."""
    folder = tmp_path / "framed"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(jpeg(photo("coffee.png"), 60))
    (folder / "border.jpg").write_bytes(jpeg(bordered(photo("coffee.png")), 95))
    with Collection(tmp_path / "framed.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(folder)
        yield Review(collection)


def looked_for(review):
    heard = []
    review.find(Asked("copy"), job="j000001", progress=lambda *told: heard.append(told), tell=lambda told: None)
    return heard


def test_what_was_done_to_copies_is_known_to_plans(framed):
    """The whole picture stays rather than the larger one in a border, as on the command line."""
    assert ("told", 1, 1) in looked_for(framed)
    plan = Settling(framed).plan([], "quarantine", is_all=True)

    assert [one.path.rpartition("/")[2] for group in plan.groups for one in group.remove] == ["border.jpg"]
    assert plan.groups[0].keep[0].reason == "whole: whole against bordered"


def test_what_is_known_of_copies_is_not_looked_at_again(framed, monkeypatch):
    """A second search for the same compares nothing."""
    looked_for(framed)
    monkeypatch.setattr(framed.collection, "compare", lambda *_: pytest.fail("compared"))
    looked_for(framed)

    assert len(framed.snapshot().groups) == 1


def test_what_was_found_is_kept_though_the_rest_is_called_off(framed):
    """Then plans go by the files alone."""

    def stop(stage, *_):
        if stage == "told":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        framed.find(Asked("copy"), job="j000001", progress=stop, tell=lambda told: None)

    assert len(framed.snapshot().groups) == 1


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
