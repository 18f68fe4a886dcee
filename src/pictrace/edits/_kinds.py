"""What an edit is: a function of a picture, or one with a name that may take chance and other pictures too."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image

from pictrace.errors import UsageError

Edit = Callable[[Image.Image], Image.Image]


@dataclass(frozen=True)
class Given:
    """What an edit may take besides the picture: chance, and other pictures to put it among."""

    draw: random.Random
    pool: Sequence[Image.Image] = ()

    def others(self, count: int) -> list[Image.Image]:
        """So many pictures of the pool, each once while there are enough.

        Raises:
            UsageError: the pool is empty.
        """
        if not self.pool:
            raise UsageError("this edit puts the picture among others, and none were given", hint="give it a pool")
        order = self.draw.sample(range(len(self.pool)), len(self.pool))
        return [self.pool[order[place % len(order)]] for place in range(count)]


Make = Callable[[Image.Image, Given], Image.Image]


@dataclass(frozen=True)
class NamedEdit:
    """An edit of the suite: its name for commands, its family, and what it does in a few words for people.

    `needs_others` says whether it puts the picture among others; `lossless` that what it gives must not be compressed
    once more, since compressing is what it does.
    """

    name: str
    family: str
    says: str
    make: Make
    needs_others: bool = False
    lossless: bool = False

    def __call__(self, image: Image.Image, draw: random.Random, pool: Sequence[Image.Image] = ()) -> Image.Image:
        """The edited picture, RGB; the same picture, generator state and pool give the same one.

        Raises:
            UsageError: it needs other pictures and the pool is empty.
        """
        return self.make(image, Given(draw, pool)).convert("RGB")


def plain(edit: Edit) -> Make:
    """An edit that takes nothing but the picture."""
    return lambda image, _: edit(image)


def named(family: str, *edits: tuple[str, str, Make]) -> list[NamedEdit]:
    """Edits of one family from names, words and functions."""
    return [NamedEdit(name, family, says, make) for name, says, make in edits]
