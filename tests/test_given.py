"""Pictures that were handed over: the names they are kept under."""

import pytest
from photographs import jpeg, noise

from pictrace import _given
from pictrace.collection import Collection
from pictrace.errors import TooManyPlacesError


def test_a_picture_has_only_so_many_names(tmp_path, monkeypatch):
    """One more is refused, one that it has is not; another picture is not concerned."""
    monkeypatch.setattr(_given, "MOST_PLACES", 3)
    data = jpeg(noise(1))
    with Collection(tmp_path / "c.pictrace") as collection:
        key = collection.add_image(data, name="a")
        for name in ("b", "c", "a"):
            collection.add_image(data, name=name)
        with pytest.raises(TooManyPlacesError):
            collection.add_image(data, name="d")
        collection.add_image(jpeg(noise(2)), name="d")

        assert [place.uri for place in collection.get(key).locations] == ["a", "b", "c"]


def test_places_on_the_disk_are_no_names(tmp_path, monkeypatch):
    """There may be any number of them."""
    monkeypatch.setattr(_given, "MOST_PLACES", 1)
    (tmp_path / "pictures").mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / "pictures" / name).write_bytes(jpeg(noise(1)))
    with Collection(tmp_path / "c.pictrace") as collection:
        collection.add(tmp_path / "pictures")
        key = collection.add_image(jpeg(noise(1)), name="d")

        assert len(collection.get(key).locations) == 4


def test_pictures_of_one_name_are_told_apart(tmp_path):
    """Each gets the next number, also after a gap, and keeps it when it is handed over again."""
    with Collection(tmp_path / "c.pictrace") as collection:
        keys = [collection.add_image(jpeg(noise(seed)), name="a.jpg") for seed in range(6)]
        collection.add_image(jpeg(noise(4)), name="a.jpg")
        names = [[place.uri for place in collection.get(key).locations] for key in keys]
        collection.remove(keys[2])
        again = collection.add_image(jpeg(noise(7)), name="a.jpg")

        assert names == [["a.jpg"], *([f"a ({number}).jpg"] for number in range(2, 7))]
        assert [place.uri for place in collection.get(again).locations] in (["a (3).jpg"], ["a (7).jpg"])
