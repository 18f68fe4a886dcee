"""Candidates that stay open after the first look: who is looked at closer, and what that changes."""

import pytest
from photographs import FOLDER, jpeg, photo
from PIL import Image, ImageOps

from pictrace import verification
from pictrace.collection import Collection
from pictrace.picture import Picture
from pictrace.search import Wanted, search
from pictrace.settings import Settings
from pictrace.types import Relation

SCENES = ("astronaut.png", "coffee.png", "rocket.jpg", "retina.jpg", "motorcycle_left.png", "motorcycle_right.png")


def _filled(path, *, threads: int = 1, negatives: int = 0) -> Collection:
    """Photographs, and so many lighter negatives of a cat that is not there."""
    collection = Collection(path, settings=Settings(threads=threads, workers=1))
    collection.add(*(FOLDER / name for name in SCENES))
    for number in range(negatives):
        collection.add_image(jpeg(ImageOps.invert(photo("chelsea.png")), 60 + 10 * number), name=f"{number}.jpg")
    return collection


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    with _filled(tmp_path_factory.mktemp("verification") / "c.pictrace") as filled:
        yield filled


def test_a_small_part_is_proved_by_a_closer_look(collection) -> None:
    """A fifth of each side has too few features of its own at the first look."""
    whole = photo("astronaut.png")
    answer = collection.search(jpeg(whole.crop((180, 60, 290, 170))))

    assert answer[0].path == str(FOLDER / "astronaut.png")
    assert answer[0].relation is Relation.COPY
    assert "closer" in answer.timings_ms


def test_nothing_is_looked_at_for_a_flat_picture(collection) -> None:
    """There is nothing to prove."""
    answer = collection.search(jpeg(Image.new("RGB", (300, 200), (90, 120, 60))))

    assert not {"inside", "closer", "thorough", "relatives"} & set(answer.timings_ms)


def test_who_asks_by_a_stored_picture_hears_of_relatives(tmp_path) -> None:
    """That it is there itself is no answer; all its negatives are."""
    with _filled(tmp_path / "c.pictrace", negatives=2) as filled:
        key = filled.add_image(jpeg(photo("chelsea.png")), name="cat.jpg")
        answer = search(filled.engine(), key, Wanted(limit=5))

        assert [match.relation for match in answer][:3] == [Relation.EXACT, Relation.COPY, Relation.COPY]
        assert "relatives" in answer.timings_ms


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_do_not_change_what_a_closer_look_finds(tmp_path, threads) -> None:
    """All equal copies are told, however many cores there are."""
    with _filled(tmp_path / "c.pictrace", threads=threads, negatives=3) as filled:
        answer = filled.search(jpeg(photo("chelsea.png")))

        assert [match.relation for match in answer][:3] == [Relation.COPY] * 3


def test_the_last_look_passes_over_nobody(collection) -> None:
    """What comes later with a better hint is glanced at too, and nobody twice."""
    engine = collection.engine()
    keys = [one.id for one in collection.list()]
    query = collection.traced(Picture.open(jpeg(photo("cell.png"))))
    first = verification.judged(engine, query, keys[:2], verify=True)
    once = verification.looked_closer(engine, query, first, keys, last=False)
    more = verification.judged(engine, query, keys[2:], verify=True)
    last = verification.looked_closer(engine, query, [*once, *more], list(reversed(keys)), last=True)

    assert all(one.glanced for one in last)
    assert [one.key for one in last] == keys


def test_a_thin_picture_is_in_nobodys_way(tmp_path) -> None:
    """Its proxy is thinner than any picture may be, and still searched, compared and passed over."""
    thin = photo("coffee.png").resize((3000, 30))
    with _filled(tmp_path / "c.pictrace") as filled:
        key = filled.add_image(jpeg(thin), name="thin.jpg")
        stored = search(filled.engine(), key)
        asked = filled.search(jpeg(photo("cell.png").resize((90, 400))))

        assert stored[0].relation is Relation.EXACT
        assert "thorough" in asked.timings_ms
        assert filled.compare(jpeg(thin), jpeg(photo("cell.png"))).relation is Relation.DIFFERENT
