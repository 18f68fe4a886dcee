"""Attacks through uploads (U01 to U36), as a form to search with and as they are to be kept.

Where our limits are wider than the list's: 100 megapixels instead of 50, files of 100 MiB in bodies of 32 instead of
25 MiB, sides up to 30,000, 16 files in a form, and TIFF and HEIF are read.
"""

import contextlib
import json
import os
import random
import signal
import socket
import struct
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from attacks import bombs
from attacks.besieged import SECONDS, C, form, together
from odd_pictures import (
    GIF_OF_35_BYTES,
    encoded,
    heic,
    jpeg_giant,
    oriented,
    png_bomb,
    png_header_only,
    png_sixteen_bits,
    png_text_bomb,
    webp_giant,
    with_segment,
)
from photographs import jpeg, noise, photo
from PIL import Image

MIB = 1 << 20
PICTURE = jpeg(noise(1000))
TAKEN = frozenset({""})
NO_PICTURE = frozenset({"not_an_image", "unsupported_format"})
DAMAGED = NO_PICTURE | {"image_corrupt", "image_too_many_pixels", "image_too_small", "image_too_complex"}


@pytest.fixture
def give(house):
    """Gives a file to both addresses that take one, as a form and as it is, and returns their answers."""

    def give(data, name="a.jpg", kind="image/jpeg"):
        body, media = form((f'filename="{name}"', kind, data))
        found = house.ask("POST", f"{C}/search", body, Content_Type=media)
        return found, house.ask("POST", f"{C}/images", data, Content_Type="image/png")

    return give


@pytest.fixture
def keep(house):
    """Adds a file under a name, and returns its record."""

    def keep(data, tail='filename="a.jpg"', kind="image/jpeg"):
        body, media = form((tail, kind, data))
        return house.ask("POST", f"{C}/images", body, Content_Type=media)

    return keep


def quickly(house, data):
    """Whether and how a picture is opened, without a long search."""
    return house.ask("POST", f"{C}/search?mode=exact", data, Content_Type="image/jpeg")


BOMBS = {
    "U01": lambda: png_bomb(13000, 13000),
    "U02 a row too many": lambda: bombs.png_rows(10_001, 10_000),
    **{
        f"U03 {width} x {height}": lambda width=width, height=height: png_header_only(width, height)
        for width, height in ((65535, 65535), (2**31 - 1, 1), (1, 2**31 - 1), (0, 0), (0, 50), (2**32 - 1, 2**32 - 1))
    },
    "U04": lambda: GIF_OF_35_BYTES,
    "U05": jpeg_giant,
    "U05 WebP": webp_giant,
}


@pytest.mark.parametrize("case", BOMBS)
def test_u01_to_u05_too_many_pixels(give, case):
    """Refused by what the header says, within the time of a good picture."""
    for answer in give(BOMBS[case]()):
        assert answer.status == 422
        assert answer.code in {"image_too_many_pixels", "image_corrupt", "image_too_small"}
        assert answer.code == "image_too_many_pixels" or "0" in case
        assert answer.seconds < 5


def test_u02_as_many_pixels_as_allowed(house):
    assert quickly(house, bombs.png_rows(9460, 9460)).status == 200


MANY = {
    "U06 GIF of 100,000 frames": (lambda: bombs.gif_of_frames(100_000), TAKEN),
    "U06 animated PNG": (lambda: bombs.animated("PNG", 100), TAKEN),
    "U06 animated WebP": (lambda: bombs.animated("WEBP", 500), TAKEN),
    "U07 second frame too large": (lambda: bombs.gif_of_frames(2, others=(60000, 60000)), TAKEN),
    "U08 text": (png_text_bomb, TAKEN | DAMAGED),
    "U08 profile": (lambda: png_text_bomb(b"iCCP"), TAKEN | DAMAGED),
    "U08 texts": (bombs.png_of_texts, TAKEN | DAMAGED),
    "U09 segments": (lambda: bombs.jpeg_of_segments(200), TAKEN | DAMAGED),
    "U09 comments": (lambda: bombs.jpeg_of_segments(480, 0xFE), TAKEN | DAMAGED),
    "U10 scans": (lambda: bombs.jpeg_of_scans(1000), TAKEN | DAMAGED),
    "U26 cyclic EXIF": (lambda: with_segment(PICTURE, 0xE1, bombs.exif(cyclic=True)), TAKEN),
    "U26 EXIF of 4 GB": (lambda: with_segment(PICTURE, 0xE1, bombs.exif(count=2**32 - 1)), TAKEN),
    "U26 XMP of 20 MB": (lambda: bombs.jpeg_of_segments(320, 0xE1, b"http://ns.adobe.com/xap/1.0/\0"), TAKEN | DAMAGED),
    "U26 broken profile": (lambda: bombs.jpeg_of_segments(160, 0xE2, b"ICC_PROFILE\0\1\1"), TAKEN | DAMAGED),
}


