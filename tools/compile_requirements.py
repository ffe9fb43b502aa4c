"""Recompile ``requirements*.txt`` from ``requirements*.in``: ``make requirements``.

Versions that still satisfy the .in files stay; delete a line from a .txt to let its pin move.
uv does the resolving, for every platform and Python from 3.11 on, in an environment of its own.
"""

from __future__ import annotations

import subprocess
import sys

from inferctl.environment import CACHE, ROOT

UV = "uv==0.13.8"
HEADERS = {
    "requirements": "# Exact pins, compiled from requirements.in by `make requirements`."
    " Run pip from this folder.",
    "requirements-dev": "# Exact pins of what `make test` needs beyond requirements.txt,"
    " compiled from requirements-dev.in.",
}


def pins(name: str) -> list[str]:
    """The pinned lines of ``<name>.txt``."""
    lines = (ROOT / f"{name}.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-e"))]


def resolve(name: str, constraints: list[str]) -> list[str]:
    """The closure of ``<name>.in`` under ``constraints``, one ``name==version`` a line."""
    folder = CACHE / "requirements"
    folder.mkdir(parents=True, exist_ok=True)
    constraint_file = folder / f"{name}.constraints"
    constraint_file.write_text("\n".join(constraints))
    command = (
        *(str(folder / "venv" / "bin" / "uv"), "pip", "compile", "--quiet", "--universal"),
        *("--python-version", "3.11", "--no-header", "--no-annotate"),
        *("-c", str(constraint_file), f"{name}.in"),
    )
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return output.stdout.decode().split("\n")


def main() -> int:
    """Rewrite both files; exit status 1 when the resolver finds no solution."""
    venv = CACHE / "requirements" / "venv"
    try:
        subprocess.run((sys.executable, "-m", "venv", str(venv)), check=True)
        subprocess.run((str(venv / "bin" / "pip"), "install", "--quiet", UV), check=True)
        runtime = [line for line in resolve("requirements", pins("requirements")) if line]
        known = [*runtime, *pins("requirements-dev")]
        gates = [line for line in resolve("requirements-dev", known) if line not in runtime]
    except subprocess.CalledProcessError as error:
        print(f"{error.cmd[0]} exited with {error.returncode}; nothing was rewritten")
        return 1
    for name, lines in (("requirements", [*runtime, "-e ."]), ("requirements-dev", gates)):
        text = "\n".join([HEADERS[name], *(line for line in lines if line)])
        (ROOT / f"{name}.txt").write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
