"""What is to become of a collection's encoders, and whether it can be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from pictrace import tracing
from pictrace.encoders import Encoder
from pictrace.errors import UnknownNameError, UsageError
from pictrace.recipe import EncoderStamp, Recipe, SpaceState
from pictrace.results import SpaceRecord

Action = Literal["add", "replace", "renew", "drop"]
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True)
class Change:
    """What is to become of the space of the encoder `name`; `new` is the one that replaces it.

    Raises:
        UsageError: there is no such action, or it names too many encoders or too few.
    """

    action: Action
    name: str
    new: str = ""

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise UsageError(f"{self.action!r} is nothing that is done to a space", hint=f"one of {', '.join(ACTIONS)}")
        if (self.action == "replace") != bool(self.new):
            raise UsageError("one encoder is replaced by another", hint="name both to replace, and one to do the rest")

    @property
    def made(self) -> str:
        """The encoder whose rows are to be made; empty if none are."""
        return "" if self.action == "drop" else self.new or self.name

    def is_done(self, there: Sequence[SpaceRecord]) -> bool:
        """Whether a collection with these spaces is as it would be afterwards."""
        searched = {one.name for one in there if one.state == SpaceState.ACTIVE and not one.problem}
        if self.action == "drop":
            return self.name not in {one.name for one in there}
        return self.made in searched and (self.action != "replace" or self.name not in searched)

    def check(self, recipe: Recipe, encoder: Encoder | None) -> None:
        """Nothing, if it can be done to a collection; `encoder` is the one whose rows are made.

        Raises:
            UsageError: the encoder is there already, is retired, is the last one, or is the same as the other.
            UnknownNameError: the collection has none of that name, or the encoder is called otherwise.
            RecipeMismatchError: the encoder is searched by already, in another version.
        """
        there = recipe.stamp(self.name)
        if self.action != "add" and there is None:
            known = ", ".join(stamp.name for stamp in recipe.encoders)
            raise UnknownNameError(f"the collection has no rows of an encoder {self.name!r}", hint=f"it has: {known}")
        if self.action == "renew" and there is not None and there.state == SpaceState.RETIRED:
            raise UsageError(
                f"{self.name} is retired, and what is renewed is searched by",
                hint=f"`pictrace spaces add {self.name}` makes the rows that it lacks and brings it back into searches",
            )
        if encoder is not None:
            self._check_made(recipe, encoder)
        if self.action == "replace" and there is not None and there not in recipe.active and not self._is_done(recipe):
            raise UsageError(f"the collection is not searched by {self.name}", hint=f"add {self.new} instead")
        if self.action == "drop" and {stamp.name for stamp in recipe.active} == {self.name}:
            raise UsageError(
                f"{self.name} is the last encoder that the collection is searched by", hint="add another one first"
            )

    def _check_made(self, recipe: Recipe, encoder: Encoder) -> None:
        if encoder.name != self.made:
            raise UnknownNameError(
                f"the encoder {self.made!r} calls itself {encoder.name!r}", hint="ask for it by its own name"
            )
        found = recipe.stamp(self.made)
        if found is None or found not in recipe.active:
            return
        is_fitting = found == stamp_of(encoder, SpaceState.ACTIVE)
        if self.action == "replace" and self.new != self.name:
            tracing.check_version(found, encoder)
        elif self.action == "renew" and not is_fitting:
            return
        else:
            raise UsageError(
                f"the collection is searched by {self.made} already, in its version {found.version}",
                hint=f"`pictrace spaces renew {self.made}` makes rows anew once there is another version",
            )

    def _is_done(self, recipe: Recipe) -> bool:
        """Whether the new encoder has taken the old one's place before, and all that is left is to say so."""
        return any(stamp.name == self.new for stamp in recipe.active)


def stamp_of(encoder: Encoder, state: SpaceState) -> EncoderStamp:
    """The stamp of an encoder's rows in some state."""
    space = encoder.space
    return EncoderStamp(encoder.name, encoder.version, str(space.metric), space.width, state.value)