@pytest.mark.parametrize("case", MANY)
def test_u06_to_u10_u26_more_than_meets_the_eye(give, case):
    """The first picture is used, or nothing is; neither takes long or much memory."""
    make, codes = MANY[case]
    for answer in give(make()):
        assert answer.code in codes, answer
        assert answer.seconds < 30


def test_u10_scans_that_take_too_long(house, full):
    """A worker that is not done in 20 seconds is ended; others search meanwhile."""
    if not full:
        pytest.skip("takes half a minute: ATTACKS=full")
    data = bombs.jpeg_of_scans(20_000, side=1500)
    slow, quick = together(lambda: house.search(data), lambda: time.sleep(1) or house.search(PICTURE))
    assert slow.code == "image_too_complex"
    assert quick.status == 200


FORMATS = {name: encoded(noise(7), name) for name in ("JPEG", "PNG", "WEBP", "GIF", "AVIF")}


@pytest.mark.parametrize("name", FORMATS)
def test_u11_truncated_files(house, name, full):
    data = FORMATS[name]
    count = 64 if full else 12
    for place in np.linspace(0, len(data) - 1, count).astype(int):
        answer = quickly(house, data[:place])
        assert answer.status == 200 or answer.code in DAMAGED, (place, answer)


@pytest.mark.parametrize("name", FORMATS)
def test_u12_flipped_bits(house, name, full):
    chance = random.Random(12)
    for _ in range(200 if full else 20):
        data = bytearray(FORMATS[name])
        for _ in range(chance.choice([1, 4, 16])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        answer = quickly(house, bytes(data))
        assert answer.status == 200 or answer.code in DAMAGED, answer


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\xff\xd8",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        bytes(25 * MIB),
        random.Random(13).randbytes(25 * MIB),
    ],
    ids=["empty", "one byte", "SOI", "SOI and a half", "PNG signature", "zeros", "noise"],
)
def test_u13_no_picture_at_all(give, data):
    assert {answer.code for answer in give(data)} <= {"not_an_image", "image_corrupt", "unsupported_format"}


def test_u14_bodies_of_the_limit(house):
    """32 MiB are read, one byte more is refused before it comes; chunked, soon after it came."""
    assert quickly(house, bombs.jpeg_of_length(32 * MIB)).status == 200
    head = house.head("POST", f"{C}/search", "Content-Type: image/jpeg", f"Content-Length: {32 * MIB + 1}")
    (answer,) = house.say(head)
    assert (answer.status, answer.code) == (413, "payload_too_large")
    chunked = house.head("POST", f"{C}/search", "Content-Type: image/jpeg", "Transfer-Encoding: chunked")
    block = b"100000\r\n" + bytes(MIB) + b"\r\n"
    (answer,) = house.say(chunked, *[block] * 33)
    assert (answer.status, answer.code) == (413, "payload_too_large")


def test_u15_a_gibibyte_without_a_key(house):
    """Refused before it is read; what is sent all the same is thrown away for a moment, then nobody listens."""
    head = house.head("POST", f"{C}/images", "Content-Type: image/jpeg", "Transfer-Encoding: chunked", key=None)
    block = b"100000\r\n" + bytes(MIB) + b"\r\n"
    begun = time.monotonic()
    with house.connect() as line, contextlib.suppress(ConnectionError):
        line.sendall(head)
        while time.monotonic() - begun < SECONDS:
            line.sendall(block)
    assert time.monotonic() - begun < SECONDS / 2
    (answer,) = house.say(head)
    assert (answer.status, answer.code) == (401, "unauthenticated")


