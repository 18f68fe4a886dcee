"""The one decoder: every source, format, limit and way to be broken."""

import hashlib
import io
import os
import socket
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import odd_pictures as odd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, JpegImagePlugin

from pictrace._jpeg import coded_image_hash
from pictrace.errors import (
    FileTooLargeError,
    ImageCorruptError,
    ImageTooComplexError,
    ImageTooManyPixelsError,
    ImageTooSmallError,
    NotAnImageError,
    PictureError,
    SourceUnreadableError,
    UnsupportedFormatError,
    UsageError,
)
from pictrace.picture import Picture, part_of
from pictrace.settings import Limits
from pictrace.types import PROXY_SIDE

LIMITS = Limits(file_bytes=1 << 20, pixels=1_000_000, side=5_000)
PHOTO = odd.photo()
WHITE = [255, 255, 255]


def large_jpeg(**options: object) -> bytes:
    return odd.encoded(odd.photo(2600, 1700), "JPEG", quality=60, **options)


# Sources


def test_path_bytes_and_stream_give_the_same_picture(tmp_path: Path) -> None:
    """However the bytes come, pixels and hashes are the same."""
    data = odd.encoded(PHOTO, "JPEG")
    path = tmp_path / "a.jpg"
    path.write_bytes(data)

    pictures = [Picture.open(source) for source in (path, str(path), data, bytearray(data), io.BytesIO(data))]

    assert len({(p.sha256, p.pixel_hash, p.pixels.tobytes(), p.size) for p in pictures}) == 1


def test_facts_of_a_file() -> None:
    """A picture says what it was: hash of its bytes, format, size in pixels and bytes."""
    data = odd.encoded(PHOTO, "PNG")

    picture = Picture.open(data)

    assert picture.sha256 == hashlib.sha256(data).hexdigest()
    assert (picture.format, picture.width, picture.height, picture.size) == ("PNG", 64, 48, len(data))
    assert np.array_equal(picture.pixels, PHOTO)


def test_pixels_are_read_only() -> None:
    """Nobody can change a picture that others look at."""
    picture = Picture.open(odd.encoded(PHOTO, "PNG"))

    assert not any(view.flags.writeable for view in (picture.pixels, picture.frame, picture.grey))


@pytest.mark.parametrize(
    "source",
    [PHOTO, np.dstack([PHOTO, np.full((48, 64), 255, np.uint8)]), Image.fromarray(PHOTO)],
    ids=["rgb", "rgba", "pil"],
)
def test_arrays_and_images_equal_the_lossless_file(source: object) -> None:
    """A picture in memory has the pixel hash of the PNG that would hold it."""
    from_file = Picture.open(odd.encoded(PHOTO, "PNG"))

    in_memory = Picture.open(source)  # type: ignore[arg-type]

    assert in_memory.pixel_hash == from_file.pixel_hash
    assert in_memory.sha256 == in_memory.pixel_hash
    assert in_memory.format == "MEMORY"


def test_grey_array_is_a_picture() -> None:
    """Two dimensions are grey levels."""
    picture = Picture.open(PHOTO[..., 0])

    assert np.array_equal(picture.pixels, np.dstack([PHOTO[..., 0]] * 3))


def test_array_is_not_shared_with_the_caller() -> None:
    """Changing the array afterwards does not change the picture."""
    array = PHOTO.copy()
    picture = Picture.open(array)

    array[:] = 0

    assert np.array_equal(picture.pixels, PHOTO)


def test_callers_image_stays_as_it_is() -> None:
    """A PIL image handed in is neither turned nor stripped."""
    image = Image.open(io.BytesIO(odd.oriented(PHOTO, 6)))

    picture = Picture.open(image)

    assert np.array_equal(picture.pixels, PHOTO)
    assert (image.size, image.getexif()[0x0112]) == ((48, 64), 6)


def test_picture_opens_as_itself() -> None:
    """Opening what is open already costs nothing."""
    picture = Picture.open(PHOTO)

    assert Picture.open(picture) is picture


