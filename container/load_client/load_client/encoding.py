"""How tensors travel where a protocol leaves the choice."""

from __future__ import annotations

from enum import StrEnum


class Encoding(StrEnum):
    """``binary`` sends a JSON header with raw bytes behind it."""

    JSON = "json"
    BINARY = "binary"
