"""A model's name, from whatever a log or a status calls it."""

from __future__ import annotations

import re

_ARTIFACT = re.compile(r"(.+)/[0-9a-f]{16}\.tar\.gz")


def model_name(text: str) -> str:
    """``minilm`` of ``minilm/0123456789abcdef.tar.gz``; any other TargetModel as it is."""
    found = _ARTIFACT.fullmatch(text)
    return found[1] if found else text
