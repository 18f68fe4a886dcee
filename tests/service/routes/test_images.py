"""The pictures of a collection over HTTP: pages, walls, records, files, deletions."""

import io
from pathlib import Path

import pytest
from photographs import FOLDER, jpeg, noise, photo
from PIL import Image
from service.desk import PHOTOS, fill, opened, settings, until


def bmp(image):
    """The bytes of a picture as large as it is."""
    stream = io.BytesIO()
    image.save(stream, "BMP")
    return stream.getvalue()


def pages(desk, **query):
    """The ids of every page."""
    found = []
    while True:
        answer = desk.get("/images", params=query).json()
        found.append([record["id"] for record in answer["images"]])
        if answer["next_cursor"] is None:
            return found
        query["cursor"] = answer["next_cursor"]


@pytest.mark.parametrize(("limit", "wanted"), [(1, [[3], [2], [1]]), (2, [[3, 2], [1]]), (3, [[3, 2, 1]])])
def test_pages_hold_every_picture_once(desk, limit, wanted):
    """And none is empty, also where the last one is full."""
    assert pages(desk, limit=limit) == wanted


@pytest.mark.parametrize("sort", ["newest", "oldest", "largest", "smallest", "heaviest", "lightest"])
def test_the_wall_has_the_order_of_the_pages(desk, sort):
    """With the proportions of each."""
    wall = desk.get("/wall", params={"sort": sort}).json()

    assert wall["ids"] == [key for page in pages(desk, sort=sort, limit=2) for key in page]
    assert wall["count"] == len(wall["ratios"]) == 3
    assert wall["version"] == desk.get().json()["version"]


def test_a_wall_that_is_known_is_not_sent_again(desk):
    """Until something changes; and packed for those who take that."""
    first = desk.get("/wall", headers={"accept-encoding": "gzip"})
    again = desk.get("/wall", headers={"if-none-match": first.headers["etag"]})
    other = desk.get("/wall?sort=oldest", headers={"if-none-match": first.headers["etag"]})

    assert (first.headers["content-encoding"], again.status_code, other.status_code) == ("gzip", 304, 200)
    assert first.json()["count"] == 3


