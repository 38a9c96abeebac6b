"""`python -m goodwill`: the same as the `goodwill` command."""

from __future__ import annotations

import sys

from goodwill.cli import main

if __name__ == "__main__":
    sys.exit(main())
