"""The collection: made on first use, one writer, checked and rebuilt."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fetch.upstream import ALLOWED, ok, policy, serving
from photographs import FOLDER, jpeg, noise, photo

import pictrace
from pictrace.collection import Collection
from pictrace.edits import cropped
from pictrace.errors import (
    IndexLockedError,
    NotFoundError,
    RecipeMismatchError,
    RootMissingError,
    SourceNotAllowedError,
    UsageError,
)
from pictrace.filters import parse
from pictrace.orders import Order
from pictrace.settings import Settings
from pictrace.types import Relation


@pytest.fixture
def collection(tmp_path: Path):
    """An empty place for a collection."""
    with Collection(tmp_path / "a.pictrace", settings=Settings(workers=1, threads=1)) as fresh:
        yield fresh


def test_searching_a_collection_that_is_not_there_says_how_to_make_one(collection: Collection) -> None:
    """Nothing is created by looking."""
    with pytest.raises(NotFoundError) as caught:
        collection.search(jpeg(noise(1)))

    assert "pictrace index" in caught.value.hint
    assert not collection.path.exists()


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_small_collections_find_all_they_hold(collection: Collection, size: int) -> None:
    """A collection of one picture is a collection."""
    keys = [collection.add_image(jpeg(noise(seed)), name=f"{seed}") for seed in range(size)]

    found = [collection.search(jpeg(noise(seed)))[0].id for seed in range(size)]

    assert keys == found


def test_the_same_image_twice_has_one_key(collection: Collection) -> None:
    """Content is identity."""
    assert collection.add_image(jpeg(noise(1))) == collection.add_image(jpeg(noise(1)))


def test_list_goes_on_after_an_id(collection: Collection) -> None:
    """Pages join without gap or overlap."""
    keys = [collection.add_image(jpeg(noise(seed))) for seed in range(4)]

    assert keys[1:3] == [record.id for record in collection.list(after=keys[0], limit=2)]


@pytest.mark.parametrize("order", ["oldest", "newest", "smallest", "largest", "lightest", "heaviest"])
def test_list_goes_on_after_an_id_in_every_order(collection: Collection, order: Order) -> None:
    """The id says where, whatever is sorted by."""
    for seed in range(4):
        collection.add_image(jpeg(noise(seed, (160, 120 + seed % 2))))
    keys = [record.id for record in collection.list(order=order)]

    assert keys[2:] == [record.id for record in collection.list(after=keys[1], order=order)]


def test_list_takes_a_filter_as_text_or_as_a_tree(collection: Collection) -> None:
    """Programs can build what people write."""
    keys = [collection.add_image(jpeg(noise(seed)), name=f"{seed}") for seed in range(3)]
    lists = [[one.id for one in collection.list(where=where)] for where in ("path != 1", parse("not path = 1"))]

    assert lists == [[keys[0], keys[2]]] * 2


@pytest.mark.parametrize("wrong", [{"where": "width >"}, {"order": "random"}, {"order": "largest", "after": 9}])
def test_list_refuses_what_makes_no_sense_at_once(collection: Collection, wrong: dict[str, Any]) -> None:
    """The call fails, not the first step of a loop somewhere else."""
    collection.add_image(jpeg(noise(1)))

    with pytest.raises((UsageError, NotFoundError)):
        collection.list(**wrong)


def test_remove_is_all_or_nothing(collection: Collection) -> None:
    """One unknown id, and the known ones stay."""
    key = collection.add_image(jpeg(noise(1)))

    with pytest.raises(NotFoundError):
        collection.remove(key, 999)

    assert len(collection) == 1


def test_a_second_writer_is_refused_by_name(collection: Collection) -> None:
    """Whoever waits learns which process has the lock."""
    collection.add_image(jpeg(noise(1)))
    code = "\n".join(
        [
            "from pictrace.collection import Collection",
            f"with Collection({str(collection.path)!r})._writing():",
            "    print('have it', flush=True)",
            "    input()",
        ]
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    assert holder.stdout.readline()

    with pytest.raises(IndexLockedError, match=str(holder.pid)):
        collection.add_image(jpeg(noise(2)))
    holder.communicate("\n")


def test_verify_is_silent_about_a_sound_collection(collection: Collection) -> None:
    """No news is good news."""
    collection.add_image(jpeg(noise(1)))
    collection.rebuild()

    assert list(collection.verify()) == []


def test_rebuild_brings_back_a_lost_index(collection: Collection) -> None:
    """Indexes are accelerators; the catalog is the truth."""
    key = collection.add_image(jpeg(noise(1)))
    collection.rebuild()
    for file in (collection.path / "indexes").iterdir():
        file.unlink()
    collection.close()
    collection.rebuild()

    assert key == collection.search(jpeg(noise(1)))[0].id


def test_an_encoder_of_another_version_is_refused(collection: Collection, monkeypatch) -> None:
    """Rows of two versions are never mixed."""
    collection.add_image(jpeg(noise(1)))
    collection.close()
    from pictrace.encoders import lite0

    monkeypatch.setattr(lite0.Encoder, "version", "of another time")

    with pytest.raises(RecipeMismatchError, match="of another time"):
        collection.search(jpeg(noise(1)))


def test_add_without_sources_is_refused(collection: Collection) -> None:
    """Nothing to add is a mistake, not a success."""
    with pytest.raises(UsageError):
        collection.add()


def test_every_source_is_looked_at_once_before_anything_is_made(collection: Collection, monkeypatch) -> None:
    """A misspelt source after a good one leaves nothing half done."""
    looked = []
    plain = pictrace.collection.open_source

    def counted(path: Path, *limits: object, **options: object) -> object:
        looked.append(path)
        return plain(path, *limits, **options)

    monkeypatch.setattr(pictrace.collection, "open_source", counted)

    with pytest.raises(RootMissingError):
        collection.add(FOLDER / "coffee.png", FOLDER / "missing.png")
    before = collection.path.exists()
    added = collection.add(FOLDER / "coffee.png").added

    assert (before, added) == (False, 1)
    assert [path.name for path in looked] == ["coffee.png", "missing.png", "coffee.png"]


def test_members_that_are_known_stay_packed(collection: Collection, tmp_path: Path) -> None:
    """A source asks what is known while it is read, whenever it was opened."""
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.write(FOLDER / "coffee.png", "coffee.png")

    first, second = (collection.add(tmp_path / "some.zip") for _ in range(2))

    assert (first.added, second.added, second.unchanged) == (1, 0, 1)


def test_open_is_the_short_way(tmp_path: Path) -> None:
    """Ten lines of Python are enough."""
    with pictrace.open(tmp_path / "short.pictrace", settings=Settings(workers=1)) as collection:
        report = collection.add(FOLDER / "coffee.png")

        assert 1 == report.added == len(collection)


def test_answers_are_plain_json(collection: Collection) -> None:
    """What the library returns is what the API sends."""
    collection.add_image(jpeg(noise(1)), name="one")

    plain = json.loads(json.dumps(collection.search(jpeg(noise(1))).to_dict()))

    assert tuple(plain["results"][0][name] for name in ("path", "relation", "score")) == ("one", "exact", 1.0)


def test_a_script_without_main_guard_can_index(tmp_path: Path) -> None:
    """Worker processes must not run the user's program again."""
    (tmp_path / "one.jpg").write_bytes(jpeg(noise(1)))
    script = tmp_path / "plain.py"
    script.write_text(
        "import pictrace\n"
        f"with pictrace.open({str(tmp_path / 'x.pictrace')!r}) as c:\n"
        f"    print('added', c.add({str(tmp_path / 'one.jpg')!r}).added)\n"
    )

    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)

    assert done.stdout == "added 1\n"


