"""Indexing: everything new gets in once, and nothing is lost whatever happens."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from fetch.upstream import ALLOWED, Upstream, ok, policy, serving
from photographs import jpeg, noise

from pictrace.catalogs.sqlite import Catalog
from pictrace.collection import Collection
from pictrace.errors import RootMissingError
from pictrace.ingest import Progress
from pictrace.settings import Settings

ONE_WORKER = Settings(workers=1, threads=1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A collection whose worker process is started once; each test has its own folders in it."""
    with Collection(tmp_path_factory.mktemp("shared") / "tests.pictrace", settings=ONE_WORKER) as collection:
        yield collection


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of three pictures that no other test has."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(jpeg(noise(zlib.crc32(f"{tmp_path.name} {number}".encode()))))
    return folder


def paths(collection: Collection, folder: Path) -> list[str]:
    found = [place.uri for record in collection.list() for place in record.locations]
    return sorted(uri for uri in found if uri.startswith(str(folder)))


def test_a_second_run_changes_nothing(shared: Collection, pictures: Path) -> None:
    """Unchanged files are not even read."""
    first, second = shared.add(pictures), shared.add(pictures)

    assert (first.added, first.unchanged) == (3, 0)
    assert (second.added, second.unchanged) == (0, 3)


def test_same_bytes_at_two_places_are_one_picture(shared: Collection, pictures: Path) -> None:
    """A copy of a file is another location, not another picture."""
    shutil.copy(pictures / "0.jpg", pictures / "again.jpg")

    report = shared.add(pictures)

    assert (report.added, report.known) == (3, 1)
    assert len(paths(shared, pictures)) == 4


def test_hard_links_are_one_picture(shared: Collection, pictures: Path) -> None:
    """Two names of one file, one picture."""
    os.link(pictures / "0.jpg", pictures / "link.jpg")

    assert shared.add(pictures).added == 3


def test_a_moved_file_is_recognised(shared: Collection, pictures: Path) -> None:
    """Renaming costs no decoding, keeps the picture, and the old place goes by itself."""
    before = shared.add(pictures)
    (pictures / "0.jpg").rename(pictures / "renamed.jpg")

    after = shared.add(pictures)

    assert (after.added, after.known, after.moved, after.vanished) == (0, 1, 1, [])
    assert 3 == len(before.ids) == len(paths(shared, pictures))


def test_a_changed_file_is_read_again(shared: Collection, pictures: Path) -> None:
    """Another size or time of change means another look."""
    shared.add(pictures)
    (pictures / "0.jpg").write_bytes(jpeg(noise(99)))

    report = shared.add(pictures)

    assert (report.added, report.unchanged) == (1, 2)
    assert len(paths(shared, pictures)) == 3


def test_a_vanished_file_is_reported_and_kept(shared: Collection, pictures: Path) -> None:
    """Nothing is forgotten unless asked for."""
    shared.add(pictures)
    (pictures / "0.jpg").unlink()

    report = shared.add(pictures)

    assert ([str(pictures / "0.jpg")], 0) == (report.vanished, report.pruned)
    assert len(paths(shared, pictures)) == 3


def test_prune_forgets_what_vanished(shared: Collection, pictures: Path) -> None:
    """With --prune the collection follows the folder."""
    shared.add(pictures)
    (pictures / "0.jpg").unlink()

    report = shared.add(pictures, prune=True)

    assert (report.pruned, len(paths(shared, pictures))) == (1, 2)


def test_a_given_name_below_a_folder_is_not_pruned(shared: Collection, pictures: Path) -> None:
    """What a program called its picture is not looked for, though it reads like a file of the folder."""
    name = str(pictures / "upload.jpg")
    shared.add(pictures)
    shared.add_image(jpeg(noise(zlib.crc32(name.encode()))), name=name)

    report = shared.add(pictures, prune=True)

    assert (report.vanished, report.moved, report.pruned) == ([], 0, 0)
    assert name in paths(shared, pictures)


def test_a_given_name_is_no_place_to_have_moved_to(shared: Collection, pictures: Path, monkeypatch) -> None:
    """Not even where the working directory has a file of that name."""
    monkeypatch.chdir(pictures)
    shared.add(pictures)
    shared.add_image(pictures / "0.jpg", name="1.jpg")
    (pictures / "0.jpg").unlink()

    report = shared.add(pictures)

    assert (report.vanished, report.moved) == ([str(pictures / "0.jpg")], 0)


