"""Whatever plan, and killed wherever: no picture is lost, no last copy touched, and undo restores the tree."""

import contextlib
import shutil
import tempfile
from pathlib import Path

import pytest
from dedupe_kills import ACTIONS, World, torn
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pictrace.dedupe._disk import Disk
from pictrace.errors import NotFoundError

MEMORY = Path("/dev/shm")  # noqa: S108 - where there is memory to write to, forcing it to disk takes no time


class Killed(BaseException):
    """The end of a process before one of its steps."""


class Dying(Disk):
    """Hands that let go before the step of a number."""

    def __init__(self, step: int) -> None:
        self.left, self.last = step, ""
        super().__init__(self._count)

    def _count(self, name: str) -> None:
        self.left -= 1
        self.last = name
        if self.left <= 0:
            raise Killed


class Kills(RuleBasedStateMachine):
    """Applying and taking back, again and again, each killed at some step or not at all."""

    @initialize(seed=strategies.integers(0, 10_000), action=strategies.sampled_from(ACTIONS))
    def begin(self, seed, action):
        """Another folder, another plan."""
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.world = World(self.folder / "world", seed, action)

    @rule(step=strategies.integers(1, 120), share=strategies.floats(0, 1))
    def apply(self, step, share):
        """The plan is carried out until a kill."""
        self._until(self.world.apply, step, share)

    @rule(step=strategies.integers(1, 120), share=strategies.floats(0, 1))
    def undo(self, step, share):
        """It is taken back until a kill."""
        self._until(self.world.undo, step, share)

    @precondition(lambda self: self.world.action != "delete")
    @rule()
    def undo_all(self):
        """To the end, the tree is as it was before anything."""
        with contextlib.suppress(NotFoundError):
            assert self.world.undo(Disk()).troubles == ()
        assert self.world.differs() == []

    @invariant()
    def nothing_is_lost(self):
        """Even before anybody has repaired anything."""
        assert not hasattr(self, "world") or self.world.wrong() == []

    def _until(self, call, step, share):
        hands = Dying(step)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.world.environment.items():
                patch.setenv(name, value)
            try:
                call(hands)
                assert self.world.parted() == []
            except NotFoundError:
                assert call == self.world.undo
            except Killed:
                if hands.last == "append-sync":
                    torn(self.world.home, share)

    def teardown(self):
        """In the end everything can be taken back."""
        if hasattr(self, "world"):
            if self.world.action != "delete":
                self.undo_all()
            self.world.close()
            shutil.rmtree(self.folder, ignore_errors=True)


TestKills = Kills.TestCase
TestKills.settings = settings(max_examples=15, stateful_step_count=6)
