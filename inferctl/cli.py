"""``inferctl``, the operator's command: one module of ``inferctl.commands`` per verb."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

COMMANDS = (
    *("lint", "diff", "preflight", "models", "catalog", "local", "up", "down", "invoke"),
    *("run_task", "bench", "report", "cost", "accuracy", "plan", "dashboard", "diagram"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 bad input."""
    parser = argparse.ArgumentParser(prog="inferctl", description=__doc__)
    verbs = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        importlib.import_module(f"inferctl.commands.{name}").add_parser(verbs)
    arguments = parser.parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
