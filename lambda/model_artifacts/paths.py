"""Which model names and member paths an artifact may have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_MODEL_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
MODEL_NAME_RULE: Final = (
    "1 to 128 letters, digits, '_', '.' or '-' and begin with a letter or a digit"
)


def is_model_name(name: str) -> bool:
    """Whether ``name`` fits in a key and in the ``X-Amzn-SageMaker-Target-Model`` header."""
    return _MODEL_NAME.fullmatch(name) is not None


def path_problems(paths: Sequence[str]) -> list[str]:
    """What is wrong with these member paths: unsafe, repeated, or a file where a folder must be."""
    problems = [
        f"path must be relative, with '/' and without '.', '..' or empty parts, got {path!r}"
        for path in paths
        if not _is_safe(path)
    ]
    known = set(paths)
    if len(known) < len(paths):
        repeated = sorted({path for path in paths if paths.count(path) > 1})
        problems.extend(f"path occurs twice: {path!r}" for path in repeated)
    for path in sorted(known):
        parts = path.split("/")
        parents = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
        problems.extend(
            f"{parent!r} is a file, yet {path!r} needs it to be a folder"
            for parent in parents
            if parent in known
        )
    return problems


def _is_safe(path: str) -> bool:
    parts = path.split("/")
    return (
        all(part not in ("", ".", "..") for part in parts)
        and "\\" not in path
        and path.isprintable()
    )