def test_features_put_off_are_made_when_needed_and_by_rebuild(collection: Collection, tmp_path: Path) -> None:
    """A crop is recognised before and after, and afterwards the collection is like any other."""
    collection.add(FOLDER / "coffee.png", defer_features=True)
    query = jpeg(cropped(0.15)(photo("coffee.png")))

    before = collection.search(query)[0]
    collection.rebuild()
    after = collection.search(query)[0]

    assert before.relation is after.relation is Relation.COPY
    assert collection.recipe.features != "deferred"


def test_features_cannot_be_put_off_where_they_are(collection: Collection) -> None:
    """An option that would do nothing is refused."""
    collection.add_image(jpeg(noise(1)))

    with pytest.raises(UsageError, match="has its local features already"):
        collection.add(FOLDER / "coffee.png", defer_features=True)


def test_a_url_can_be_searched_with_and_compared(tmp_path: Path) -> None:
    """As any other image; where it may not be asked, the search is refused."""
    data = jpeg(noise(9300))
    with serving({"/a.jpg": ok(data)}) as server:
        url = f"http://{ALLOWED}:{server.port}/a.jpg"
        settings = Settings(workers=1, threads=1, fetch=policy(server))
        with Collection(tmp_path / "a.pictrace", settings=settings) as collection:
            key = collection.add_image(data)

            assert [match.id for match in collection.search(url)] == [key]
            assert collection.compare(url, data).relation is Relation.EXACT
            with pytest.raises(SourceNotAllowedError):
                collection.search(f"http://127.0.0.1:{server.port}/a.jpg")


def test_pictures_of_the_collection_are_compared_by_their_ids(collection: Collection) -> None:
    """With each other and with any image; an id without a collection names nothing."""
    whole, crop = photo("coffee.png"), jpeg(cropped(0.15)(photo("coffee.png")))
    one, two = collection.add_image(jpeg(whole)), collection.add_image(crop)

    assert collection.compare(one, two).relation is collection.compare(jpeg(whole), two).relation is Relation.COPY
    assert [str(change.kind) for change in collection.compare(two, one).changes] == ["cropped"]
    with pytest.raises(UsageError, match="id names a picture"):
        pictrace.compare(1, crop)


def test_a_search_is_explained(collection: Collection) -> None:
    """Why one picture is found, and another is not."""
    one = collection.add_image(jpeg(photo("coffee.png")))
    other = collection.add_image(jpeg(photo("rocket.jpg")))
    query = jpeg(cropped(0.15)(photo("coffee.png")))

    found, missed = collection.explain(query, one), collection.explain(query, other)

    assert (found.found.place, found.pair.match.id) == (1, one)
    assert missed.found.place is None
    assert missed.pair.match.relation < Relation.SCENE
    assert json.loads(json.dumps(found.to_dict()))["found"]["says"] == "A search finds it as match 1."