@pytest.mark.parametrize("name", bombs.OTHERS)
def test_u16_other_formats(give, name):
    """Not read, whatever they are called; no other program is started for them."""
    assert {answer.code for answer in give(bombs.OTHERS[name])} <= NO_PICTURE


@pytest.mark.parametrize("name", ["TIFF", "MPO"])
def test_u16_formats_that_are_read(house, name):
    """TIFF is on our list, and a JPEG with more pictures behind it is one."""
    assert quickly(house, encoded(bombs.GREY, name)).status == 200


@pytest.mark.parametrize("name", bombs.SVG)
def test_u17_svg(give, port, name):
    for answer in give(bombs.SVG[name].replace(b":P", f":{port}".encode()), "a.png", "image/png"):
        assert answer.code in NO_PICTURE
        assert answer.seconds < 5


@pytest.mark.parametrize("name", bombs.POLYGLOTS)
def test_u18_polyglots(house, keep, name):
    """Taken as a picture or not at all; what is served is made anew and holds nothing else."""
    answer = keep(bombs.POLYGLOTS[name])
    if answer.status >= 400:
        assert answer.code in NO_PICTURE
        return
    for link in ("thumbnail", "proxy"):
        served = house.ask("GET", answer.json()["links"][link])
        assert b"payload" not in served.body
        assert (served.headers["content-type"], served.headers["x-content-type-options"]) == ("image/jpeg", "nosniff")


@pytest.mark.parametrize("name", bombs.STRANGERS)
def test_u19_other_files_that_say_they_are_pictures(give, name):
    assert {answer.code for answer in give(bombs.STRANGERS[name], "a.png", "image/png")} <= NO_PICTURE


@pytest.mark.parametrize(
    "kind", ["text/html", "", "image/png\r\nContent-Type: text/plain", "image/svg+xml", "a" * 3000]
)
def test_u20_what_a_picture_is_said_to_be(keep, kind):
    assert keep(PICTURE, kind=kind).status in {200, 201}


NAMES = {
    "U21 up": "../../etc/cron.d/x",
    "U21 absolute": "/abs.jpg",
    "U21 drive": "C:\\x.jpg",
    "U21 up, backslash": "..\\\\..\\\\x",
    "U21 device": "con.jpg",
    "U21 hidden": ".htaccess",
    "U21 long": "a" * 5000 + ".jpg",
    "U21 empty": "",
    "U21 dots": "..",
    "U21 option": "-rf.jpg",
    "U21 command": "a;rm -rf.jpg",
    "U21 substitution": "$(id).jpg",
    "U22 escapes": "a%0d%0aSet-Cookie: a=b.jpg",
    "U22 direction": "a\u202egpj.exe",
    "U22 isolates": "\u2066a\u2069.jpg",
    "U22 emoji": "🖼️.jpg",
    "U22 NFD": "e\u0301.jpg",
    "U22 four bytes": "𝒜.jpg",
    "U22 invalid": "\udcff\udcfe.jpg",
    "U23 markup": "<img src=x onerror=alert(1)>.jpg",
    "U23 formula": "=HYPERLINK(1).jpg",
    "U23 escape": "\x1b[2J.jpg",
    "U23 nul": "x\0.jpg",
}


@pytest.mark.parametrize("case", NAMES)
def test_u21_to_u23_names_are_data(house, keep, case):
    """One part, NFC, at most 255 bytes, nothing that controls anything; nowhere but in the JSON."""
    answer = keep(PICTURE, f'filename="{NAMES[case]}"')
    if answer.status == 400:
        return
    assert answer.status in {200, 201}, answer
    name = answer.json()["path"]
    assert not set(name) & {*map(chr, range(32)), "\x7f", "/", "\\", "\u202e", "\u2066", "\u2069"}
    assert 0 < len(name.encode()) <= 255
    assert name not in {".", ".."}
    assert "set-cookie" not in answer.headers
    assert case != "U22 NFD" or name == "é.jpg"
    listed = house.ask("GET", f"{C}/images?limit=1")
    assert listed.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    "tail", ['filename="a\r\nSet-Cookie: a=b.jpg"', "filename*=UTF-16''a.jpg", "filename*=utf-8''%ff"]
)
def test_u22_names_that_break_out(keep, tail):
    answer = keep(PICTURE, tail)
    assert answer.status in {200, 201, 400}
    assert "set-cookie" not in answer.headers