@pytest.mark.parametrize(
    "source",
    [None, 3, ["a.jpg"], np.zeros((9, 9, 2), np.uint8), np.zeros((32, 32), np.float32), io.StringIO("text")],
    ids=["none", "number", "list", "two channels", "floats", "text file"],
)
def test_other_sources_are_refused(source: object) -> None:
    """What cannot be a picture by its type is the caller's mistake."""
    with pytest.raises(UsageError) as caught:
        Picture.open(source)  # type: ignore[arg-type]

    assert caught.value.hint


def test_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    """A named pipe nobody writes to makes nobody wait."""
    path = tmp_path / "a.jpg"
    os.mkfifo(path)

    with pytest.raises(SourceUnreadableError, match="regular"):
        Picture.open(path)


def test_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket in the file system is no picture."""
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("a.jpg")

        with pytest.raises(SourceUnreadableError):
            Picture.open("a.jpg")


@pytest.mark.parametrize("name", ["missing.jpg", ".", "a\0b", "/dev/zero"])
def test_unreadable_paths_are_refused(name: str, tmp_path: Path) -> None:
    """Missing files, folders, impossible names and devices are told without naming the path."""
    with pytest.raises(SourceUnreadableError) as caught:
        Picture.open(os.path.join(tmp_path, name))  # noqa: PTH118 - a Path refuses no NUL

    assert str(tmp_path) not in str(caught.value)


def test_stream_that_breaks_is_unreadable() -> None:
    """An error in the middle of reading is the source's, not a crash."""
    stream = io.BytesIO(b"\xff\xd8\xff")
    stream.close()

    with pytest.raises(SourceUnreadableError):
        Picture.open(stream)


# Limits


