"""Local features: how many, where, at which scale."""

import numpy as np
from photographs import photo

from pictrace import keypoints


def test_a_small_query_is_also_taken_as_it_is():
    """A small part cut out of a picture has features of the scale at which the picture is kept."""
    whole = np.asarray(photo("astronaut.png").convert("L"))
    part = np.ascontiguousarray(whole[60:180, 160:320])
    kept = {bytes(one) for one in keypoints.extract_many(whole)["descriptor"]}
    shared = [
        sum(bytes(one) in kept for one in found["descriptor"])
        for found in (keypoints.extract_many(part), keypoints.extract(part))
    ]

    assert shared[0] > shared[1] + 5


def test_a_strip_has_no_features():
    """Nothing is found in what is too thin, and nothing fails."""
    assert len(keypoints.extract_many(np.zeros((4, 300), np.uint8))) == 0
    assert len(keypoints.extract(np.zeros((4, 300), np.uint8))) == 0
