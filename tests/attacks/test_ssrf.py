"""Attacks through URLs."""

import pytest
from attacks.besieged import C


def test_s00_the_allowed_address_is_fetched(house, port):
    """Positive control: without it, every refusal could be a broken fetcher."""
    answer = house.ask("POST", f"{C}/search", {"url": f"http://127.0.0.3:{port}/x.jpg"})
    assert answer.json()["results"][0]["relation"] == "exact"
