"""What the service holds: collections by name, and who is told of them."""

import asyncio
import threading

import pytest
from photographs import jpeg, noise
from service.desk import opened, settings, until

from pictrace.errors import NotFoundError, ShuttingDownError, TooManyInFlightError
from pictrace.service import custody as custody_module


def test_collections_are_found_again(tmp_path):
    """By the next service; other folders are none."""
    with opened(settings(tmp_path)) as desk:
        desk.shelf.make("birds")
        desk.shelf.get("birds").custody.take_in(jpeg(noise(1)), name="a")
    for name in ("UPPER.pictrace", "no-ending", "default.pictrace"):
        (tmp_path / "more" / name).mkdir()
    with opened(settings(tmp_path)) as desk:
        assert desk.shelf.names() == ["default", "birds"]
        assert len(desk.shelf.get("birds").custody.collection) == 1


def test_two_who_ask_first_get_the_same(tmp_path):
    """It is opened once."""
    with opened(settings(tmp_path)) as desk:
        desk.shelf.make("birds")
    with opened(settings(tmp_path)) as desk:
        found = []
        threads = [threading.Thread(target=lambda: found.append(desk.shelf.get("birds"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_nothing_is_opened_at_the_end(tmp_path):
    """Whoever asks is told to come back."""
    with opened(settings(tmp_path)) as desk:
        shelf = desk.shelf
        with pytest.raises(NotFoundError):
            shelf.get("birds")
    with pytest.raises(ShuttingDownError):
        shelf.get("default")


def test_a_write_is_done_though_no_job_fits(tmp_path, monkeypatch):
    """Indexes are brought up to date some other time."""
    monkeypatch.setattr(custody_module, "FOLD_PICTURES", 1)
    with opened(settings(tmp_path)) as desk:

        def refuse(*_, **__):
            raise TooManyInFlightError("too many")

        monkeypatch.setattr(desk.held.jobs, "add", refuse)
        answer = desk.post("/images", files={"image": ("a", jpeg(noise(1)))})

    assert answer.status_code == 201


def test_indexes_are_brought_up_to_date_by_a_job(tmp_path, monkeypatch):
    """Once enough was written."""
    monkeypatch.setattr(custody_module, "FOLD_PICTURES", 2)
    with opened(settings(tmp_path)) as desk:
        for seed in range(3):
            desk.add(jpeg(noise(seed)))
        until(lambda: [str(job.state) for job in desk.held.jobs.all()] == ["done"])

        assert desk.held.jobs.all()[0].kind == "fold"


def test_who_listens_hears_of_every_write(tmp_path):
    """Also of what jobs did."""
    with opened(settings(tmp_path)) as desk:

        def act(told):
            if told == 1:
                key = desk.add(jpeg(noise(1)))["id"]
                desk.delete(f"/images/{key}")
                desk.held.jobs.add("rebuild", "indexes")

        heard = desk.listens(
            "/v1/collections/default/events",
            lambda text: text.count("event: collection") == 4,
            act,
        )

    pictures = [data["pictures"] for name, data in heard if name == "collection"]
    versions = [data["version"] for name, data in heard if name == "collection"]
    assert pictures == [0, 1, 0, 0]
    assert versions == sorted(versions)


def test_jobs_of_every_collection_go_on(tmp_path):
    """Without anybody asking for it; and it is held from the start."""
    with opened(settings(tmp_path)) as desk:
        desk.shelf.make("birds")
        desk.shelf.get("birds").jobs.end()
        number = desk.shelf.get("birds").jobs.add("rebuild", "indexes").id
    with opened(settings(tmp_path)) as desk:
        held = next(one for one in desk.shelf.opened() if one.custody.name == "birds")
        until(lambda: held.jobs.get(number).state == "done")


def test_who_reads_does_not_wait_for_what_is_being_opened(tmp_path):
    """Nor does the question whether the service is ready."""
    with opened(settings(tmp_path)) as desk, desk.shelf._lock:
        found = []
        thread = threading.Thread(target=lambda: found.extend([desk.shelf.found("default"), *desk.shelf.opened()]))
        thread.start()
        thread.join(10)

        assert len(found) == 2


@pytest.mark.parametrize(("seconds", "is_waited_for"), [(20.0, True), (0.1, False)])
def test_no_collection_is_closed_under_a_reader(tmp_path, seconds, is_waited_for):
    """The end waits for requests that still run; with one that does not end in time, the collection stays open."""
    begun, go_on = threading.Event(), threading.Event()
    with opened(settings(tmp_path, service={"graceful_seconds": seconds})) as desk:
        collection = desk.held.custody.collection

        def look():
            begun.set()
            go_on.wait(10)
            return collection._writing.is_held, len(collection)

        found = asyncio.run_coroutine_threadsafe(desk.shelf.light.run(look), desk.loop)
        assert begun.wait(10)
        end = threading.Thread(target=desk.shelf.stop)
        end.start()
        if is_waited_for:
            until(lambda: desk.shelf.light._is_closed)
        else:
            end.join(10)
        go_on.set()
        end.join(10)

        assert found.result(10) == (True, 0)
        assert collection._writing.is_held is not is_waited_for
