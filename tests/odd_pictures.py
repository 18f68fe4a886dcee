"""Generators of pictures that are odd, broken or built to harm."""

import io
import struct
import zlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[np.uint8]

GIF_OF_35_BYTES = b"".join(
    [
        b"GIF89a",
        struct.pack("<HH", 65535, 65535),
        b"\x80\0\0" + b"\0" * 6,
        b"\x2c" + struct.pack("<HHHH", 0, 0, 65535, 65535),
        b"\0\x02\x02\x44\x01\0\x3b",
    ]
)
"""A whole GIF that claims 65535 × 65535 pixels."""


def photo(width: int = 64, height: int = 48, *, seed: int = 1) -> Array:
    """Something smooth with every corner different, `(height, width, 3)` uint8."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))


def encoded(image: Array | Image.Image, name: str, **options: object) -> bytes:
    """The file that Pillow writes."""
    target = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(target, name, **options)
    return target.getvalue()


def oriented(upright: Array, orientation: int, name: str = "PNG") -> bytes:
    """A file whose stored pixels must be turned by EXIF `orientation` to give `upright` again."""
    image = Image.fromarray(upright)
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = image.transpose(undo[orientation]) if orientation in undo else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {"lossless": True} if name == "WEBP" else {}
    return encoded(stored, name, exif=exif, **lossless)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One PNG chunk with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(header: tuple[int, int, int, int], rows: bytes, *, extra: bytes = b"") -> bytes:
    """A PNG of width, height, bit depth and colour type, with packed `rows` and extra chunks."""
    opening = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", *header, 0, 0, 0))
    return opening + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def png_bomb(width: int, height: int) -> bytes:
    """One bit a pixel, all black: 169 megapixels in 20 KB."""
    row = b"\0" * (1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return png((width, height, 1, 0), packed)


def png_header_only(width: int, height: int) -> bytes:
    """A header that claims a size, and no pixel."""
    return png((width, height, 8, 6), zlib.compress(b""))


def png_text_bomb(kind: bytes = b"zTXt") -> bytes:
    """A tiny picture with 80 MB of compressed text (or, as `iCCP`, of colour profile)."""
    rows = zlib.compress((b"\0" + b"\x80" * 96) * 32)
    return png((32, 32, 8, 2), rows, extra=chunk(kind, b"c\0\0" + zlib.compress(b"a" * (80 << 20), 9)))


def png_sixteen_bits(samples: npt.NDArray[np.uint16]) -> bytes:
    """A 16-bit PNG: grey from `(h, w)`, grey and alpha from `(h, w, 2)`, RGB from 3 channels, RGBA from 4."""
    height, width = samples.shape[:2]
    channels = samples.shape[2] if samples.ndim == 3 else 1
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    return png((width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels]), zlib.compress(rows))


def jpeg_giant() -> bytes:
    """A small JPEG whose frame header claims 65535 × 65535 pixels."""
    data = bytearray(encoded(photo(), "JPEG"))
    place = data.find(b"\xff\xc0")
    data[place + 5 : place + 9] = b"\xff\xff\xff\xff"
    return bytes(data)


def webp_giant(width: int = 16383, height: int = 16383) -> bytes:
    """An extended WebP that claims a canvas and holds no picture."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


def with_segment(jpeg: bytes, code: int, data: bytes) -> bytes:
    """The same JPEG with one more segment right after its start."""
    return jpeg[:2] + bytes([0xFF, code]) + struct.pack(">H", len(data) + 2) + data + jpeg[2:]


