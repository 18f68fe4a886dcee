"""How two pictures are related, wherever they are from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pictrace import assessment, search, tracing
from pictrace.candidates import Engine
from pictrace.explain import Drawing, explain
from pictrace.picture import ImageSource, Picture
from pictrace.results import Match
from pictrace.settings import FetchPolicy, Settings
from pictrace.types import Evidence, Key


def compare(image: ImageSource, other: ImageSource, *, settings: Settings | None = None) -> Match:
    """How two images are related: the record of the second as a match of the first.

    Raises:
        PictureError: one of them cannot be used.
        FetchError: one of them is a URL and cannot be fetched.
    """
    chosen = settings or Settings()
    threads = chosen.threads or chosen.cores
    encoders = tracing.load_encoders(tracing.ENCODERS, threads=threads, models=chosen.models)
    query, candidate = (
        tracing.of_query(
            Picture.open(at_hand(one, chosen.fetch), limits=chosen.limits, target=tracing.TARGET), encoders
        )
        for one in (image, other)
    )
    return assessment.compare(query, candidate, assessment.load_signals(tracing.SIGNALS))[0]


@dataclass(frozen=True)
class Pair:
    """Two pictures side by side: how they are related, what every signal found, and what is drawn of it."""

    match: Match
    evidence: Sequence[Evidence]
    drawing: Drawing


def pair(engine: Engine, query: Picture | Key, other: Picture | Key) -> Pair:
    """Two pictures, open or of a collection by their keys, compared and explained.

    Raises:
        NotFoundError: there is no picture of that key.
    """
    one, two = (search.trace_of(engine, picture) for picture in (query, other))
    match, evidence = assessment.compare(one, two, engine.signals)
    if isinstance(other, int):
        match = replace(match, id=other, path=engine.catalog.by_id(other).path)
    return Pair(match, evidence, explain(one, two, match))


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
