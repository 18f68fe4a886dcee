"""How two pictures are related, wherever they are from."""

from pictrace import search, tracing
from pictrace.picture import ImageSource, Picture
from pictrace.results import Match
from pictrace.settings import Settings

ENCODERS = ("lite0", "pdq")
"""What pictures are compared by, and what a new collection is made with."""


def compare(image: ImageSource, other: ImageSource, *, settings: Settings | None = None) -> Match:
    """How two images are related: the record of the second as a match of the first.

    Raises:
        PictureError: one of them cannot be used.
    """
    chosen = settings or Settings()
    threads = chosen.threads or chosen.cores
    encoders = tracing.load_encoders(ENCODERS, threads=threads, models=chosen.models)
    pictures = [Picture.open(one, limits=chosen.limits, target=tracing.TARGET) for one in (image, other)]
    return search.compare(pictures[0], pictures[1], encoders, search.load_signals(tracing.SIGNALS))[0]
