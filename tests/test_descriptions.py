"""What a file and its sidecars say of a picture, whoever wrote them."""

import tracemalloc

import numpy as np
import pytest
from odd_pictures import photo
from PIL import Image, PngImagePlugin

from pictrace.descriptions import described, shot_of

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r xmp:Rating="3" dc:title="a" exif:GPSLatitude="1"/></x:xmpmeta>'


@pytest.mark.parametrize("data", [b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 99])
def test_broken_metadata_say_nothing(tmp_path, data):
    """What leads out of the file is passed over."""
    (tmp_path / "a.jpg").write_bytes(data)

    assert described(str(tmp_path / "a.jpg")).fields == 0


def test_png_text_is_read_as_xmp(tmp_path):
    """Where other formats keep it."""
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    Image.fromarray(photo()).save(tmp_path / "a.png", pnginfo=info)

    said = described(str(tmp_path / "a.png"))
    assert (said.rating, said.has_place) == (3, True)


def test_a_tiff_says_what_it_has_behind_its_pixels(tmp_path):
    """Programs that compress write the directory last."""
    exif = Image.Exif()
    exif[0x0132], exif[0x4746] = "2020:01:02 03:04:05", 4
    noise = np.random.default_rng(1).integers(0, 255, (700, 800, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.tif", compression="tiff_lzw", exif=exif)

    said = described(str(tmp_path / "a.tif"))
    assert (said.rating, said.taken) == (4, 1577934245)


@pytest.mark.parametrize("read", [described, shot_of])
def test_a_thousand_fields_of_the_same_bytes_take_no_memory(tmp_path, read):
    """A small file would fill gigabytes otherwise."""
    size = 200_000
    entry = b"\x34\x12\x01\0" + size.to_bytes(4, "little") + b"\x08\0\0\0"
    (tmp_path / "a.tif").write_bytes((b"II*\0\x08\0\0\0\xe8\x03" + entry * 1000).ljust(size + 8, b"\0"))

    tracemalloc.start()
    read(str(tmp_path / "a.tif"))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10 * size


@pytest.mark.parametrize(("times", "rating"), [(100, 4), (5000, 0)])
def test_a_file_that_repeats_the_name_of_exif_is_not_searched_for_ever(tmp_path, times, rating):
    """Of the largest that are read each name was looked at, which took a quarter of a minute."""
    rated = b"II*\0\x08\0\0\0\x01\0\x46\x47\x03\0\x01\0\0\0\x04\0\0\0"
    (tmp_path / "a.jpg").write_bytes(b"Exif\0\0" * times + b"Exif\0\0" + rated)

    assert described(str(tmp_path / "a.jpg")).rating == rating


@pytest.mark.parametrize(("rating", "stars"), [("9" * 400, 5), ("-1e999", -1), ("NaN", 0), ('"5"', 0), ("true", 0)])
def test_a_rating_of_any_size_is_one_of_those_there_are(tmp_path, rating, stars):
    """A sidecar may say anything."""
    (tmp_path / "a.json").write_text(f'{{"rating": {rating}}}')

    assert described(str(tmp_path / "a.jpg"), [str(tmp_path / "a.json")]).rating == stars