def test_a_ratio_is_width_to_height(desk):
    """In hundredths."""
    wall = desk.get("/wall?sort=oldest").json()
    shapes = [photo(name).size for name in PHOTOS]

    assert wall["ratios"] == [100 * width // height for width, height in shapes]


def test_a_filter_counts_what_it_lets_through(desk):
    """On pages and on walls."""
    query = {"filter": 'format = "PNG" and width = 512'}

    assert desk.get("/images", params=query).json()["count"] == 1
    assert desk.get("/wall", params=query).json()["ids"] == [1]


@pytest.mark.parametrize("target", ["/images", "/wall"])
@pytest.mark.parametrize(
    "query",
    ["sort=best", "sort=newest&sort=newest", "colour=red", "filter=year+%3E%3E+1", "filter=" + "a" * 2001, "sort="],
)
def test_a_listing_that_makes_no_sense_is_refused(desk, target, query):
    """Unknown and doubled parameters too."""
    answer = desk.get(f"{target}?{query}")

    assert answer.status_code == 400
    assert answer.json()["code"] in {"invalid_parameter", "bad_request"}


@pytest.mark.parametrize(("limit", "status"), [("0", 400), ("1", 200), ("200", 200), ("201", 400), ("1.5", 400)])
def test_a_page_has_bounds(desk, limit, status):
    """One to two hundred."""
    assert desk.get(f"/images?limit={limit}").status_code == status


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%C3%A9",
        "bnVsbA==",
        "WzEsMl0=",
        "W1tbW1tb",
        "WyJuZXdlc3QiLDEuNSwyXQ==",
        "WyJuZXdlc3QiLHRydWUsMl0=",
        "a" * 201,
    ],
)
def test_a_made_up_cursor_is_refused(desk, cursor):
    """However it is made up."""
    answer = desk.get(f"/images?cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


def test_a_cursor_belongs_to_its_order(desk):
    """In another one it would skip pictures."""
    cursor = desk.get("/images?limit=1").json()["next_cursor"]

    answer = desk.get(f"/images?limit=1&sort=oldest&cursor={cursor}")

    assert answer.status_code == 400
    assert "another order" in answer.json()["detail"]


def test_pages_go_on_while_pictures_come_and_go(tmp_path):
    """What is there all the time is seen exactly once."""
    with opened(settings(tmp_path)) as desk:
        there = [desk.add(jpeg(noise(seed)))["id"] for seed in range(6)]
        first = desk.get("/images?sort=oldest&limit=2").json()
        desk.delete(f"/images/{there[1]}")
        desk.delete(f"/images/{there[3]}")
        desk.add(jpeg(noise(9)))
        rest = pages(desk, sort="oldest", limit=2, cursor=first["next_cursor"])

    assert [one["id"] for one in first["images"]] == there[:2]
    assert [key for page in rest for key in page] == [there[2], there[4], there[5], 7]


def test_a_record_says_where_its_files_are(desk):
    """And that is where they are."""
    record = desk.get("/images/2").json()

    assert record["path"] == "chelsea.png"
    assert record["format"] == "PNG"
    assert set(record["links"]) == {"self", "thumbnail", "proxy", "original"}
    assert [desk.ask("GET", link).status_code for link in record["links"].values()] == [200] * 4


@pytest.mark.parametrize("key", ["4", "0", "-1", "01", "x", "1.0", "281474976710656", "9" * 30, "%D9%A1"])
@pytest.mark.parametrize("file", ["", "/thumbnail", "/proxy", "/original"])
def test_a_picture_that_is_not_there_is_not_found(desk, key, file):
    """Whatever its id looks like."""
    answer = desk.get(f"/images/{key}{file}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("size", [128, 256, 512])
def test_a_thumbnail_is_a_small_jpeg(desk, size):
    """No side above what was asked for, and 256 by default."""
    answer = desk.get(f"/images/1/thumbnail?size={size}")

    assert answer.headers["content-type"] == "image/jpeg"
    assert max(Image.open(io.BytesIO(answer.content)).size) == size
    assert max(Image.open(io.BytesIO(desk.get("/images/1/thumbnail").content)).size) == 256


@pytest.mark.parametrize("size", ["0", "129", "1024", "x", "128.0", "0128", ""])
def test_other_sizes_are_refused(desk, size):
    """There are three."""
    assert desk.get(f"/images/1/thumbnail?size={size}").status_code == 400


def test_small_pictures_carry_no_metadata(yard):
    """The original keeps its own."""
    image = noise(1)
    exif = image.getexif()
    exif[0x010F] = "SecretCamera"
    stream = io.BytesIO()
    image.save(stream, "JPEG", exif=exif, comment=b"SecretComment", quality=95)
    key = yard.add(stream.getvalue())["id"]
    files = {name: yard.get(f"/images/{key}/{name}").content for name in ("thumbnail", "proxy", "original")}

    assert [b"Secret" in data for data in files.values()] == [False, False, True]
    assert not Image.open(io.BytesIO(files["thumbnail"])).getexif()


def test_an_original_comes_back_byte_for_byte(desk):
    """As a picture that a browser shows."""
    answer = desk.get("/images/1/original")

    assert answer.content == (FOLDER / "astronaut.png").read_bytes()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == 'inline; filename="1.png"'


def test_what_no_browser_shows_is_for_keeping(yard):
    """A TIFF is offered as a file."""
    stream = io.BytesIO()
    noise(2).save(stream, "TIFF")
    key = yard.add(stream.getvalue())["id"]
    answer = yard.get(f"/images/{key}/original")

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="{key}.tiff"'


@pytest.mark.parametrize("file", ["thumbnail?size=128", "proxy", "original"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_what_is_known_already_is_not_sent_again(desk, file, form):
    """By its ETag, which other pictures do not have."""
    tag = desk.get(f"/images/1/{file}").headers["etag"]
    answer = desk.get(f"/images/1/{file}", headers={"If-None-Match": form.format(tag)})

    assert (answer.status_code, answer.content) == (304, b"")
    assert desk.get(f"/images/2/{file}").headers["etag"] != tag
    assert desk.get(f"/images/2/{file}", headers={"If-None-Match": tag}).status_code == 200


def test_head_is_get_without_the_body(desk):
    """For whoever only wants to know whether something is there."""
    answer = desk.ask("HEAD", "/v1/collections/default/images/1/original")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == desk.get("/images/1/original").headers["etag"]
    assert int(answer.headers["content-length"]) == (FOLDER / "astronaut.png").stat().st_size


@pytest.mark.parametrize(("has_tag", "status", "reads"), [(True, 304, 0), (False, 200, 1)])
def test_an_original_is_read_only_for_those_who_want_it(desk, monkeypatch, has_tag, status, reads):
    """It may be as large as an upload; its tag is known without it."""
    custody, read = desk.held.custody, []
    original = custody.original
    monkeypatch.setattr(custody, "original", lambda record: read.append(record.id) or original(record))
    headers = {"if-none-match": f'"{custody.collection.get(1).sha256}"'} if has_tag else {}
    answer = desk.get("/images/1/original", headers=headers)

    assert (answer.status_code, len(read)) == (status, reads)


def test_an_original_is_sent_a_block_at_a_time(yard, monkeypatch):
    """However slow who takes it is, no more of it is in memory; its file is closed at the end."""
    record = yard.add(bmp(noise(32, (512, 512))))
    opened, custody = [], yard.held.custody
    original = custody.original
    monkeypatch.setattr(custody, "original", lambda record: opened.append(original(record)) or opened[-1])
    blocks = yard.blocks(record["links"]["original"])

    assert [len(block) for block in blocks[:-1]] == [256 << 10] * (record["size"] // (256 << 10))
    assert sum(map(len, blocks)) == record["size"] > 256 << 10
    assert [file.closed for file in opened] == [True]


def test_who_goes_away_leaves_no_file_open(yard, monkeypatch):
    """Nor is the rest read."""
    record = yard.add(bmp(noise(33, (512, 512))))
    opened, custody = [], yard.held.custody
    original = custody.original
    monkeypatch.setattr(custody, "original", lambda record: opened.append(original(record)) or opened[-1])
    blocks = yard.blocks(record["links"]["original"], most=1)

    assert sum(map(len, blocks)) < record["size"]
    until(lambda: [file.closed for file in opened] == [True])


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"?" * path.stat().st_size)])
def test_head_of_an_original_that_is_gone_is_not_found(yard, damage):
    """As GET is; also where another file of the same size is in its place."""
    record = yard.add(jpeg(noise(31)))
    damage(yard.held.custody.collection.path / "originals" / record["sha256"][:2] / record["sha256"])
    answers = [yard.ask(method, record["links"]["original"]) for method in ("HEAD", "GET")]
    yard.delete(f"/images/{record['id']}")

    assert [answer.status_code for answer in answers] == [404, 404]


def test_a_filter_has_only_so_much_time(tmp_path):
    """Whoever asks for what takes long does not keep the thread; without a filter nothing is counted."""
    slow = " or ".join(['name ~ "é"'] * 64)
    with opened(settings(tmp_path, service={"filter_seconds": 1e-9})) as desk:
        fill(desk)
        answers = [
            *(desk.get(target, params={"filter": slow}) for target in ("/images", "/wall")),
            desk.post("/search", json={"id": 1, "filter": slow}),
        ]
        free = [desk.get("/images"), desk.get("/wall"), desk.post("/search", json={"id": 1})]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(422, "filter_too_slow")] * 3
    assert "~" in answers[0].json()["detail"]
    assert [one.status_code for one in free] == [200] * 3


def test_a_deleted_picture_is_gone_with_its_upload(yard):
    """All of its addresses, and its file in the collection."""
    record = yard.add(jpeg(noise(3)))
    kept = yard.shelf.get("default").custody.collection.path / "originals"
    file = kept / record["sha256"][:2] / record["sha256"]
    was_there = file.is_file()

    answer = yard.delete(f"/images/{record['id']}")

    assert (was_there, answer.status_code, answer.content, file.exists()) == (True, 204, b"", False)
    assert {yard.ask("GET", link).status_code for link in record["links"].values()} == {404}
    assert yard.delete(f"/images/{record['id']}").status_code == 404


def test_several_are_deleted_or_none(yard):
    """One that is not there keeps the others."""
    keys = [yard.add(jpeg(noise(seed)))["id"] for seed in (4, 5)]

    refused = yard.post("/images:delete", json={"ids": [*keys, 10_000]})
    there = [yard.get(f"/images/{key}").status_code for key in keys]
    done = yard.post("/images:delete", json={"ids": [*keys, keys[0]]})

    assert (refused.status_code, there, done.status_code) == (404, [200, 200], 204)
    assert [yard.get(f"/images/{key}").status_code for key in keys] == [404, 404]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"ids":[]}', "invalid_parameter"),
        (b'{"ids":["1"]}', "invalid_parameter"),
        (b'{"ids":[1.0]}', "invalid_parameter"),
        (b'{"ids":[true]}', "invalid_parameter"),
        (b'{"ids":[0]}', "invalid_parameter"),
        (b'{"ids":[1],"all":true}', "invalid_parameter"),
        (b"{}", "invalid_parameter"),
        (b"[1]", "bad_request"),
        (b'{"ids":[1],"ids":[1]}', "bad_request"),
        (b'{"ids":[NaN]}', "bad_request"),
        (b"\xff", "bad_request"),
        (b"", "bad_request"),
        (b"[" * 5000, "bad_request"),
    ],
)
def test_a_list_of_ids_is_read_strictly(desk, body, code):
    """Nothing is deleted by a guess."""
    answer = desk.post("/images:delete", content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(("count", "status"), [(999, 404), (1000, 404), (1001, 400)])
def test_at_most_a_thousand_are_deleted_at_once(desk, count, status):
    """More is refused before any is looked for."""
    ids = list(range(100, 100 + count))

    assert desk.post("/images:delete", json={"ids": ids}).status_code == status


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "image/png", ""])
def test_ids_come_as_json(desk, kind):
    """Other bodies are of a media type that is not taken."""
    answer = desk.post("/images:delete", content=b'{"ids":[1]}', headers={"content-type": kind})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_format")