def test_nothing_is_pruned_when_the_root_is_gone(shared: Collection, pictures: Path) -> None:
    """A drive that is not mounted must not empty the collection."""
    shared.add(pictures)
    shutil.rmtree(pictures)

    with pytest.raises(RootMissingError):
        shared.add(pictures, prune=True)

    assert len(paths(shared, pictures)) == 3


def test_nothing_is_pruned_when_the_root_is_empty(shared: Collection, pictures: Path) -> None:
    """An empty mount point looks like a folder, and is as good as gone."""
    shared.add(pictures)
    for file in pictures.iterdir():
        file.unlink()

    with pytest.raises(RootMissingError, match="nothing is left"):
        shared.add(pictures, prune=True)

    assert len(paths(shared, pictures)) == 3


def test_a_bad_file_costs_one_item(shared: Collection, pictures: Path) -> None:
    """The failure is named, the others are in."""
    (pictures / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture at all")

    report = shared.add(pictures)

    assert report.added == 3
    assert [("image_corrupt", str(pictures / "bad.jpg"))] == [(f.code, f.path) for f in report.failures]


def test_members_of_a_zip_are_found_under_their_names(shared: Collection, pictures: Path) -> None:
    """An archive is a folder that is never unpacked."""
    archive = pictures.parent / "pictures.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for one in pictures.iterdir():
            file.write(one, f"inside/{one.name}")

    first, second = shared.add(archive), shared.add(archive)

    assert (first.added, second.unchanged) == (3, 3)
    assert f"{archive}!/inside/0.jpg" in paths(shared, archive)


def test_a_member_that_left_its_archive_has_vanished(shared: Collection, pictures: Path) -> None:
    """A new version of an archive is compared with the old one."""
    archive = pictures.parent / "pictures.zip"
    for names in (("0.jpg", "1.jpg"), ("1.jpg",)):
        with zipfile.ZipFile(archive, "w") as file:
            for name in names:
                file.write(pictures / name, name)
        report = shared.add(archive)

    assert [f"{archive}!/0.jpg"] == report.vanished


def test_killed_in_the_middle_the_same_command_goes_on(tmp_path: Path) -> None:
    """After kill -9 the second run ends as one uninterrupted run would have."""
    folder, target = tmp_path / "many", tmp_path / "killed.pictrace"
    folder.mkdir()
    for number in range(120):
        (folder / f"{number}.jpg").write_bytes(jpeg(noise(number)))
    process = subprocess.Popen(
        [sys.executable, "-m", "pictrace", "index", str(folder), "-c", str(target), "--workers", "1"]
    )
    catalog = target / "catalog.sqlite-wal"
    while process.poll() is None and not (catalog.exists() and catalog.stat().st_size > 1_000_000):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()

    with Collection(target, settings=ONE_WORKER) as collection:
        report = collection.add(folder)
        names = paths(collection, folder)

        assert 120 == report.added + report.unchanged == len(collection) == len(set(names)) == len(names)
        assert list(collection.verify()) == []


class Interrupting(Progress):
    """Stops a run once its first batch is in."""

    def seen(self, done: int, place: str) -> None:
        """As Ctrl+C would."""
        raise KeyboardInterrupt


def sequence(folder: Path, shared: Collection) -> dict[str, int]:
    """More pictures than two batches hold, indexed and then renamed so that each has the name of the next."""
    folder.mkdir()
    for number in range(70):
        (folder / f"{number:03}.jpg").write_bytes(jpeg(noise(zlib.crc32(f"{folder} {number}".encode()), (64, 48))))
    shared.add(folder)
    before = ids(shared, folder)
    for number in reversed(range(70)):
        (folder / f"{number:03}.jpg").rename(folder / f"{number + 1:03}.jpg")
    return before


def ids(collection: Collection, folder: Path) -> dict[str, int]:
    """The id of each picture that a folder holds, by its bytes."""
    here = {hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}
    return {record.sha256: record.id for record in collection.list() if record.sha256 in here}


def test_a_renamed_sequence_keeps_its_ids(shared: Collection, tmp_path: Path) -> None:
    """Every file takes the name of the next one, across batches, and every picture stays what it was."""
    before = sequence(tmp_path / "sequence", shared)

    report = shared.add(tmp_path / "sequence")

    assert (report.added, report.known) == (0, 70)
    assert ids(shared, tmp_path / "sequence") == before


def test_an_interrupted_run_drops_nothing(shared: Collection, tmp_path: Path) -> None:
    """Pictures that lost their place and were not found again yet are there for the next run."""
    before = sequence(tmp_path / "sequence", shared)
    with pytest.raises(KeyboardInterrupt):
        shared.add(tmp_path / "sequence", progress=Interrupting())
    during, problems = ids(shared, tmp_path / "sequence"), list(shared.verify())

    report = shared.add(tmp_path / "sequence")

    assert (during, problems) == (before, [])
    assert (report.added, ids(shared, tmp_path / "sequence")) == (0, before)
    assert len(paths(shared, tmp_path / "sequence")) == 70


def test_a_picture_that_changes_its_folder_keeps_its_id(shared: Collection, pictures: Path) -> None:
    """Pruned in one source and found in the next of the same run, it was never gone."""
    before = shared.add(pictures).ids
    (pictures.parent / "other").mkdir()
    (pictures / "0.jpg").rename(pictures.parent / "other" / "0.jpg")

    report = shared.add(pictures, pictures.parent / "other", prune=True)

    assert (report.added, report.known) == (0, 1)
    assert set(before) <= {record.id for record in shared.list()}


def test_what_was_overwritten_is_gone_after_the_run(shared: Collection, pictures: Path) -> None:
    """A picture whose only file holds another one now is not kept."""
    old = shared.add(pictures).ids
    for number in range(3):
        (pictures / f"{number}.jpg").write_bytes(jpeg(noise(zlib.crc32(f"{pictures} new {number}".encode()))))

    report = shared.add(pictures)

    assert report.added == report.replaced == 3
    assert not set(old) & {record.id for record in shared.list()}


def test_files_below_a_folder_that_was_indexed_by_itself_are_followed(shared: Collection, pictures: Path) -> None:
    """Indexing the folder above later notices what is gone below."""
    shared.add(pictures)
    (pictures / "0.jpg").unlink()

    report = shared.add(pictures.parent)

    assert report.vanished == [str(pictures / "0.jpg")]


def test_failures_alone_do_not_make_a_root_alive(shared: Collection, pictures: Path) -> None:
    """One broken file in an otherwise empty folder is no reason to forget the others."""
    shared.add(pictures)
    for file in pictures.iterdir():
        file.unlink()
    (pictures / "junk.jpg").write_bytes(b"no picture")

    with pytest.raises(RootMissingError):
        shared.add(pictures, prune=True)

    assert len(paths(shared, pictures)) == 3


def test_a_list_of_urls_is_indexed_and_goes_on(tmp_path: Path) -> None:
    """With the metadata of its lines; the second run fetches only what failed before."""
    answers = {f"/{number}.jpg": ok(jpeg(noise(9100 + number))) for number in range(3)}
    with serving(answers) as server:
        urls = [f"http://{ALLOWED}:{server.port}/{number}.jpg" for number in range(4)]
        items = tmp_path / "items.csv"
        items.write_text("url,id\n" + "".join(f"{url},n{number}\n" for number, url in enumerate(urls)))
        settings = Settings(workers=1, threads=1, fetch=policy(server))
        with Collection(tmp_path / "a.pictrace", settings=settings) as collection:
            first = collection.add(items)
            answers["/3.jpg"] = ok(jpeg(noise(9103)))
            second = collection.add(items, prune=True)
            found = {record.path: record.metadata for record in collection.list()}

    assert (first.added, [failure.code for failure in first.failures]) == (3, ["source_error"])
    assert (second.added, second.unchanged, second.vanished, len(server.paths)) == (1, 3, [], 5)
    assert found == {url: {"id": f"n{number}"} for number, url in enumerate(urls)}


def test_a_url_that_left_its_list_has_vanished(tmp_path: Path) -> None:
    """And is forgotten with `prune`; the other stays."""
    with serving({f"/{number}": ok(jpeg(noise(9200 + number))) for number in range(2)}) as server:
        urls = [f"http://{ALLOWED}:{server.port}/{number}" for number in range(2)]
        path = tmp_path / "urls.txt"
        path.write_text("\n".join(urls))
        settings = Settings(workers=1, threads=1, fetch=policy(server))
        with Collection(tmp_path / "a.pictrace", settings=settings) as collection:
            collection.add(path)
            path.write_text(urls[1])
            report = collection.add(path, prune=True)

            assert (report.vanished, report.pruned) == ([urls[0]], 1)
            assert [record.path for record in collection.list()] == [urls[1]]


@pytest.fixture
def lists(tmp_path: Path):
    """Two pictures on a server, and beside the lists that name them a collection that may fetch them."""
    with serving({f"/{number}": ok(jpeg(noise(9300 + number))) for number in range(2)}) as server:
        settings = Settings(workers=1, threads=1, fetch=policy(server))
        with Collection(tmp_path / "lists.pictrace", settings=settings) as collection:
            yield Lists(tmp_path, collection, server, [f"http://{ALLOWED}:{server.port}/{n}" for n in range(2)])


@dataclass(frozen=True)
class Lists:
    """Where lists are written, what they are indexed into, and what they can name."""

    folder: Path
    collection: Collection
    server: Upstream
    urls: list[str]

    def write(self, name: str, *lines: str) -> Path:
        """A list of these lines."""
        (self.folder / name).write_text("\n".join(lines))
        return self.folder / name


@pytest.mark.parametrize("line", ['{{"url": "{url}", "metadata": 3}}', '{{"url": "{url}"'], ids=["its URL", "nothing"])
def test_a_line_that_cannot_be_read_prunes_nothing(lists: Lists, line: str) -> None:
    """Its picture may be any of those that seem to be gone."""
    both = [f'{{"url": "{url}"}}' for url in lists.urls]
    lists.collection.add(lists.write("items.jsonl", *both))

    wrong = lists.write("items.jsonl", line.format(url=lists.urls[0]), both[1])
    report = lists.collection.add(wrong, prune=True)

    assert ([failure.code for failure in report.failures], report.vanished, report.pruned) == (["list_invalid"], [], 0)
    assert len(lists.collection) == 2


HOSTILE = {
    "half a pair": r'{"url": "http://a.example/\ud800"}',
    "infinity": '{"url": "URL", "metadata": {"x": 1e999}}',
    "levels": f'{{"url": "URL", "x": {"[" * 900}{"]" * 900}}}',
    "large number": f'{{"url": "URL", "x": {"9" * 1900}}}',
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_line_costs_itself(lists: Lists, line: str) -> None:
    """The next one is indexed."""
    path = lists.write("items.jsonl", line.replace("URL", lists.urls[0]), f'{{"url": "{lists.urls[1]}"}}')
    report = lists.collection.add(path)

    assert ([failure.code for failure in report.failures], report.added) == (["list_invalid"], 1)


def test_what_another_list_of_the_same_run_names_is_not_pruned(lists: Lists) -> None:
    """It is neither gone nor fetched again, and belongs to that list from now on."""
    first, second = lists.write("a.txt", *lists.urls), lists.write("b.txt", lists.urls[0])
    before = lists.collection.add(first, second).ids
    lists.write("a.txt", lists.urls[1])

    both = lists.collection.add(first, second, prune=True)
    alone = lists.collection.add(first, prune=True)

    assert (both.vanished, both.pruned, alone.pruned, len(lists.server.paths)) == ([], 0, 0, 2)
    assert [record.id for record in lists.collection.list()] == before


def test_what_both_lists_of_a_run_drop_is_pruned(lists: Lists) -> None:
    """Whichever of them had it."""
    first, second = lists.write("a.txt", *lists.urls), lists.write("b.txt", lists.urls[0], lists.urls[1])
    lists.collection.add(first, second)
    for name in ("a.txt", "b.txt"):
        lists.write(name, lists.urls[1])

    report = lists.collection.add(first, second, prune=True)

    assert (report.vanished, report.pruned) == ([lists.urls[0]], 1)


def test_what_a_later_list_of_the_same_run_names_wrongly_is_not_pruned(lists: Lists) -> None:
    """Its line cannot be used, and still names the picture."""
    first = lists.write("a.txt", *lists.urls)
    lists.collection.add(first)
    lists.write("a.txt", lists.urls[1])
    second = lists.write("b.jsonl", f'{{"url": "{lists.urls[0]}", "metadata": 3}}')

    assert lists.collection.add(first, second, prune=True).pruned == 0


def test_each_url_is_looked_up_once(lists: Lists, monkeypatch) -> None:
    """What the list asked is not asked again."""
    asked, plain = [], Catalog.location
    monkeypatch.setattr(Catalog, "location", lambda self, uri: asked.append(uri) or plain(self, uri))
    lists.collection.add(lists.write("a.txt", *lists.urls))
    del asked[:]

    assert lists.collection.add(lists.folder / "a.txt").unchanged == 2
    assert asked == lists.urls
