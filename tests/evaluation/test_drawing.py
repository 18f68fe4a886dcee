"""Who is drawn: by contents, from originals where they are, without relatives of strangers."""

import pytest
from photographs import jpeg, noise

from pictrace.collection import Collection
from pictrace.edits import brightened, recompressed
from pictrace.evaluation._drawing import drawn
from pictrace.settings import Settings

NOISES = 8


def shelf(path, images) -> Collection:
    fresh = Collection(path, settings=Settings(workers=1, threads=1))
    for image in images:
        fresh.add_image(jpeg(image))
    return fresh


def shas(collection, subjects) -> list[str]:
    return [collection.get(one.key).sha256 for one in subjects]


@pytest.fixture
def noises():
    return [noise(seed, (320, 240)) for seed in range(NOISES)]


def test_who_is_drawn_hangs_on_contents(tmp_path, noises) -> None:
    """The same pictures added in another order give the same cast."""
    with shelf(tmp_path / "a.pictrace", noises) as one, shelf(tmp_path / "b.pictrace", noises[::-1]) as other:
        casts = [drawn(each.engine(), each.settings.limits, pictures=3, strangers=4) for each in (one, other)]

        assert shas(one, casts[0].pictures) == shas(other, casts[1].pictures)
        assert shas(one, casts[0].strangers) == shas(other, casts[1].strangers)


def test_files_that_are_gone_are_stood_in_for(tmp_path, noises) -> None:
    """Where no original can be read, or another file is at its place, the preview is edited."""
    (tmp_path / "there").mkdir()
    for place, image in enumerate(noises):
        (tmp_path / "there" / f"{place}.jpg").write_bytes(jpeg(image))
    with Collection(tmp_path / "a.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(tmp_path / "there")
        (tmp_path / "there" / "0.jpg").unlink()
        (tmp_path / "there" / "1.jpg").write_bytes(jpeg(noise(99)))
        cast = drawn(collection.engine(), collection.settings.limits, pictures=4, strangers=4)

    gone = [one.from_proxy for one in (*cast.pictures, *cast.strangers)]
    assert (len(gone), sum(gone)) == (NOISES, 2)


def test_relatives_of_strangers_are_not_searched(tmp_path, noises) -> None:
    """A copy of a stranger would be found, and rightly so; it is left out with it."""
    copies = [recompressed(60)(brightened(image)) for image in noises]
    with shelf(tmp_path / "a.pictrace", noises + copies) as collection:
        cast = drawn(collection.engine(), collection.settings.limits, pictures=2, strangers=4)

    hidden = {key for one in cast.strangers for key in (one.key, *one.relatives)}
    assert all(one.relatives for one in cast.strangers)
    assert not hidden & set(cast.engine.allowed.tolist())
    assert not hidden & {one.key for one in cast.pictures}