def test_u24_nothing_of_exif_is_served(house, keep):
    exif = Image.Exif()
    exif[0x010F], exif[0xA431] = "Secretmaker", "SERIAL12345"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    record = keep(encoded(noise(24), "JPEG", exif=exif, comment=b"SERIAL12345")).json()
    assert "Secretmaker" not in json.dumps(record)
    for link in ("thumbnail", "proxy"):
        served = house.ask("GET", record["links"][link]).body
        assert not [one for one in (b"Exif", b"Secretmaker", b"SERIAL", b"ICC_PROFILE", b"http://ns") if one in served]


def test_u25_every_orientation_is_the_same_picture(house):
    upright = np.asarray(photo("coffee.png"))
    found = [house.search(oriented(upright, turn, "JPEG")).json()["results"][0]["path"] for turn in range(1, 9)]
    assert len(set(found)) == 1
    assert found[0].endswith("coffee.png.jpg")


GOOD = {
    "CMYK": encoded(noise(27).convert("CMYK"), "JPEG"),
    "YCCK": bombs.ycck(),
    "16 bits": png_sixteen_bits(np.linspace(0, 65535, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint16)),
    "grey and alpha": encoded(noise(27).convert("LA"), "PNG"),
    "palette and transparency": encoded(noise(27).convert("P"), "PNG", transparency=3),
    "one bit": encoded(noise(27).convert("1"), "PNG"),
    "grey": encoded(noise(27).convert("L"), "JPEG"),
    "progressive": encoded(noise(27), "JPEG", progressive=True),
    "lossless WebP": encoded(noise(27), "WEBP", lossless=True),
    "AVIF": encoded(noise(27), "AVIF"),
    "HEIC": heic(np.arange(1024, dtype=np.uint8).reshape(32, 32)),
    "packed BMP": bombs.bmp_packed(),
    "wide": bombs.png_rows(16384, 16),
    "high": bombs.png_rows(16, 16384),
    "U28 least": encoded(noise(28, (16, 16)), "PNG"),
    "U28 one colour": encoded(Image.new("RGB", (99, 99), "red"), "PNG"),
    "U28 transparent": encoded(Image.new("RGBA", (99, 99), (0, 0, 0, 0)), "PNG"),
}


@pytest.mark.parametrize("case", GOOD)
def test_u27_u28_odd_pictures_that_must_work(give, case):
    for answer in give(GOOD[case]):
        assert answer.status in {200, 201}, answer
        assert b"NaN" not in answer.body
        assert b"Infinity" not in answer.body


@pytest.mark.parametrize("side", [1, 15])
def test_u28_too_small(give, side):
    assert {answer.code for answer in give(encoded(noise(28, (side, side)), "PNG"))} == {"image_too_small"}


def _part(name, data=b"x", extra=""):
    return f'--B\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode() + data + b"\r\n"


_FILE = '; filename="a.jpg"'
FORMS = {
    "files": _part("image", PICTURE, _FILE) * 20 + b"--B--\r\n",
    "fields": b"".join(_part(f"f{n}") for n in range(1000)) + b"--B--\r\n",
    "long header": _part("image", PICTURE, _FILE + "\r\nX-A: " + "a" * MIB) + b"--B--\r\n",
    "many headers": _part("image", PICTURE, _FILE + "".join(f"\r\nX-{n}: a" for n in range(10_000))) + b"--B--\r\n",
    "long field": _part("mode", b"a" * MIB) + b"--B--\r\n",
    "no end": _part("image", PICTURE, _FILE),
    "nested": _part("image", b"--C\r\n\r\n--C--", "\r\nContent-Type: multipart/mixed; boundary=C") + b"--B--\r\n",
    "preamble": b"a" * (10 * MIB) + b"\r\n" + _part("image", PICTURE, _FILE) + b"--B--\r\n",
    "edges": b"\r\n--B" * 500_000,
    "almost edges": b"\r\n--" * 2_000_000,
    "two of a name": _part("mode") * 2 + b"--B--\r\n",
    "no name": b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n",
    "no disposition": b"--B\r\nX: a\r\n\r\nx\r\n--B--\r\n",
    "latin field": _part("mode", b"\xff\xfe") + b"--B--\r\n",
    "charset field": _part("_charset_", b"utf-7") + b"--B--\r\n",
    "empty": b"",
}


