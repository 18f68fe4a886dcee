"""Pictures that come in over HTTP: files, several files, URLs, archives."""

import io
import json
import threading
import zipfile
from types import SimpleNamespace

import pytest
from fetch.upstream import ok, policy, serving
from photographs import jpeg, noise
from service.desk import ZIP, opened, settings

from pictrace.service import custody
from pictrace.service.routes import pictures

CODE = {"content-type": "application/json"}


def test_a_new_picture_is_created(yard):
    """With its record, its address and whether it was known."""
    answer = yard.post("/images", files={"image": ("holiday/one.jpg", jpeg(noise(1)))}, data={"metadata": '{"a":1}'})
    record = answer.json()

    assert answer.status_code == 201
    assert answer.headers["location"] == record["links"]["self"]
    assert (record["path"], record["metadata"], record["known"]) == ("one.jpg", {"a": 1}, False)
    assert yard.get(f"/images/{record['id']}").json() == {k: v for k, v in record.items() if k != "known"}


def test_the_same_picture_is_known(yard):
    """Its id stays, and so does what was said of it; a second name is one place more."""
    first = yard.add(jpeg(noise(2)), "a.jpg", metadata='{"a":1}')
    again = yard.post("/images", files={"image": ("b.jpg", jpeg(noise(2)))}, data={"metadata": '{"a":2}'})

    assert again.status_code == 200
    assert (again.json()["id"], again.json()["known"]) == (first["id"], True)
    assert again.json()["metadata"] == {"a": 1}
    assert again.json()["locations"] == ["a.jpg", "b.jpg"]


def test_a_body_may_be_the_picture_itself(yard):
    """Named in the address, or not at all."""
    kind = {"content-type": "image/jpeg"}
    query = {"name": "C:\\pics\\raw.jpg", "metadata": '{"a":1}'}
    named = yard.post("/images", params=query, content=jpeg(noise(3)), headers=kind)
    unnamed = yard.post("/images", content=jpeg(noise(4)), headers=kind)

    assert (named.status_code, named.json()["path"], named.json()["metadata"]) == (201, "raw.jpg", {"a": 1})
    assert (unnamed.status_code, unnamed.json()["path"]) == (201, "upload")


def test_two_pictures_of_one_name_are_told_apart(yard):
    """The second gets a number before its ending."""
    paths = [yard.add(jpeg(noise(seed)), "same.jpg")["path"] for seed in (5, 6, 5, 7)]

    assert paths == ["same.jpg", "same (2).jpg", "same.jpg", "same (3).jpg"]


def test_of_several_files_a_bad_one_costs_only_itself(yard):
    """Each has its own result, in order."""
    files = [
        ("image", ("a.jpg", jpeg(noise(8)))),
        ("image", ("b.txt", b"no picture")),
        ("image", ("c.jpg", jpeg(noise(8)))),
    ]
    answer = yard.post("/images", files=files)
    first, second, third = answer.json()["results"]

    assert answer.status_code == 200
    assert (second["name"], second["problem"]["code"], second["problem"]["status"]) == ("b.txt", "not_an_image", 422)
    assert (first["known"], third["known"], first["id"]) == (False, True, third["id"])


@pytest.mark.parametrize(("count", "status"), [(15, 200), (16, 200), (17, 400)])
def test_there_are_at_most_sixteen_files(yard, count, status):
    """More are refused before any is taken."""
    answer = yard.post("/images", files=[("image", (f"{seed}.txt", b"x")) for seed in range(count)])

    assert answer.status_code == status


def test_one_name_does_not_fit_several_files(yard):
    """They have names of their own."""
    answer = yard.post("/images", files=[("image", ("a", b"x")), ("image", ("b", b"x"))], data={"name": "c"})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("fields", [{"names": "x"}, {"metadata": "[1]"}, {"metadata": "{"}, {"metadata": '{"a":NaN}'}])
