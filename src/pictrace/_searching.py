"""What a collection is asked for: the relatives of a picture, or what comes nearest to words and mixtures."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from pictrace import blending, listing, search
from pictrace.blending import Described, Term
from pictrace.blends import Blend, Example, Words
from pictrace.candidates import Engine
from pictrace.encoders import reads_words
from pictrace.errors import UsageError
from pictrace.finding import Explained, explained
from pictrace.picture import ImageSource, Picture, Region
from pictrace.results import Answer
from pictrace.search import Mode, Wanted
from pictrace.types import Key

_T = TypeVar("_T")

Asked = Callable[[ImageSource | Key], Picture | Key]
"""Opens a picture; the key of a stored one is enough."""


class Searching(ABC):
    """The part of a collection that answers queries."""

    @abstractmethod
    def engine(self) -> Engine:
        """What searches work with."""

    @abstractmethod
    def answered(self, ask: Callable[[Engine], _T]) -> _T:
        """What is answered with the engine, all of it by the encoders of one moment."""

    @abstractmethod
    def whole(self, image: ImageSource | Key) -> Picture:
        """All pixels of an image."""

    @abstractmethod
    def _asked(self, image: ImageSource | Key) -> Picture | Key:
        """An image as it is searched with."""

    @property
    def reads_words(self) -> bool:
        """Whether an encoder of the collection reads words."""
        return any(map(reads_words, self.engine().encoders))

    def search(
        self,
        image: ImageSource | Key | Words | Blend,
        *,
        limit: int = 10,
        min_score: float = 0.0,
        mode: Mode = "auto",
        region: Region | None = None,
        where: listing.Where | None = None,
    ) -> Answer:
        """The pictures related to an image, given by its URL too, or to the picture with an id, strongest first.

        `region` is the part of the image to search with: x, y, width, height in its pixels (of a stored picture, in
        the pixels of its original). `mode` is `auto`, `exact` (same bytes or pixels), `copy` (nothing weaker), or
        `similar` (look-alikes, not verified). `where` is a filter that matches have to meet, such as `year > 1900`.
        `Words` and a `Blend` of words and pictures find what comes nearest in the space of an encoder that reads words.

        Raises:
            UsageError: a limit, score, mode or region that makes no sense.
            NoTextEncoderError: words, and no encoder of the collection reads any.
            PictureError: the image cannot be used.
            FetchError: it cannot be fetched.
            NotFoundError: no such collection or id.
        """
        wanted = Wanted(limit, min_score, mode, listing.filter_of(where))
        if isinstance(image, Words | Blend):
            if region is not None:
                raise UsageError("a region is a part of one picture", hint="leave it out")
            return self.answered(lambda engine: found(engine, image, wanted, self._asked))
        query = self._asked(image) if region is None else self.whole(image).cut(region)
        return self.answered(lambda engine: search.search(engine, query, wanted))

    def explain(self, image: ImageSource | Key, key: Key) -> Explained:
        """Why a search with an image finds the picture of an id or does not, by all that is known of the pair."""
        query = self._asked(image)
        return self.answered(lambda engine: explained(engine, query, key))

    def explain_words(self, query: Words | Blend, key: Key) -> Described:
        """Why a search with words finds the picture of an id or does not, by every encoder that reads words."""
        terms = terms_of(query, self._asked)
        return self.answered(lambda engine: blending.describe(engine, terms, key))


def found(engine: Engine, query: Words | Blend, wanted: Wanted, asked: Asked) -> Answer:
    """The answer to words or a mixture; a picture that is alone in one is searched with as pictures are."""
    blending.readers(engine)  # before anything is opened or fetched for nothing
    parts = list(query.parts()) if isinstance(query, Blend) else [(query, 1)]
    alone = parts[0][0] if len(parts) == 1 else None
    if isinstance(alone, Example):
        return search.search(engine, asked(alone.image), wanted)
    return blending.search(engine, terms_of(query, asked), wanted)


def terms_of(query: Words | Blend, asked: Asked) -> list[Term]:
    """The terms of a query, its pictures opened."""
    if isinstance(query, Words):
        return [Term(query.text, query.weight)]
    return [
        Term(one.text if isinstance(one, Words) else asked(one.image), sign * one.weight) for one, sign in query.parts()
    ]
