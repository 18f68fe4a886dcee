"""What kind of file some bytes are, told by the first few: a hint for choosing one parser, never a proof."""

import re
from collections.abc import Callable

HEAD = 4096
"""Bytes looked at: enough for an XML prologue before `<svg`."""

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset(
    {
        b"heic",
        b"heix",
        b"heim",
        b"heis",
        b"hevc",
        b"hevx",
        b"hevm",
        b"hevs",
        b"mif1",
        b"mif2",
        b"msf1",
        b"jpeg",
    }
)
_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

_OPENINGS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"%PDF-", "PDF"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"8BPS", "Photoshop"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"icns", "ICNS"),
    (b"\x00\x00\x01\x00", "icon"),
    (b"\x00\x00\x02\x00", "Targa"),
    (b"FUJIFILMCCD-RAW", "camera raw"),
    (b"FOVb", "camera raw"),
    (b"IIRO", "camera raw"),
    (b"IIRS", "camera raw"),
    (b"MMOR", "camera raw"),
    (b"IIU\x00", "camera raw"),
    (b"\x00MRM", "camera raw"),
    (b"DDS ", "DDS"),
    (b"qoif", "QOI"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance"),
    (b"SIMPLE  =", "FITS"),
    (b"\xd7\xcd\xc6\x9a", "Windows metafile"),
    (b"gimp xcf", "GIMP"),
    (b"BPG\xfb", "BPG"),
    (b"FLIF", "FLIF"),
    (b"AT&TFORM", "DjVu"),
    (b"\x01\xda", "SGI"),
    (b"\x59\xa6\x6a\x95", "Sun raster"),
    (b"/* XPM */", "XPM"),
    (b"\x1f\x8b", "gzip"),
)

_NETPBM = re.compile(rb"P[1-7fF][\s#]")
_SVG = re.compile(rb"<svg[\s>:]|<!doctype\s+svg", re.IGNORECASE)
_XML_START = re.compile(rb"\s*<[?!a-zA-Z]")


def sniff(head: bytes) -> str | None:
    """The name of the file format that `head` (the first `HEAD` bytes) opens with, or `None`.

    Names in `settings.FORMATS` are those PicTrace can decode; any other is a known kind of picture file
    that it does not.
    """
    for opening, name in _OPENINGS:
        if head.startswith(opening):
            # A raw photograph of Canon's second generation is a TIFF that says so in its ninth byte.
            return "camera raw" if name == "TIFF" and head[8:10] == b"CR" else name
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    return next((name for name, matches in _STRUCTURES if matches(head)), None)


def _is_svg(head: bytes) -> bool:
    # Two-byte encodings hide every second byte; dropping zeros makes their ASCII part readable.
    text = head.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").replace(b"\0", b"")
    return bool(_XML_START.match(text) and _SVG.search(text))


def _is_pcx(head: bytes) -> bool:
    return head[:1] == b"\x0a" and head[1:2] in {b"\0", b"\2", b"\3", b"\4", b"\5"} and head[2:3] in {b"\0", b"\1"}


_STRUCTURES: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("WEBP", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    ("BMP", lambda head: head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES),
    ("FLI", lambda head: head[4:6] in {b"\x11\xaf", b"\x12\xaf"}),
    ("PCX", _is_pcx),
    ("DICOM", lambda head: head[128:132] == b"DICM"),
    ("Netpbm", lambda head: bool(_NETPBM.match(head))),
    ("SVG", _is_svg),
)


def _iso_media(head: bytes) -> str | None:
    """AVIF, HEIF or a camera's raw format, by the brands in the file type box (ISO/IEC 14496-12, 4.3)."""
    end = min(max(int.from_bytes(head[:4], "big"), 16), 256)
    major = head[8:12]
    brands = {major} | {head[place : place + 4] for place in range(16, end, 4)}
    if major in _AVIF_BRANDS or (brands & _AVIF_BRANDS and not brands & (_HEIF_BRANDS - {b"mif1", b"msf1"})):
        return "AVIF"
    if major == b"crx ":
        return "camera raw"
    return "HEIF" if brands & _HEIF_BRANDS else None