def test_what_stands_beside_a_file_has_to_make_sense(yard, fields):
    """Nothing is added."""
    before = yard.get().json()["pictures"]
    answer = yard.post("/images", files={"image": ("a.jpg", jpeg(noise(9)))}, data=fields)

    assert (answer.status_code, yard.get().json()["pictures"]) == (400, before)


@pytest.mark.parametrize(("size", "status"), [(16 * 1024, 201), (16 * 1024 + 1, 400)])
def test_metadata_have_a_bound(yard, size, status):
    """16 KiB of JSON, spaces of ours not counted."""
    said = json.dumps({"a": "x" * (size - len('{"a": ""}'))})

    assert len(said) == size
    assert (
        yard.post("/images", files={"image": ("a.jpg", jpeg(noise(size)))}, data={"metadata": said}).status_code
        == status
    )


@pytest.mark.parametrize(
    ("files", "data"),
    [({}, {"metadata": "{}"}), ({"file": ("a.jpg", b"x")}, {}), ({"image": ("a", b"x"), "b": ("b", b"x")}, {})],
)
def test_the_picture_is_in_the_field_image(yard, files, data):
    """Other fields are no pictures."""
    answer = yard.post("/images", files=files or None, data=data)

    assert answer.status_code in {400, 415}


@pytest.mark.parametrize("kind", ["text/plain", "application/zip", "application/octet-stream", ""])
def test_other_media_types_are_refused(yard, kind):
    """They are said to be no picture."""
    answer = yard.post("/images", content=b"x", headers={"content-type": kind})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_format")


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"GIF89a", 422, "image_corrupt"),
        (b"hello", 422, "not_an_image"),
        (b"", 422, "not_an_image"),
        (b"%PDF-1.7\n", 415, "unsupported_format"),
        (jpeg(noise(1, (15, 15))), 422, "image_too_small"),
    ],
)
def test_a_file_that_is_no_picture_is_a_problem(yard, data, status, code):
    """Of the kind that the core gives it."""
    answer = yard.post("/images", files={"image": ("a.jpg", data)})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_originals_need_not_be_kept(tmp_path):
    """Then the proxy is all there is."""
    with opened(settings(tmp_path, service={"keep_originals": False})) as desk:
        key = desk.add(jpeg(noise(1)))["id"]

        assert desk.get(f"/images/{key}/original").json()["code"] == "not_found"
        assert desk.get(f"/images/{key}/proxy").status_code == 200
    assert not list(tmp_path.rglob("originals/*"))


def test_a_full_disk_takes_nothing(tmp_path):
    """Reading goes on."""
    with opened(settings(tmp_path, service={"free_bytes": 1 << 60})) as desk:
        one = desk.post("/images", files={"image": ("a.jpg", jpeg(noise(1)))})
        archive = desk.post("/archives", content=b"PK", headers=ZIP)

        assert [(it.status_code, it.json()["code"]) for it in (one, archive)] == [(507, "insufficient_storage")] * 2
        assert desk.get().json()["pictures"] == 0
        assert not list((tmp_path / "default.pictrace" / "incoming").iterdir())


def test_a_url_is_refused_by_policy(yard):
    """This machine is not asked, and the reason is the same for everything."""
    answer = yard.post("/images", json={"url": "http://127.0.0.1/a.jpg"})

    assert (answer.status_code, answer.json()["code"]) == (403, "source_not_allowed")