@pytest.mark.parametrize(("room", "fits"), [(-1, False), (0, True), (1, True)])
@pytest.mark.parametrize("kind", ["path", "bytes", "stream"])
def test_file_size_limit(room: int, kind: str, *, fits: bool, tmp_path: Path) -> None:
    """A file of exactly the limit passes, one byte more does not, from every source."""
    data = odd.encoded(PHOTO, "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    source = {"path": path, "bytes": data, "stream": io.BytesIO(data)}[kind]

    refused = False
    try:
        Picture.open(source, limits=replace(LIMITS, file_bytes=len(data) + room))  # type: ignore[arg-type]
    except FileTooLargeError:
        refused = True

    assert refused is not fits


@pytest.mark.parametrize(
    ("limit", "value", "error"),
    [
        ("pixels", 64 * 48, None),
        ("pixels", 64 * 48 - 1, ImageTooManyPixelsError),
        ("side", 64, None),
        ("side", 63, ImageTooManyPixelsError),
        ("min_side", 48, None),
        ("min_side", 49, ImageTooSmallError),
    ],
)
@pytest.mark.parametrize("source", [odd.encoded(PHOTO, "JPEG"), PHOTO], ids=["file", "array"])
def test_size_limits(source: object, limit: str, value: int, error: type[PictureError] | None) -> None:
    """Pixels and sides pass at the limit and not beyond it, for files and arrays alike."""
    bounds = replace(LIMITS, **{limit: value})  # type: ignore[arg-type]

    outcome = None
    try:
        Picture.open(source, limits=bounds)  # type: ignore[arg-type]
    except PictureError as caught:
        outcome = type(caught)

    assert outcome is error


@pytest.mark.parametrize(
    "data",
    [
        odd.png_bomb(13000, 13000),
        odd.png_header_only(65535, 65535),
        odd.png_header_only(2147483647, 1),
        odd.png_header_only(1, 2147483647),
        odd.GIF_OF_35_BYTES,
        odd.jpeg_giant(),
        odd.webp_giant(),
    ],
    ids=["bomb", "square", "wide", "high", "gif", "jpeg", "webp"],
)
def test_giants_are_refused_before_decoding(data: bytes) -> None:
    """A few bytes that claim many pixels are refused by their header."""
    with pytest.raises(ImageTooManyPixelsError):
        Picture.open(data)


def test_process_wide_limit_of_pillow_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our limits are the only ones: what others set for the whole process refuses nothing here."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)

    picture = Picture.open(odd.encoded(PHOTO, "PNG"))

    assert (picture.width, picture.height) == (64, 48)


def test_bomb_found_while_decoding_is_too_many_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the decoder itself finds that a part is too large, the error is the same."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)

    with pytest.raises(ImageTooManyPixelsError):
        Picture.open(odd.encoded(PHOTO, "TIFF"))


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_compressed_metadata_bombs_are_harmless(kind: bytes) -> None:
    """80 MB of text in 80 KB is either ignored or refused."""
    outcome = "picture"
    try:
        Picture.open(odd.png_text_bomb(kind))
    except PictureError as error:
        outcome = error.code

    assert outcome in {"picture", "image_corrupt"}


def test_no_memory_is_too_complex(monkeypatch: pytest.MonkeyPatch) -> None:
    """Running out of memory while decoding costs the picture only."""

    def fail(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "load", fail)
    with pytest.raises(ImageTooComplexError):
        Picture.open(odd.encoded(PHOTO, "JPEG"))


# Formats


@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [
        ("JPEG", {"quality": 95}, 24),
        ("JPEG", {"progressive": True, "quality": 95}, 24),
        ("PNG", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("AVIF", {"quality": 95}, 24),
        ("GIF", {}, 64),
    ],
)
def test_formats_decode(name: str, options: dict[str, object], tolerance: int) -> None:
    """Every format gives the picture that went in."""
    picture = Picture.open(odd.encoded(PHOTO, name, **options))

    assert picture.format == name
    assert np.abs(picture.pixels.astype(int) - PHOTO).max() <= tolerance


def test_heic_decodes() -> None:
    """HEIC goes through its own decoder: a block of raw samples comes out as luma of video range."""
    luma = np.clip(odd.photo(32, 32)[..., 0], 16, 235)

    picture = Picture.open(odd.heic(luma))

    assert (picture.format, picture.width, picture.height) == ("HEIF", 32, 32)
    assert np.abs(picture.pixels[..., 1] - (luma - 16.0) * 255 / 219).max() <= 2


def test_heif_is_not_registered_for_the_whole_process() -> None:
    """Decoding HEIC here leaves other users of Pillow as they were."""
    Picture.open(odd.heic(np.full((32, 32), 90, np.uint8)))

    assert "HEIF" not in Image.OPEN


@pytest.mark.parametrize(
    ("opening", "word"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x -->\n<svg>", "SVG"),
        ("<?xml version='1.0' encoding='utf-16'?><svg >".encode("utf-16"), "SVG"),
        (b"%PDF-1.7\n", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
        (b"8BPS\0\1", "Photoshop"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"icns\0\0\0\x08", "ICNS"),
        (b"II*\0\x10\0\0\0CR\2\0", "camera raw"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "camera raw"),
        (b"DDS |\0\0\0", "DDS"),
        (b"P6\n2 2 255\n", "Netpbm"),
        (b"\x0a\5\1\x08\0\0", "PCX"),
        (b"\0" * 128 + b"DICM", "DICOM"),
        (b"\0\0\0\0\x12\xaf\1\0", "FLI"),
    ],
)
def test_known_formats_outside_the_list_are_named(opening: bytes, word: str) -> None:
    """A picture of a kind that is not decoded is told apart from what is no picture."""
    with pytest.raises(UnsupportedFormatError, match=word) as caught:
        Picture.open(opening + b"\0" * 64)

    assert "JPEG" in caught.value.hint


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"<html><body>404</body></html>", b"PK\3\4", b"\x7fELF", b"BMW for sale", b"\0" * 4096],
    ids=["empty", "byte", "html", "zip", "elf", "text", "zeros"],
)
def test_anything_else_is_no_image(data: bytes) -> None:
    """Web pages, programs, archives and nothing at all are no pictures."""
    with pytest.raises(NotAnImageError):
        Picture.open(data)


def test_video_container_is_no_image() -> None:
    """MP4 opens like HEIC but names no picture brand."""
    with pytest.raises(NotAnImageError):
        Picture.open(b"\0\0\0\x18ftypisom\0\0\2\0isomiso2")


