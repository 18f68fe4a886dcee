"""`python -m pictrace`, and what the command `pictrace` starts."""

import sys

from pictrace.cli import main

if __name__ == "__main__":
    sys.exit(main())
