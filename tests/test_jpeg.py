"""The hash of a JPEG's coded image: equal exactly where only descriptions differ."""

import io
from collections import defaultdict

import numpy as np
import odd_pictures as odd
import pytest
from PIL import Image

from pictrace._jpeg import coded_image_hash, coded_quality

JFIF = b"JFIF\0\1\1\0\0\1\0\1\0\0"
ADOBE = b"Adobe\0\x64\0\0\0\0"
HEADERS = {
    "none": [],
    "jfif": [(0xE0, JFIF)],
    "jfif cut short": [(0xE0, JFIF[:13])],
    "jfif elsewhere": [(0xE1, JFIF)],
    "jfxx": [(0xE0, b"JFXX\0\1\1\0\0\1\0\1\0\0")],
    "other density": [(0xE0, JFIF[:8] + b"\0\x48\0\x48\0\0")],
    "adobe rgb": [(0xEE, ADOBE + b"\0")],
    "adobe ycc": [(0xEE, ADOBE + b"\1")],
    "adobe ycck": [(0xEE, ADOBE + b"\2")],
    "adobe unknown": [(0xEE, ADOBE + b"\7")],
    "adobe cut short": [(0xEE, ADOBE)],
    "adobe elsewhere": [(0xED, ADOBE + b"\0")],
    "adobe twice": [(0xEE, ADOBE + b"\1"), (0xEE, ADOBE + b"\0")],
    "adobe twice, cut short": [(0xEE, ADOBE + b"\0"), (0xEE, ADOBE)],
    "both": [(0xEE, ADOBE + b"\0"), (0xE0, JFIF)],
    "both, cut short": [(0xEE, ADOBE + b"\0"), (0xE0, JFIF[:13])],
}
SOS = b"\xff\xda\0\2"


def bare(mode: str, ids: bytes) -> bytes:
    """A JPEG without application segments whose components have these numbers."""
    image = Image.fromarray(odd.photo(32, 24)).convert(mode)
    data = odd.encoded(image, "JPEG")
    out, place = bytearray(data[:2]), 2
    while data[place + 1] != 0xDA:
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        segment = bytearray(data[place:end])
        if segment[1] == 0xC0:
            segment[10::3] = ids
        out += b"" if 0xE0 <= segment[1] <= 0xEF else segment
        place = end
    scan = bytearray(data[place:])
    scan[5 : 5 + 2 * len(ids) : 2] = ids
    return bytes(out + scan)


def digest(data: bytes) -> str:
    return coded_image_hash(data, orientation=1, icc=b"")


def pixels(data: bytes) -> bytes:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).tobytes()


@pytest.mark.parametrize(
    ("mode", "ids"),
    [
        ("RGB", b"\1\2\3"),
        ("RGB", b"RGB"),
        ("RGB", b"\0\1\2"),
        ("RGB", b"rgb"),
        ("L", b"\1"),
        ("L", b"R"),
        ("CMYK", b"\1\2\3\4"),
        ("CMYK", b"CMYK"),
    ],
)
def test_headers_count_exactly_where_they_change_the_pixels(mode: str, ids: bytes) -> None:
    """Whatever stands before the tables: same pixels, same hash; other pixels, another hash."""
    plain = bare(mode, ids)
    shown, hashed = defaultdict(set), defaultdict(set)
    for name, segments in HEADERS.items():
        data = plain
        for code, content in reversed(segments):
            data = odd.with_segment(data, code, content)
        shown[pixels(data)].add(name)
        hashed[digest(data)].add(name)

    assert sorted(map(sorted, hashed.values())) == sorted(map(sorted, shown.values()))


def test_headers_after_the_first_scan_header_change_nothing() -> None:
    """The decoder has made up its mind by then."""
    plain = bare("RGB", b"\0\1\2")
    late = plain[:-2] + odd.with_segment(b"\xff\xd8", 0xEE, ADOBE + b"\0")[2:] + plain[-2:]

    assert pixels(late) == pixels(plain)
    assert digest(late) == digest(plain)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SOS + b"x\xff\1yz\xff\xd9", SOS + b"xy\xff\1z\xff\xd9"),
        (SOS + b"x\xff\1\xff\xd0y\xff\xd9", SOS + b"x\xff\1\xff\xd1y\xff\xd9"),
        (b"\xff\xdb\0\4ab\xff\xdb\0\4cd", b"\xff\xdb\0\4ab" + SOS + b"\xff\xdb\0\4cd"),
        (b"\xff\0\0\4\xff\xe1\xff\xff12", b"\xff\0\0\4\xff\xe1\xff\xff34"),
        (b"\xff\xff\0\0\4\xff\xe1\0\4ab", b"\xff\xff\0\0\4\xff\xe1\0\4cd"),
        (b"\xff\xe1\0\1ab", b"\xff\xe1\0\1cd"),
        (b"\xff\xd8\xff\xe1\0\4ab", b"\xff\xd8\xff\xe1\0\4cd"),
        (b"garbage", b"garbled"),
        (b"\xff\xee\0\x0eAdobe\0d\0\0\0\0\0?", b"\xff\xee\0\x0eAdobe\0d\0\0\0\0\1?"),
        (b"\xff\xe0\0\x10" + JFIF + b"?", b"?"),
    ],
    ids=[
        "stray marker",
        "stray restart",
        "scan",
        "escaped",
        "filled and escaped",
        "impossible length",
        "second start",
        "garbage",
        "adobe before it",
        "jfif before it",
    ],
)
def test_irregular_files_are_told_apart_by_all_their_bytes(one: bytes, other: bytes) -> None:
    """Where the decoder may read on differently than this parser, nothing is left out."""
    assert digest(b"\xff\xd8" + one) != digest(b"\xff\xd8" + other)


@pytest.mark.parametrize("quality", [1, 10, 30, 50, 75, 90, 100])
@pytest.mark.parametrize("progressive", [False, True])
def test_the_quality_is_that_of_the_encoder(quality: int, progressive: bool) -> None:  # noqa: FBT001 - a parameter
    """To one step, whatever the picture."""
    stream = io.BytesIO()
    image = Image.effect_noise((64, 48), 60)
    image.save(stream, "JPEG", quality=quality, progressive=progressive, comment=b"said before")

    assert coded_quality(stream.getvalue()) == pytest.approx(quality, abs=1)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xd8", b"\xff\xd8\xff\xdb", b"\xff\xd8\xff\xdb\0\x43\0\1", b"\xff\xd8\xff\xdb\0\x43\x50" + bytes(64)],
)
def test_a_table_that_is_not_whole_tells_nothing(data: bytes) -> None:
    """Whatever a file claims, no quality is made up."""
    assert coded_quality(data) == 0
