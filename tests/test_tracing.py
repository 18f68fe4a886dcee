"""Traces: what is kept of a picture, and what a query has besides."""

import numpy as np
import pytest
from photographs import jpeg, photo

from pictrace import keypoints, tracing
from pictrace.picture import Picture
from pictrace.settings import Runtime
from pictrace.types import FEATURE_DTYPE


@pytest.fixture(scope="module")
def encoders():
    return tracing.load_encoders(("lite0", "pdq"), Runtime(threads=2))


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
    assert tracing.with_variants(stored).rows["pdq"].shape == (8, 32)


def test_details_are_more_and_finer_than_what_is_kept(encoders) -> None:
    """Up to a thousand features of up to 1,024 px, as rows of bytes; of a trace only what its proxy shows."""
    picture = Picture.open(jpeg(photo("motorcycle_left.png").resize((1400, 1000))))
    (trace,) = tracing.finish([tracing.prepare(picture, encoders)], encoders)

    details, of_proxy = tracing.details_of(picture), tracing.details_of(trace)

    assert details.shape == (keypoints.MANY, FEATURE_DTYPE.itemsize)
    assert details.view(FEATURE_DTYPE)["x"].max() > 900 * 64
    assert of_proxy.view(FEATURE_DTYPE)["x"].max() < 512 * 64
