"""Run a command under the environment of `inferctl.environment`: ``tools/run cdk synth``."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from inferctl.environment import environment


def main() -> NoReturn:
    """Replace this process by the command; exit 127 when there is no such command."""
    command = sys.argv[1:]
    variables = environment()
    program = shutil.which(command[0], path=variables["PATH"]) if command else None
    if program is None:
        print(f"tools/run: no such command: {' '.join(command) or '(none given)'}", file=sys.stderr)
        sys.exit(127)
    os.execve(program, command, variables)


if __name__ == "__main__":
    main()
