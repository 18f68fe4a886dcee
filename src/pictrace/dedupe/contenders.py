"""Files that compete for being kept: what is known of each at once, and what is read of it once a rule asks."""

import os
from dataclasses import dataclass
from functools import cached_property

from pictrace.companions import Companion, Folder, Kind, companions_of
from pictrace.dedupe.sharpness import is_enlarged
from pictrace.descriptions import Description, described
from pictrace.duplicates.groups import Member
from pictrace.errors import PictureError
from pictrace.picture import Picture
from pictrace.settings import Limits

_SMALL = 64
"""Pixels of the longer side where only the file's head is of interest."""


@dataclass(frozen=True, eq=False)
class Contender:
    """One member of a group, whether nothing may be done to it, and whether its picture is the group's medoid."""

    member: Member
    is_protected: bool = False
    is_medoid: bool = False
    folder: Folder | None = None
    limits: Limits = Limits()  # noqa: RUF009 - frozen

    @property
    def area(self) -> int:
        """Pixels."""
        return self.member.width * self.member.height

    @cached_property
    def companions(self) -> list[Companion]:
        """What lies beside it and belongs to it."""
        if self.folder is None:
            return companions_of(self.member.path)
        return self.folder.companions(os.path.split(self.member.path)[1])

    @cached_property
    def set_kinds(self) -> list[Kind]:
        """RAW and video, whichever lies beside it."""
        return sorted({one.kind for one in self.companions} - {Kind.SIDECAR})

    @cached_property
    def description(self) -> Description:
        """What the file and its sidecars say."""
        sidecars = [one.path for one in self.companions if one.kind is Kind.SIDECAR]
        return described(self.member.path, sidecars, self.member.metadata)

    @cached_property
    def picture(self) -> Picture | None:
        """Its pixels, unless it cannot be decoded."""
        return self._opened(0)

    @cached_property
    def quality(self) -> int:
        """The quality that a JPEG was saved with, 1 to 100; 0 where no file tells."""
        # The tables are in the file's head; of the pixels as few are decoded as can be.
        small = self._opened(_SMALL) if self.member.format == "JPEG" else None
        return small.coded_quality if small else 0

    def _opened(self, target: int) -> Picture | None:
        try:
            return Picture.open(self.member.path, limits=self.limits, target=target)
        except PictureError:
            return None

    @cached_property
    def mtime_ns(self) -> int:
        """When the file was last written."""
        return self.member.place.mtime_ns

    def is_enlarged(self, smaller: "Contender") -> bool:
        """Whether it shows no more than a smaller one; not where it cannot be decoded."""
        if not smaller.area < self.area or self.picture is None:
            return False
        return is_enlarged(self.picture, (smaller.area / self.area) ** 0.5)
