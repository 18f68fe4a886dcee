"""Traces: what is kept of a picture, and what a query has besides."""

import numpy as np
import pytest
from photographs import jpeg, photo

from pictrace import keypoints, tracing
from pictrace.picture import Picture


@pytest.fixture(scope="module")
def encoders():
    return tracing.load_encoders(("lite0", "pdq"), threads=2)


@pytest.fixture(scope="module")
def picture() -> Picture:
    return Picture.open(jpeg(photo("coffee.png")))


def test_a_query_is_the_stored_trace_and_more(encoders, picture) -> None:
    """Whichever thread made a part of it."""
    (stored,) = tracing.finish([tracing.prepare(picture, encoders)], encoders)

    query = tracing.of_query(picture, encoders)

    assert np.allclose(stored.rows["lite0"], query.rows["lite0"], atol=1e-5)
    assert (stored.rows["pdq"] == query.rows["pdq"][:1]).all()
    assert (stored.proxy, stored.quality, stored.pixel_hash) == (query.proxy, query.quality, query.pixel_hash)
    assert (stored.features == query.features).all()


def test_a_query_has_the_features_of_its_mirror_image(encoders, picture) -> None:
    """At hand, so that no candidate has to wait for them."""
    mirrored = tracing.of_query(picture, encoders).mirrored

    assert (keypoints.extract(np.ascontiguousarray(picture.grey[:, ::-1])) == mirrored).all()


def test_a_query_has_eight_turns_of_its_hash(encoders, picture) -> None:
    """And of a stored picture they come from its proxy."""
    (stored,) = tracing.finish([tracing.prepare(picture, encoders)], encoders)

    assert tracing.of_query(picture, encoders).rows["pdq"].shape == (8, 32)
    assert tracing.with_variants(stored, encoders).rows["pdq"].shape == (8, 32)
