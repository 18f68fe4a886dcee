"""Another encoder of tests that reads words, in a space of its own."""

from typing import ClassVar

import numpy as np
from readers import colours

from pictrace.types import Metric, Space


class Encoder(colours.Encoder):
    """The rows of `colours`, each turned around and one value longer."""

    name: ClassVar[str] = "readers.shades"
    space: ClassVar[Space] = Space(Metric.COSINE, 5)

    def encode_prepared(self, prepared):
        return turned(super().encode_prepared(prepared))

    def encode_text(self, texts):
        return turned(super().encode_text(texts))


def turned(rows):
    return colours.unit(np.hstack([rows[:, ::-1], np.full((len(rows), 1), 0.1, np.float32)]))