def test_generic_brand_with_avif_content_is_avif() -> None:
    """A file that calls itself `mif1` is AVIF if AVIF is among its other brands."""
    data = odd.encoded(PHOTO, "AVIF")
    renamed = data.replace(b"ftypavif", b"ftypmif1", 1)

    assert Picture.open(renamed).format == "AVIF"


def test_allowed_formats_can_be_fewer() -> None:
    """A format taken off the list is refused though it could be decoded."""
    with pytest.raises(UnsupportedFormatError, match="GIF"):
        Picture.open(odd.encoded(PHOTO, "GIF"), limits=Limits(formats=("JPEG", "PNG")))


def test_name_does_not_matter(tmp_path: Path) -> None:
    """The content decides the format, never the file's name."""
    path = tmp_path / "a.jpg"
    path.write_bytes(odd.encoded(PHOTO, "PNG"))

    assert Picture.open(path).format == "PNG"


@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_first_frame_is_the_picture(name: str) -> None:
    """Of an animation the first frame counts."""
    red, blue = (Image.new("RGB", (40, 30), colour) for colour in ("red", "blue"))
    data = odd.encoded(red, name, save_all=True, append_images=[blue])

    pixels = Picture.open(data).pixels

    assert np.abs(pixels[15, 20].astype(int) - [255, 0, 0]).max() <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["PNG", "TIFF", "WEBP"])
def test_orientation_is_applied(orientation: int, name: str) -> None:
    """All eight ways to store a picture give the same upright pixels, sizes and pixel hash."""
    picture = Picture.open(odd.oriented(PHOTO, orientation, name))

    assert np.array_equal(picture.pixels, PHOTO)
    assert (picture.width, picture.height) == (64, 48)
    assert picture.pixel_hash == Picture.open(PHOTO).pixel_hash


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_orientation_of_jpeg_and_avif(orientation: int) -> None:
    """Lossy files are turned as well."""
    upright = [Picture.open(odd.oriented(PHOTO, orientation, name)).pixels for name in ("JPEG", "AVIF")]

    assert [pixels.shape for pixels in upright] == [PHOTO.shape] * 2
    assert max(np.abs(pixels.astype(int) - PHOTO).mean() for pixels in upright) < 8


@pytest.mark.parametrize(
    "block", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0" + b"MM\0*\0\0\0\x08\xff\xff"]
)
def test_broken_exif_is_ignored(block: bytes) -> None:
    """Metadata that cannot be read is no reason to refuse a picture."""
    plain = odd.encoded(PHOTO, "JPEG")

    picture = Picture.open(odd.with_segment(plain, 0xE1, block))

    assert np.array_equal(picture.pixels, Picture.open(plain).pixels)


# Colours


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_opaque_alpha_changes_nothing(mode: str) -> None:
    """An alpha channel that hides nothing leaves pixels and hash as they are."""
    solid = Image.fromarray(PHOTO).convert("L" if mode == "LA" else "RGB")
    if mode == "PA":
        solid = solid.quantize(64).convert("RGB")
    with_alpha = solid.convert(mode if mode != "PA" else "RGBA")

    assert Picture.open(with_alpha).pixel_hash == Picture.open(solid).pixel_hash


def test_transparent_pixels_show_white() -> None:
    """What is hidden is white, half hidden is half white."""
    alpha = np.full((48, 64), 255, np.uint8)
    alpha[:24] = 0
    alpha[24:30] = 128
    black = np.dstack([np.zeros_like(PHOTO), alpha])

    pixels = Picture.open(odd.encoded(black, "PNG")).pixels

    assert [pixels[0, 0].tolist(), pixels[26, 0].tolist(), pixels[40, 0].tolist()] == [
        WHITE,
        [127] * 3,
        [0] * 3,
    ]


