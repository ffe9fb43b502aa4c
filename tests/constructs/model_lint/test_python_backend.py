"""What the rules believe is installed is what the images install."""

from __future__ import annotations

import re
from pathlib import Path

from model_lint.rules.python_backend import ADDED

ROOT = Path(__file__).resolve().parents[3]
MODULE_OF = {"pillow": "PIL"}


def _modules(requirements: Path) -> set[str]:
    lines = requirements.read_text().splitlines()
    names = {match[0] for line in lines if (match := re.match(r"[A-Za-z0-9_-]+", line))}
    return {MODULE_OF.get(name, name) for name in names}


def test_extended_image_is_believed_to_hold_what_it_installs() -> None:
    assert ADDED["extended"] == _modules(ROOT / "container/triton_models/requirements.txt")


def test_laptop_is_believed_to_hold_only_what_it_installs() -> None:
    assert ADDED["laptop"] <= _modules(ROOT / "requirements.in")