@pytest.mark.parametrize("case", FORMS)
def test_u29_forms_that_keep_it_busy(house, case):
    answer = house.ask("POST", f"{C}/search", FORMS[case], Content_Type="multipart/form-data; boundary=B")
    assert answer.code in {"bad_request", "payload_too_large", "invalid_parameter", *NO_PICTURE}, answer
    assert answer.seconds < 10


def test_u29_an_epilogue_is_passed_over(house):
    body = _part("image", PICTURE, _FILE) + b"--B--\r\n" + b"a" * (10 * MIB)
    answer = house.ask("POST", f"{C}/search", body, Content_Type="multipart/form-data; boundary=B")
    assert answer.status in {200, 400}
    assert answer.seconds < 10


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'B' * 300}",
        "multipart/form-data; boundary=B; charset=nonsense",
        "multipart/form-data; charset=utf-7; boundary=B",
        "multipart/mixed; boundary=B",
        "image/",
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
    ],
)
def test_u29_media_types_of_forms(house, kind):
    body = _part("image", PICTURE, _FILE) + b"--B--\r\n"
    answer = house.ask("POST", f"{C}/search", body, Content_Type=kind)
    assert answer.status == 200 or answer.code in {"bad_request", "invalid_parameter", *NO_PICTURE}, answer


LENGTHS = {
    "smaller": (("Content-Length: 5",), PICTURE, {"not_an_image", "image_corrupt", "unsupported_format"}),
    "negative": (("Content-Length: -5",), PICTURE, {"bad_request"}),
    "plus": (("Content-Length: +5",), PICTURE, {"bad_request"}),
    "two": (("Content-Length: 5", "Content-Length: 6"), PICTURE, {"bad_request"}),
    "both": (("Content-Length: 5", "Transfer-Encoding: chunked"), PICTURE, {"bad_request"}),
    "identity": (("Transfer-Encoding: chunked, identity",), PICTURE, {"bad_request"}),
    "chunk extension": (
        ("Transfer-Encoding: chunked",),
        b"5;" + b"a" * MIB + b"\r\nhello\r\n0\r\n\r\n",
        {"bad_request"},
    ),
    "chunk size": (
        ("Transfer-Encoding: chunked",),
        b"F" * 16 + b"\r\n" + PICTURE,
        {"bad_request", "request_timeout"},
    ),
    "chunk sign": (("Transfer-Encoding: chunked",), b"-5\r\nhello\r\n0\r\n\r\n", {"bad_request"}),
}


@pytest.mark.parametrize("case", LENGTHS)
def test_u30_where_a_body_ends(house, case):
    """What follows is never taken for a second request that is answered well."""
    headers, body, codes = LENGTHS[case]
    smuggled = house.head("GET", "/v1/info")
    answers = house.say(house.head("POST", f"{C}/search", "Content-Type: image/jpeg", *headers) + body + smuggled)
    if case == "smaller":
        assert answers[0].code in codes
        assert all(answer.status != 200 for answer in answers)
        return
    assert [answer.code in codes | {"headers_too_large"} for answer in answers] == [True]


def test_u30_a_body_that_does_not_come(house):
    head = house.head("POST", f"{C}/search", "Content-Type: image/jpeg", f"Content-Length: {len(PICTURE) + 9}")
    (answer,) = house.say(head + PICTURE)
    assert (answer.status, answer.code) == (408, "request_timeout")


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate, gzip", "x-gzip"])
def test_u31_packed_bodies(house, coding):
    answer = house.ask("POST", f"{C}/search", bytes(1000), Content_Type="image/jpeg", Content_Encoding=coding)
    assert (answer.status, answer.code) == (415, "unsupported_format")


