"""What programs do to a picture on its way: compress it again, make it smaller or larger."""

import io

from PIL import Image

from pictrace.edits._kinds import Edit, NamedEdit, named, plain


def recompressed(quality: int) -> Edit:
    """The picture after JPEG at `quality`."""
    return _through("JPEG", quality)


def as_webp(quality: int) -> Edit:
    """The picture after WebP at `quality`."""
    return _through("WEBP", quality)


def _through(kind: str, quality: int) -> Edit:
    def edit(image: Image.Image) -> Image.Image:
        stream = io.BytesIO()
        image.save(stream, kind, quality=quality)
        return Image.open(stream).convert("RGB")

    return edit


def scaled(factor: float) -> Edit:
    """The picture with both sides multiplied by `factor`."""

    def edit(image: Image.Image) -> Image.Image:
        size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
        return image.resize(size, Image.Resampling.LANCZOS)

    return edit


SUITE: list[NamedEdit] = [
    *(
        NamedEdit(
            f"jpeg-{quality}", "compression", f"JPEG, quality {quality}", plain(recompressed(quality)), lossless=True
        )
        for quality in (90, 70, 50, 30, 10)
    ),
    NamedEdit("webp-50", "compression", "WebP, quality 50", plain(as_webp(50)), lossless=True),
    *named(
        "size",
        ("half", "half of each side", plain(scaled(1 / 2))),
        ("quarter", "a quarter of each side", plain(scaled(1 / 4))),
        ("eighth", "an eighth of each side", plain(scaled(1 / 8))),
        ("double", "twice each side", plain(scaled(2))),
    ),
]
