"""docs/models.md names every encoder and model that came with PicTrace, and every field of a card."""

import dataclasses
from pathlib import Path

import pytest

from pictrace import registry, weights
from pictrace.encoders import load
from pictrace.settings import Runtime
from pictrace.testing import check_encoder

TEXT = (Path(__file__).parents[2] / "docs" / "models.md").read_text("utf-8")


@pytest.mark.parametrize("card", weights.cards(), ids=lambda card: card.name)
def test_every_model_is_in_the_table(card):
    """With its width and its licence."""
    row = next(line for line in TEXT.splitlines() if line.startswith(f"| `{card.name}` |"))

    assert f"| {card.width} |" in row
    assert row.endswith(f"| {card.licence} |")


@pytest.mark.parametrize("kind", [weights.ModelCard, weights.Source, weights.Preparation, weights.TextTower])
def test_every_field_of_a_card_is_explained(kind):
    """What is not written down nobody can write."""
    section = TEXT.partition("### Cards")[2]

    assert [one.name for one in dataclasses.fields(kind) if f"`{one.name}`" not in section] == []


def test_every_state_is_explained():
    """Those that `models list` tells."""
    assert all(f"| `{state}` |" in TEXT for state in weights.State.__args__)


@pytest.mark.parametrize("name", registry.names("encoders"))
def test_every_encoder_is_in_the_table_of_those(name):
    """With what runs it."""
    rows = [line for line in TEXT.partition("## Encoders by name")[2].splitlines() if line.startswith("| ")]

    assert any(f"`{name}`" in row or f"`{name}:NAME`" in row for row in rows)


def test_the_encoder_in_the_documentation_keeps_every_promise(tmp_path, monkeypatch):
    """As a module of one's own."""
    source = TEXT.partition("### An encoder of your own")[2].partition("```python\n")[2].partition("```")[0]
    (tmp_path / "my_models").mkdir()
    (tmp_path / "my_models" / "colours.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)

    encoder = load("my_models.colours", Runtime(plugins=("my_models.colours",)))

    check_encoder(type(encoder))
