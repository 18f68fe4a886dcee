"""What comes back from worker processes is taken for no more than it is."""

import numpy as np
import pytest
from photographs import jpeg, noise

from pictrace import tracing
from pictrace._look import Job, understood
from pictrace.errors import PictureError
from pictrace.picture import Picture
from pictrace.sources import Item
from pictrace.types import Location


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: "0" * 64,
        lambda plain: [plain],
        lambda plain: {},
        lambda plain: plain | {"inputs": {"lite0": 3}},
        lambda plain: plain | {"facts": plain["facts"] | {"width": "9"}},
        lambda plain: plain | {"facts": plain["facts"] | {"features": np.zeros(3)}},
        lambda plain: plain | {"facts": {name: value for name, value in plain["facts"].items() if name != "proxy"}},
    ],
)
def test_a_worker_that_answers_something_else_costs_the_item(change) -> None:
    """What comes from where foreign bytes were read is believed only as far as it was asked for."""
    job = Job(Item(Location("/x.jpg", "/", 1, 0)), frozenset({"1" * 64}))
    plain = tracing.prepare(Picture.open(jpeg(noise(1))), ()).plain()

    assert isinstance(understood(job, plain), tracing.Prepared)
    assert isinstance(understood(job, change(plain)), PictureError)
