"""What the page computes by itself, tested by Node's own runner where there is one."""

import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
SCRIPTS = sorted(Path(__file__).parent.glob("*.test.mjs"))


@pytest.mark.skipif(NODE is None, reason="needs Node")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_script_passes_in_node(script: Path) -> None:
    """A file of tests in JavaScript passes; its output is shown where it does not."""
    done = subprocess.run([str(NODE), "--test", str(script)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