def test_a_url_is_fetched_and_added(tmp_path):
    """Its address is its place; several become a job, each once."""
    answers = {"/a.jpg": ok(jpeg(noise(1))), "/b.jpg": ok(jpeg(noise(2))), "/c.jpg": ok(b"no picture")}
    with serving(answers) as upstream, opened(settings(tmp_path, fetch=policy(upstream))) as desk:
        base = f"http://127.0.0.3:{upstream.port}"
        one = desk.post("/images", json={"url": f"{base}/a.jpg", "metadata": {"by": "me"}})
        urls = [f"{base}/{name}" for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "b.jpg")]
        many = desk.post("/images", json={"urls": urls, "metadata": {"n": 2}})
        job = desk.ended(many.json()["id"])
        failures = desk.get(f"/jobs/{job['id']}/failures").json()["failures"]

        assert (one.status_code, one.json()["path"], one.json()["metadata"]) == (201, f"{base}/a.jpg", {"by": "me"})
        assert (many.status_code, job["kind"], job["state"], job["total"]) == (202, "urls", "done", 4)
        assert (job["added"], job["known"], job["failed"]) == (1, 1, 2)
        assert sorted((one["path"][-5:], one["code"]) for one in failures) == [
            ("c.jpg", "not_an_image"), ("d.jpg", "source_error")
        ]  # fmt: skip
        assert desk.get("/images?filter=n=2").json()["count"] == 1


