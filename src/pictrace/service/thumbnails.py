"""Small pictures for walls of them, made from proxies and kept in memory while they are wanted."""

import io
import threading
from collections import OrderedDict

from PIL import Image

_KEPT_BYTES = 64 << 20
_QUALITY = 78

_Name = tuple[str, str, int]


class Thumbnails:
    """JPEGs by collection, SHA-256 of the picture and size; the ones asked for last are kept, 64 MiB of them."""

    def __init__(self, most_bytes: int = _KEPT_BYTES) -> None:
        self._left = most_bytes
        self._kept: OrderedDict[_Name, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: _Name) -> bytes | None:
        """A thumbnail that was made before."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name)

    def make(self, name: _Name, proxy: bytes) -> bytes:
        """The thumbnail of a proxy, no side above the size in its name; carries nothing but pixels."""
        made = reduced(proxy, name[2])
        with self._lock:
            if name not in self._kept:
                self._kept[name] = made
                self._left -= len(made)
            while self._left < 0:
                self._left += len(self._kept.popitem(last=False)[1])
        return made


def reduced(proxy: bytes, side: int) -> bytes:
    """A JPEG with no side above `side`."""
    image = Image.open(io.BytesIO(proxy), formats=["JPEG"])
    if max(image.size) <= side:
        return proxy
    image.draft("RGB", (side, side))
    image.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    target = io.BytesIO()
    image.convert("RGB").save(target, "JPEG", quality=_QUALITY, comment=b"")
    return target.getvalue()
