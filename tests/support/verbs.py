"""One verb of ``inferctl``, run as the command runs it."""

from __future__ import annotations

import argparse
import importlib


def run_verb(command: str, *arguments: str) -> int:
    """The exit status; usage errors are SystemExit, as in the command."""
    parser = argparse.ArgumentParser(prog="inferctl")
    verbs = parser.add_subparsers()
    importlib.import_module(f"inferctl.commands.{command}").add_parser(verbs)
    given = parser.parse_args([command, *arguments])
    status: int = given.run(given)
    return status
