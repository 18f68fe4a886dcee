"""Generators of files that are built to harm, next to those of `odd_pictures`."""

import gzip
import io
import struct
import zlib

import odd_pictures
from odd_pictures import chunk, encoded, png
from PIL import Image

GREY = Image.new("RGB", (64, 48), (90, 120, 150))


def png_rows(width: int, height: int) -> bytes:
    """A whole one-bit PNG of any size, small: its rows are packed one by one."""
    return odd_pictures.png_bomb(width, height)


def png_of_texts(count: int = 100_000) -> bytes:
    """A small PNG with that many comments."""
    rows = zlib.compress((b"\0" + b"\x80" * 96) * 32)
    return png((32, 32, 8, 2), rows, extra=chunk(b"tEXt", b"a\0b") * count)


def gif_of_frames(count: int, first: tuple[int, int] = (32, 32), others: tuple[int, int] = (32, 32)) -> bytes:
    """A GIF of as many frames of one colour; those after the first may say they are of any size."""
    whole = encoded(Image.new("P", first, 1), "GIF")
    start = whole.index(b"\x2c", 13 + 3 * (2 << (whole[10] & 7)) * bool(whole[10] & 0x80))
    frame = whole[start:-1]
    other = frame[:5] + struct.pack("<HH", *others) + frame[9:]
    return whole[:start] + frame + other * (count - 1) + b"\x3b"


def animated(name: str, count: int) -> bytes:
    """An animation of small frames that all differ."""
    frames = [Image.new("RGB", (32, 32), (n % 256, n // 256, 128)) for n in range(count)]
    target = io.BytesIO()
    frames[0].save(target, name, save_all=True, append_images=frames[1:], duration=20)
    return target.getvalue()


def jpeg_of_segments(count: int, code: int = 0xE1, opening: bytes = b"") -> bytes:
    """A small JPEG with that many segments of 64 KiB right after its start."""
    whole = encoded(GREY, "JPEG")
    segment = bytes([0xFF, code]) + struct.pack(">H", 65535) + opening.ljust(65533, b"a")
    return whole[:2] + segment * count + whole[2:]


def jpeg_of_scans(count: int, side: int = 64) -> bytes:
    """A progressive JPEG of one colour whose last scan comes that many times: a few bytes to visit every pixel."""
    whole = encoded(Image.new("RGB", (side, side), (90, 120, 150)), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * count + whole[-2:]


def jpeg_of_length(size: int) -> bytes:
    """A picture in a file of exactly so many bytes, which go on after its end."""
    whole = encoded(GREY, "JPEG")
    return whole + b"\0" * (size - len(whole))


def bmp_packed() -> bytes:
    """An eight-bit BMP with run lengths: each row is one run."""
    width, height = 64, 48
    rows = b"".join(bytes([width, y * 5 % 256, 0, 0]) for y in range(height)) + b"\0\1"
    palette = b"".join(bytes([n, n, n, 0]) for n in range(256))
    start = 14 + 40 + len(palette)
    head = b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(rows), 2835, 2835, 256, 0)
    return head + info + palette + rows


def ycck() -> bytes:
    """A JPEG of four inks that says its first three are stored as luma and chroma."""
    whole = bytearray(encoded(GREY.convert("CMYK"), "JPEG"))
    place = whole.index(b"Adobe")
    whole[place + 11] = 2
    return bytes(whole)


def exif(*, cyclic: bool = False, count: int = 1, size: int = 0) -> bytes:
    """An EXIF block: its directory may follow itself, hold a value of any count, or have any size."""
    entry = struct.pack("<HHII", 0x010F, 2, count, 26)
    body = b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 8 if cyclic else 0) + b"a" * max(size, 8)
    return b"Exif\0\0" + body


SVG = {
    "plain": b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><rect width="9" height="9"/></svg>',
    "script": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "reference": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:P/x.jpg"/></svg>',
    "entity": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg><text>&x;</text></svg>',
    "laughs": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "ha">'
    + b"".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">'.encode() for n in range(1, 12))
    + b"]><svg><text>&a11;</text></svg>",
    "nested": b'<svg xmlns="http://www.w3.org/2000/svg"><g id="a"/>' + b'<use href="#a"/>' * 100_000 + b"</svg>",
    "wide": '<?xml version="1.0" encoding="UTF-16"?><svg xmlns="http://www.w3.org/2000/svg"/>'.encode("utf-16"),
    "packed": gzip.compress(b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
}

OTHERS = {
    **{
        name: encoded(GREY.convert(mode), name)
        for name, mode in {
            "EPS": "RGB",
            "PDF": "RGB",
            "ICNS": "RGBA",
            "DDS": "RGB",
            "SGI": "RGB",
            "PCX": "RGB",
            "PPM": "RGB",
            "XBM": "1",
            "JPEG2000": "RGB",
            "ICO": "RGB",
            "TGA": "RGB",
            "MSP": "1",
        }.items()
    },
    "PS": b"%!PS-Adobe-3.0\n(/etc/passwd) run\nshowpage\n",
    "EPS with a preview": b"\xc5\xd0\xd3\xc6" + struct.pack("<IIIIII", 32, 100, 0, 0, 0, 0) + b"%!PS\n",
    "PSD": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 64, 64, 8, 3) + bytes(64),
    "FITS": b"SIMPLE  =                    T".ljust(2880),
    "WMF": b"\xd7\xcd\xc6\x9a" + bytes(64),
    "FLI": struct.pack("<IHHHHHH", 128, 0xAF11, 1, 64, 64, 8, 3).ljust(128, b"\0"),
}

STRANGERS = {
    "HTML": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "MP4": struct.pack(">I", 24) + b"ftypisom\0\0\2\0isommp42" + bytes(64),
    "ELF": b"\x7fELF\2\1\1" + bytes(64),
    "ZIP": b"PK\3\4" + bytes(64),
    "PHP": b"<?php system($_GET['c']); ?>",
}

PAYLOAD = b"<script>alert('payload')</script><?php payload(); ?>"

POLYGLOTS = {
    "GIF and HTML": encoded(GREY.convert("P"), "GIF", comment=PAYLOAD),
    "JPEG and ZIP": encoded(GREY, "JPEG") + b"PK\3\4" + PAYLOAD + b"PK\5\6" + bytes(18),
    "PNG with a tail": encoded(GREY, "PNG") + PAYLOAD,
    "PNG with a text": png((64, 48, 1, 0), zlib.compress(b"\0" * 9 * 48), extra=chunk(b"tEXt", b"a\0" + PAYLOAD)),
    "JPEG and JavaScript": odd_pictures.with_segment(encoded(GREY, "JPEG"), 0xFE, b"*/=1;/*" + PAYLOAD),
    "PDF and JPEG": b"%PDF-1.4\n" + PAYLOAD + encoded(GREY, "JPEG"),
    "JPEG and PDF": odd_pictures.with_segment(encoded(GREY, "JPEG"), 0xFE, b"%PDF-1.4 " + PAYLOAD),
    "GIFAR": encoded(GREY.convert("P"), "GIF") + b"PK\3\4" + PAYLOAD,
    "WebP and HTML": encoded(GREY, "WEBP") + PAYLOAD,
}