def test_u32_clients_that_go_away(house, full):
    """At any byte, and after the last one; what came whole may be kept, but nothing lies about."""
    body, media = form(('filename="a.jpg"', "image/jpeg", PICTURE))
    head = house.head("POST", f"{C}/images", f"Content-Type: {media}", f"Content-Length: {len(body)}")
    whole = head + body
    places = [int(place) for place in np.linspace(1, len(whole), 64 if full else 24)]
    for _ in range(20 if full else 1):
        for place in places:
            with house.connect() as line:
                line.sendall(whole[:place])
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", place % 2, 0))
    house.settle()
    assert house.pictures() <= len(house.before["ids"]) + 1


def test_u33_the_same_picture_a_hundred_times(house):
    data = jpeg(noise(1033))
    calls = [lambda: house.ask("POST", f"{C}/images", data, Content_Type="image/jpeg")] * 20
    answers = [answer for _ in range(5) for answer in together(*calls)]
    taken = [answer for answer in answers if answer.status in {200, 201}]
    assert len({answer.json()["id"] for answer in taken}) == 1
    assert [answer.status for answer in taken].count(201) == 1
    assert {answer.code for answer in answers} <= {"", "overloaded"}
    assert house.pictures() == len(house.before["ids"]) + 1


def test_u34_nobody_chooses_an_id(house):
    for said in ({"id": "1"}, {"sha256": "0" * 64}, {"path": "/etc/passwd"}):
        body, media = form(('filename="a.jpg"', "image/jpeg", PICTURE), **said)
        answer = house.ask("POST", f"{C}/images", body, Content_Type=media)
        assert (answer.status, answer.code) == (400, "invalid_parameter")


def _workers(house):
    children = Path(f"/proc/{house.process.pid}/task").glob("*/children")
    found = []
    for one in children:
        with contextlib.suppress(OSError):  # a thread that has just ended
            found += map(int, one.read_text(encoding="ascii").split())
    return [number for number in found if _is_worker(number)]


def _is_worker(number):
    try:
        return b"spawn_main" in Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return False  # gone meanwhile


def _signal(number, kind):
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, kind)


def test_u35_workers_that_are_killed(house):
    """A kill from outside costs a search a refusal at most, and new workers come."""
    chance = random.Random(35)
    for seed in range(8):
        late = threading.Timer(
            chance.uniform(0, 0.1), lambda: [_signal(one, signal.SIGKILL) for one in _workers(house)]
        )
        late.start()
        assert house.search(jpeg(noise(seed))).code in {"", "image_too_complex"}
        late.join()
    assert house.search(PICTURE).status == 200


def test_u35_workers_that_hang(house, full):
    """Stopped workers are ended after 20 seconds, and their pictures are refused."""
    if not full:
        pytest.skip("takes half a minute: ATTACKS=full; tests/test_workers.py has it with short limits")
    for number in _workers(house):
        _signal(number, signal.SIGSTOP)
    answers = together(*[lambda seed=seed: house.search(jpeg(noise(seed))) for seed in range(4)])
    assert {answer.code for answer in answers} <= {"", "image_too_complex", "overloaded"}
    assert house.search(PICTURE).status == 200


def test_u36_a_heap_of_bombs(house, full):
    """Searches beside them are answered, or asked to come again: none waits for long."""
    kinds = [png_bomb(13000, 13000), GIF_OF_35_BYTES, jpeg_giant(), png_text_bomb(), bombs.gif_of_frames(1000)]
    calls = [lambda n=n: house.search(kinds[n % len(kinds)]) for n in range(100 if full else 30)]
    answers = together(*calls, *[lambda: house.search(PICTURE)] * 10)
    good = answers[-10:]
    assert {answer.code for answer in answers[:-10]} <= DAMAGED | {"", "overloaded"}
    assert {answer.code for answer in good} <= {"", "overloaded"}
    assert max(answer.seconds for answer in good) < 15
