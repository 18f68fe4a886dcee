"""How two pictures are related, wherever they are from."""

from pictrace import search, tracing
from pictrace.picture import ImageSource, Picture
from pictrace.results import Match
from pictrace.settings import FetchPolicy, Settings


def compare(image: ImageSource, other: ImageSource, *, settings: Settings | None = None) -> Match:
    """How two images are related: the record of the second as a match of the first.

    Raises:
        PictureError: one of them cannot be used.
        FetchError: one of them is a URL and cannot be fetched.
    """
    chosen = settings or Settings()
    threads = chosen.threads or chosen.cores
    encoders = tracing.load_encoders(tracing.ENCODERS, threads=threads, models=chosen.models)
    pictures = [
        Picture.open(at_hand(one, chosen.fetch), limits=chosen.limits, target=tracing.TARGET) for one in (image, other)
    ]
    return search.compare(pictures[0], pictures[1], encoders, search.load_signals(tracing.SIGNALS))[0]


def at_hand(image: ImageSource, policy: FetchPolicy) -> ImageSource:
    """The bytes behind an image that is given by its URL; any other image as it is.

    Raises:
        FetchError: it cannot be fetched.
    """
    if not isinstance(image, str) or not image.lower().startswith(("http://", "https://")):
        return image
    # Here, for whoever compares files should not wait for the client to be loaded.
    from pictrace.fetch import Fetcher

    with Fetcher(policy) as fetcher:
        return fetcher.get(image).data