def test_every_url_of_a_list_counts(tmp_path):
    """Once; what is more than the rate is owed, and nothing is fetched meanwhile."""
    chosen = settings(tmp_path, service={"limit_loopback": True, "fetches_per_minute": 2})
    with opened(chosen) as desk:
        urls = [f"http://127.0.0.1/{number}.jpg" for number in (1, 2, 3, 4, 4)]
        first, second = (desk.post("/images", json={"urls": urls}) for _ in range(2))
        one = desk.post("/images", json={"url": urls[0]})

    assert [answer.status_code for answer in (first, second, one)] == [202, 429, 429]
    assert 110 < int(second.headers["retry-after"]) <= 120
    assert 80 < int(one.headers["retry-after"]) <= 90


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": "http://a.example/", "urls": ["http://a.example/"]},
        {"url": ""},
        {"url": 1},
        {"urls": []},
        {"urls": "http://a.example/"},
        {"url": "http://a.example/", "metadata": []},
        {"url": "http://a.example/", "name": "x"},
        {"url": "a" * 2049},
        {"urls": ["http://a.example/"] * 1001},
    ],
)
def test_a_url_to_add_is_read_strictly(yard, body):
    """Nothing is fetched by a guess."""
    answer = yard.post("/images", json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


def test_parameters_do_not_stand_beside_json(yard):
    """They would be passed over."""
    assert yard.post("/images?name=a", json={"url": "http://a.example/"}).status_code == 400


def test_without_fetching_urls_are_forbidden(tmp_path):
    """Where it is switched off."""
    from pictrace.settings import FetchPolicy

    with opened(settings(tmp_path, fetch=FetchPolicy(enabled=False))) as desk:
        answer = desk.post("/images", json={"url": "http://a.example/a.jpg"})

        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert desk.ask("GET", "/v1/info").json()["fetch"] is False


def packed(**members: bytes) -> bytes:
    """A ZIP."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, data in members.items():
            file.writestr(name.replace("__", "/").replace("_", "."), data)
    return stream.getvalue()


def test_an_archive_becomes_a_job(yard):
    """Its pictures are added under its name, and bad ones are told of without saying where it lay."""
    data = packed(
        a__one_jpg=jpeg(noise(11)), two_jpg=jpeg(noise(12)), bad_jpg=b"no", cut_png=b"\x89PNG\r\n\x1a\n", t_txt=b"x"
    )
    answer = yard.post("/archives?name=up/holiday.zip", content=data, headers=ZIP)
    job = yard.ended(answer.json()["id"])
    failures = yard.get(f"/jobs/{job['id']}/failures").json()

    assert answer.status_code == 202
    assert answer.headers["location"].endswith(f"/jobs/{job['id']}")
    assert (job["kind"], job["name"], job["state"]) == ("zip", "holiday.zip", "done")
    assert (job["done"], job["total"], job["added"], job["failed"]) == (4, 4, 2, 2)
    assert [one["path"] for one in failures["failures"]] == ["bad.jpg", "cut.png"]
    assert "incoming" not in json.dumps(failures)
    paths = [one["path"] for one in yard.get('/images?filter=path~"holiday.zip"').json()["images"]]
    assert sorted(paths) == ["holiday.zip/a/one.jpg", "holiday.zip/two.jpg"]


def test_a_damaged_archive_fails_and_leaves_nothing(yard):
    """Its job says what is wrong with it, and calls it as the client does."""
    answer = yard.post("/archives?name=birds.zip", content=packed(a_jpg=jpeg(noise(13)))[:-30], headers=ZIP)
    job = yard.ended(answer.json()["id"])

    assert (job["state"], job["problem"]["code"]) == ("failed", "archive_unsafe")
    assert job["problem"]["detail"].startswith("archive 'birds.zip' is refused: it is damaged: its end is missing")
    assert not list(yard.held.custody.incoming("").iterdir())


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK", jpeg(noise(13))])
def test_what_is_no_archive_is_refused_at_once(yard, data):
    """There is no job, and nothing stays."""
    before = yard.get("/jobs").json()
    answer = yard.post("/archives", content=data, headers=ZIP)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_format")
    assert answer.json()["detail"].startswith("this is no ZIP archive")
    assert yard.get("/jobs").json() == before
    assert not list(yard.held.custody.incoming("").iterdir())


@pytest.mark.parametrize("kind", ["application/x-tar", "image/png", "multipart/form-data; boundary=x"])
def test_only_a_zip_is_an_archive(yard, kind):
    """Other bodies are refused before they are read."""
    answer = yard.post("/archives", content=b"PK", headers={"content-type": kind})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_format")


@pytest.mark.parametrize(("size", "status"), [(999, 202), (1000, 202), (1001, 413)])
def test_an_archive_has_a_bound(tmp_path, size, status):
    """Above it nothing stays, however it is framed."""

    async def parts():
        yield b"PK\x03\x04".ljust(size, b"x")

    with opened(settings(tmp_path, service={"zip_bytes": 1000})) as desk:
        answer = desk.post("/archives", content=parts(), headers=ZIP)
        if status == 202:
            desk.ended(answer.json()["id"])

        assert answer.status_code == status
        assert not list((tmp_path / "default.pictrace" / "incoming").iterdir())


def test_an_archive_is_refused_once_the_disk_is_nearly_full(yard, monkeypatch):
    """In the middle of it, and nothing stays."""
    looked = []
    usage = lambda _: looked.append(1) or SimpleNamespace(free=int(len(looked) < 4))  # noqa: E731
    monkeypatch.setattr(custody, "shutil", SimpleNamespace(disk_usage=usage))

    async def parts():
        for _ in range(8):
            yield b"x" * (1 << 20)

    answer = yard.post("/archives", content=parts(), headers=ZIP)

    assert (answer.status_code, answer.json()["code"], len(looked)) == (507, "insufficient_storage", 4)
    assert not list(yard.held.custody.incoming("").iterdir())


def test_an_archive_is_written_beside_the_loop(yard, monkeypatch):
    """In blocks of a mebibyte, however small its parts are, so that others are answered meanwhile."""
    noted = []
    incoming = yard.held.custody.incoming
    monkeypatch.setattr(yard.held.custody, "incoming", lambda name: _Noted(incoming(name), noted))
    monkeypatch.setattr(pictures, "_is_zip", lambda path: True)

    async def parts():
        for _ in range(40):
            yield b"PK\x03\x04".ljust(64 << 10, b"x")

    answer = yard.post("/archives", content=parts(), headers=ZIP)

    assert answer.status_code == 202
    assert [size for _, size in noted] == [1 << 20, 1 << 20, 512 << 10]
    assert yard.wait(_thread()) not in {thread for thread, _ in noted}


async def _thread():
    return threading.get_ident()


class _Noted:
    """A path whose file notes thread and size of each write."""

    def __init__(self, path, noted):
        self._path, self._noted = path, noted

    def open(self, mode):
        self._file = self._path.open(mode)
        return self

    def write(self, data):
        self._noted.append((threading.get_ident(), len(data)))
        return self._file.write(data)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()

    def __getattr__(self, name):
        return getattr(self._file if name in {"flush", "fileno"} else self._path, name)