class _Bits:
    """Writes the codes of HEVC's headers (ITU-T H.265, 7.2 and 9.2)."""

    def __init__(self) -> None:
        self.bits = ""

    def fixed(self, *values: tuple[int, int]) -> "_Bits":
        self.bits += "".join(f"{value:0{width}b}" for value, width in values)
        return self

    def flags(self, digits: str) -> "_Bits":
        self.bits += digits
        return self

    def golomb(self, *values: int) -> "_Bits":
        for value in values:
            code = f"{value + 1:b}"
            self.bits += "0" * (len(code) - 1) + code
        return self

    def unit(self, kind: int, tail: bytes = b"") -> bytes:
        """The NAL unit: stop bit, alignment, `tail`, and escapes against false start codes."""
        bits = self.bits + "1"
        bits += "0" * (-len(bits) % 8)
        payload = int(bits, 2).to_bytes(len(bits) // 8, "big") + tail
        escaped = bytearray()
        for byte in payload:
            if byte <= 3 and escaped[-2:] == b"\0\0":
                escaped.append(3)
            escaped.append(byte)
        return bytes([kind << 1, 1]) + bytes(escaped)


def heic(luma: Array) -> bytes:
    """A HEIC of 32 × 32 pixels whose one HEVC block holds `luma` as it is (I_PCM), without colour.

    Written bit by bit because no free encoder comes as a package (ITU-T H.265, 7.3; ISO/IEC 23008-12).
    """
    profile = [(1, 8), (0x60000000, 32), (0b1001, 4), (0, 44), (30, 8)]
    video = _Bits().fixed((0b0000_11_000000_000_1, 16), (0xFFFF, 16), *profile).flags("1").golomb(0, 0, 0)
    video.fixed((0, 6)).golomb(0).flags("00")
    sequence = _Bits().fixed((0b0000_000_1, 8), *profile).golomb(0, 1, 32, 32).flags("0").golomb(0, 0, 0)
    sequence.flags("1").golomb(0, 0, 0).golomb(2, 0, 0, 3, 0, 0).flags("0001").fixed((7, 4), (7, 4))
    sequence.golomb(2, 0).flags("1").golomb(0).flags("00000")
    picture = _Bits().golomb(0, 0).flags("0000000").golomb(0, 0, 0).flags("000").golomb(0, 0)
    picture.flags("0000000000").golomb(0).flags("00")
    # Arithmetic codes: one block not split, then PCM follows; after the samples, the slice ends.
    coded = _arithmetic(["one", "end"]) + luma.tobytes() + b"\x80" * 512 + _arithmetic(["end"])
    units = [video.unit(32), sequence.unit(33), picture.unit(34)]
    return _heif_file(units, _Bits().flags("10").golomb(0, 2, 0).unit(19, coded))


def _arithmetic(bins: Iterable[str]) -> bytes:
    """H.265, 9.3.5: `one` is the likelier value in a fresh context (state 0), `end` the terminating 1."""
    low, width, shift = 0, 510, 0
    for kind in bins:
        width -= 240 if kind == "one" else 2
        if kind == "end":
            low, width = low + width, 2
            low, width, shift = low << 7, width << 7, shift + 7
    bits = f"{low >> 9:0{shift + 1}b}"[1:] + f"{(low >> 7 & 3) | 1:02b}"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _box(kind: bytes, *parts: bytes, full: bool = False) -> bytes:
    body = (b"\0\0\0\0" if full else b"") + b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def _heif_file(parameter_sets: list[bytes], coded: bytes) -> bytes:
    arrays = b"".join(struct.pack(">BHH", 0x80 | unit[0] >> 1, 1, len(unit)) + unit for unit in parameter_sets)
    fixed = bytes.fromhex("01 01 60000000 900000000000 1e f000 fc fd f8 f8 0000 0f 03")
    properties = _box(
        b"iprp",
        _box(b"ipco", _box(b"hvcC", fixed + arrays), _box(b"ispe", struct.pack(">II", 32, 32), full=True)),
        _box(b"ipma", bytes.fromhex("00000001 0001 02 81 02"), full=True),
    )
    item = _box(b"infe", bytes.fromhex("02000000 0001 0000"), b"hvc1\0")
    handler = _box(b"hdlr", b"\0" * 4, b"pict", b"\0" * 13, full=True)
    opening = _box(b"ftyp", b"heic\0\0\0\0mif1heic")
    data = struct.pack(">I", len(coded)) + coded

    def meta(start: int) -> bytes:
        place = bytes.fromhex("4400 0001 0001 0000 0001") + struct.pack(">II", start, len(data))
        return _box(
            b"meta",
            handler,
            _box(b"pitm", b"\0\1", full=True),
            _box(b"iloc", place, full=True),
            _box(b"iinf", b"\0\1", item, full=True),
            properties,
            full=True,
        )

    return opening + meta(len(opening) + len(meta(0)) + 8) + _box(b"mdat", data)
