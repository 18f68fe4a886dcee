"""docs/cli.md says what the commands say."""

import runpy
from pathlib import Path

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "cli_reference.py"))


def test_the_reference_is_current():
    """Whoever changes a command runs `python scripts/cli_reference.py`."""
    assert SCRIPT["PAGE"].read_text("utf-8") == SCRIPT["reference"]()


def test_every_command_and_option_is_explained():
    """No empty cell is left for the reader to guess."""
    assert "|  |" not in SCRIPT["reference"]()
    assert "None" not in SCRIPT["reference"]()