def test_transparent_palette_entry_shows_white() -> None:
    """A palette's transparent colour counts as alpha."""
    image = Image.new("P", (32, 32), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(0, (0, 0, 16, 32))

    pixels = Picture.open(odd.encoded(image, "PNG", transparency=0)).pixels

    assert [pixels[0, 0].tolist(), pixels[0, 31].tolist()] == [WHITE, [0, 0, 255]]


@pytest.mark.parametrize(("mode", "key"), [("RGB", (255, 0, 0)), ("L", 76)])
def test_transparent_colour_key_shows_white(mode: str, key: object) -> None:
    """One colour declared transparent counts as alpha."""
    image = Image.new("RGB", (32, 32), "black")
    image.paste((255, 0, 0), (0, 0, 16, 32))

    pixels = Picture.open(odd.encoded(image.convert(mode), "PNG", transparency=key)).pixels

    assert [pixels[0, 0].tolist(), pixels[0, 31].tolist()] == [WHITE, [0, 0, 0]]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_scale_to_eight(channels: int) -> None:
    """16-bit samples keep their brightness: full is 255, half is half."""
    samples = np.full((32, 32, channels), 65535, np.uint16)
    samples[:16, :, : 3 if channels > 2 else 1] = 0x8080
    samples[0, :, : 3 if channels > 2 else 1] = 0

    pixels = Picture.open(odd.png_sixteen_bits(samples[..., 0] if channels == 1 else samples)).pixels

    assert [pixels[0, 0, 0], pixels[8, 0, 0], pixels[20, 0, 0]] == [0, 128, 255]


@pytest.mark.parametrize(
    ("array", "levels"),
    [
        (np.array([0.0, 0.5, 1.0, np.nan], np.float32), [0, 128, 255, 0]),
        (np.array([-9.0, 0.0, 128.0, 255.0], np.float32), [0, 0, 128, 255]),
        (np.array([0.0, 500.0, 1e6, 1e6], np.float32), [0, 0, 255, 255]),
        (np.array([-5, 0, 128, 255], np.int32), [0, 0, 128, 255]),
        (np.array([0, 257, 65535, 32896], np.int32), [0, 1, 255, 128]),
        (np.array([0, 257, 65535, 32896], np.uint16), [0, 1, 255, 128]),
    ],
    ids=["unit", "byte floats", "stretched", "byte integers", "wide integers", "sixteen bits"],
)
def test_deep_tiff_scales_by_its_range(array: np.ndarray, levels: list[int]) -> None:
    """Floats and wide integers are read in the smallest usual range that holds them."""
    image = Image.fromarray(np.repeat(np.tile(array, (32, 1)), 8, axis=1))

    pixels = Picture.open(odd.encoded(image, "TIFF")).pixels

    assert pixels[0, ::8, 0].tolist() == levels


def test_one_bit_is_black_and_white() -> None:
    """Bitmaps become black and white."""
    image = Image.new("1", (32, 32), 1)
    image.paste(0, (0, 0, 16, 32))

    pixels = Picture.open(odd.encoded(image, "PNG")).pixels

    assert [pixels[0, 0].tolist(), pixels[0, 31].tolist()] == [[0, 0, 0], WHITE]


@pytest.mark.parametrize(("name", "mode"), [("JPEG", "CMYK"), ("TIFF", "CMYK"), ("JPEG", "YCbCr"), ("TIFF", "YCbCr")])
def test_other_colour_models_are_converted(name: str, mode: str) -> None:
    """Ink and video colours come out as the RGB they stand for."""
    image = Image.new("RGB", (32, 32), (200, 40, 90)).convert(mode)

    pixels = Picture.open(odd.encoded(image, name, quality=95)).pixels

    assert np.abs(pixels[16, 16].astype(int) - [200, 40, 90]).max() <= 6


def test_lab_is_converted() -> None:
    """CIE L*a*b* TIFFs, which Pillow itself cannot turn into RGB, are read."""
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    red = ImageCms.profileToProfile(Image.new("RGB", (32, 32), (200, 40, 90)), srgb, lab, outputMode="LAB")

    pixels = Picture.open(odd.encoded(red, "TIFF")).pixels

    assert np.abs(pixels[16, 16].astype(int) - [200, 40, 90]).max() <= 8


def swapped_profile() -> bytes:
    """An sRGB profile whose red and green primaries have changed places."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return data.replace(b"rXYZ", b"tmpX").replace(b"gXYZ", b"rXYZ").replace(b"tmpX", b"gXYZ")


def test_colour_profile_is_applied() -> None:
    """Colours are what the profile says: with primaries exchanged, red is green."""
    red = Image.new("RGB", (32, 32), (255, 0, 0))

    pixels = Picture.open(odd.encoded(red, "PNG", icc_profile=swapped_profile())).pixels

    assert np.abs(pixels[0, 0].astype(int) - [0, 255, 0]).max() <= 3


@pytest.mark.parametrize(
    "icc",
    [ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), b"broken", b"\0" * 200],
    ids=["srgb", "text", "zeros"],
)
def test_profile_without_effect_changes_no_pixel(icc: bytes) -> None:
    """A profile of sRGB itself and profiles that cannot be read leave every pixel alone."""
    picture = Picture.open(odd.encoded(PHOTO, "PNG", icc_profile=icc))

    assert np.array_equal(picture.pixels, PHOTO)


def test_grey_picture_with_colour_profile_stays_grey() -> None:
    """A profile made for other channels is ignored."""
    grey = Image.fromarray(PHOTO).convert("L")

    picture = Picture.open(odd.encoded(grey, "PNG", icc_profile=swapped_profile()))

    assert np.array_equal(picture.pixels[..., 0], np.asarray(grey))


def test_same_profile_works_again() -> None:
    """A profile that was seen before gives the same colours."""
    data = odd.encoded(PHOTO, "PNG", icc_profile=swapped_profile())

    assert Picture.open(data).pixel_hash == Picture.open(data).pixel_hash != Picture.open(PHOTO).pixel_hash


def test_many_profiles_do_not_pile_up() -> None:
    """Only so many prepared profiles are kept, and an old one still works when it comes back."""
    profile = swapped_profile()
    red = Image.new("RGB", (32, 32), (255, 0, 0))
    variants = [profile + bytes([number]) for number in range(40)]

    greens = [Picture.open(odd.encoded(red, "PNG", icc_profile=one)).pixels[0, 0, 1] for one in [*variants, profile]]

    assert min(greens) > 250


# Damage


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated_files_are_corrupt(name: str, share: float) -> None:
    """A file cut off within its picture data is damaged, in every format."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = odd.encoded(noise, name)

    with pytest.raises(ImageCorruptError):
        Picture.open(data[: int(len(data) * share)])


@given(
    name=st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"]),
    place=st.integers(0, 1 << 16),
    flip=st.integers(1, 255),
    cut=st.integers(0, 1 << 16),
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_damaged_files_give_a_picture_or_a_typed_error(name: str, place: int, flip: int, cut: int) -> None:
    """One changed byte and a cut anywhere never lead to anything unforeseen."""
    data = bytearray(odd.encoded(PHOTO, name))
    data[place % len(data)] ^= flip
    outcome = "picture"
    try:
        Picture.open(bytes(data[: len(data) - cut % len(data) // 2]), limits=LIMITS)
    except PictureError as error:
        outcome = error.code

    assert outcome.replace("_", "").isalpha()


@given(
    st.binary(max_size=64),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"II*\0"]),
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_bytes_give_a_typed_error(tail: bytes, opening: bytes) -> None:
    """No few bytes, whatever they open with, are a picture."""
    with pytest.raises(PictureError):
        Picture.open(opening + tail)


def test_payload_after_the_picture_is_not_carried_over() -> None:
    """What hides behind a picture's end reaches neither pixels nor proxy."""
    data = odd.encoded(PHOTO, "GIF")

    picture = Picture.open(data + b"<script>alert(1)</script>")

    assert picture.pixel_hash == Picture.open(data).pixel_hash
    assert b"script" not in picture.proxy()


def test_decoding_in_threads_restores_the_warning_filters() -> None:
    """Pictures decoded at the same time share one set of filters, put back by the last."""
    before = list(warnings.filters)

    with ThreadPoolExecutor(4) as threads:
        hashes = set(threads.map(lambda _: Picture.open(odd.encoded(PHOTO, "PNG")).pixel_hash, range(64)))

    assert len(hashes) == 1
    assert list(warnings.filters) == before


def test_no_warning_leaks() -> None:
    """Decoders' warnings reach nobody, and the process's filters stay as they were."""
    before = list(warnings.filters)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        Picture.open(odd.with_segment(odd.encoded(PHOTO, "JPEG"), 0xE2, b"MPF\0II*\0\x08\0\0\0\1\0"))

    assert seen == []
    assert list(warnings.filters) == before


# Hashes


def test_metadata_does_not_change_the_pixel_hash() -> None:
    """The same picture with a comment is another file with the same pixels."""
    plain = odd.encoded(PHOTO, "JPEG")
    one, other = Picture.open(plain), Picture.open(odd.with_segment(plain, 0xFE, b"hello"))

    assert one.sha256 != other.sha256
    assert one.pixel_hash == other.pixel_hash


def test_shape_is_part_of_the_pixel_hash() -> None:
    """The same bytes in other rows are another picture."""
    assert Picture.open(PHOTO).pixel_hash != Picture.open(PHOTO.reshape(64, 48, 3)).pixel_hash


@pytest.mark.parametrize("target", [1, 512, 700, 5000])
def test_reduced_decode_keeps_sizes_and_hashes(target: int) -> None:
    """How small a large JPEG is decoded changes none of its facts."""
    data = large_jpeg()
    full, reduced = Picture.open(data), Picture.open(data, target=target)

    facts = [(p.width, p.height, p.sha256, p.pixel_hash, p.size) for p in (full, reduced)]

    assert facts[0] == facts[1]
    assert min(target, 2600) <= max(reduced.pixels.shape) <= 2600


def test_reduced_decode_is_smaller_but_turned() -> None:
    """Reduced pictures are upright and have their original's upright size."""
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = Picture.open(large_jpeg(exif=exif), target=512)

    assert (picture.width, picture.height) == (1700, 2600)
    assert picture.pixels.shape == (650, 425, 3)


def test_small_jpegs_are_never_reduced() -> None:
    """Below the bound all pixels are decoded, for they are what is hashed."""
    data = odd.encoded(odd.photo(1600, 1200), "JPEG")

    assert Picture.open(data, target=256).pixels.shape == (1200, 1600, 3)


@pytest.mark.parametrize(
    ("code", "data"),
    [
        (0xFE, b"a comment"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"),
        (0xED, b"Photoshop 3.0\0"),
        (0xE0, b"JFXX\0\x10"),
    ],
)
def test_large_jpegs_are_told_apart_by_their_coded_image(code: int, data: bytes) -> None:
    """Metadata does not change the hash of a large JPEG either."""
    plain = large_jpeg()

    decorated = Picture.open(odd.with_segment(plain, code, data) + b"trailing bytes", target=512)

    assert decorated.pixel_hash == Picture.open(plain, target=512).pixel_hash


def test_what_changes_a_large_jpegs_pixels_changes_its_hash() -> None:
    """Orientation, colour profile and coded data each count."""
    exif = Image.Exif()
    exif[0x0112] = 3
    plain = large_jpeg()
    touched = bytearray(plain)
    touched[len(plain) // 2] ^= 1
    files = [plain, large_jpeg(exif=exif), large_jpeg(icc_profile=swapped_profile()), bytes(touched)]

    assert len({Picture.open(data, target=512).pixel_hash for data in files}) == len(files)


@pytest.mark.parametrize(
    ("data", "same_as"),
    [
        (b"\xff\xd8\xff\xff\xdb\0\4ab\xff\xd9", b"\xff\xd8\xff\xdb\0\4ab\xff\xd9 tail"),
        (b"\xff\xd8\xff\x01\xff\xd0\xff\xdb\0\4ab", b"\xff\xd8\xff\xdb\0\4ab\xff\xd9"),
        (b"\xff\xd8\xff\xee\0\4ab\xff\xd9", b"\xff\xd8\xff\xd9"),
        (
            b"\xff\xd8\xff\xda\0\2scan\xff\0\xff\xd3more",
            b"\xff\xd8\xff\xda\0\2scan\xff\0\xff\xd3more\xff\xd9",
        ),
    ],
    ids=["fill bytes", "bare markers", "foreign APP14", "no end"],
)
def test_markers_without_meaning_do_not_count(data: bytes, same_as: bytes) -> None:
    """Fill bytes, bare markers and what follows the end leave the coded image as it is."""
    hashes = {coded_image_hash(one, orientation=1, icc=b"") for one in (data, same_as)}

    assert len(hashes) == 1


def test_restart_markers_and_scans_are_hashed_whole() -> None:
    """A progressive JPEG with restart markers is parsed to its end: what follows does not count."""
    data = large_jpeg(progressive=True, restart_marker_rows=1)

    assert Picture.open(data + b"\xff\xd9 more").pixel_hash == Picture.open(data).pixel_hash


# Views


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1024, 768, (384, 512)),
        (300, 1200, (512, 128)),
        (512, 100, (100, 512)),
        (64, 48, (48, 64)),
        (4096, 16, (2, 512)),
    ],
)
def test_frame_fits_the_proxy_side(width: int, height: int, expected: tuple[int, int]) -> None:
    """The frame is scaled down to the proxy's side and never up."""
    picture = Picture.open(odd.photo(width, height))

    assert picture.frame.shape == (*expected, 3)
    assert picture.grey.shape == expected


def test_grey_is_luma() -> None:
    """Grey levels weigh the colours as television does."""
    colours = np.repeat(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8), 16, axis=1).repeat(16, axis=0)

    assert Picture.open(colours).grey[0, ::16].tolist() == [76, 150, 29]


@pytest.mark.parametrize("side", [16, 224])
def test_squashed_is_a_square_of_the_whole(side: int) -> None:
    """The whole picture lands in the square: its corners are its corners."""
    picture = Picture.open(odd.photo(1200, 300))
    square = picture.squashed(side)

    assert square.shape == (side, side, 3)
    assert picture.squashed(side) is square
    assert np.abs(square[0, 0].astype(int) - picture.pixels[:8, :8].mean((0, 1))).max() < 24


@pytest.mark.parametrize(
    ("size", "expected"), [((300, 200), (300, 200)), ((900, 600), (900, 600)), ((1500, 1000), (1024, 683))]
)
def test_detail_is_finer_than_the_frame(size: tuple[int, int], expected: tuple[int, int]) -> None:
    """Grey, up to 1,024 px, and never enlarged."""
    picture = Picture.open(Image.new("RGB", size, (0, 255, 0)))

    assert picture.detail.shape == expected[::-1]
    assert int(picture.detail[0, 0]) == 150
    assert not picture.detail.flags.writeable


def test_proxy_is_a_bare_jpeg_of_the_frame() -> None:
    """The proxy shows the frame and carries none of the file's metadata."""
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    data = odd.encoded(odd.photo(1024, 768), "JPEG", exif=exif, comment=b"secret", icc_profile=swapped_profile())

    proxy = Picture.open(data).proxy()

    again = Picture.open(proxy)
    assert (again.format, again.width, again.height) == ("JPEG", PROXY_SIDE, 384)
    assert not any(word in proxy for word in (b"Maker", b"secret", b"Exif", b"ICC_PROFILE"))


def test_a_part_of_a_proxy_is_where_it_was_in_the_original():
    """And no larger than a proxy, however large the original is."""
    whole = Image.new("RGB", (400, 200), "black")
    whole.paste((250, 250, 250), (200, 0, 400, 200))
    stream = io.BytesIO()
    whole.save(stream, "JPEG", quality=95)

    part = part_of(stream.getvalue(), (40_000, 20_000), (22_000, 2_000, 16_000, 8_000))

    assert (part.width, part.height) == (512, 256)
    assert part.pixels.min() > 230


def test_a_part_outside_is_refused():
    """By the pixels of the original."""
    with pytest.raises(UsageError, match="not inside 400 x 200"):
        part_of(b"", (400, 200), (0, 0, 401, 10))
