"""Runs the command."""

from __future__ import annotations

import sys

from load_client.cli import main

if __name__ == "__main__":
    sys.exit(main())
