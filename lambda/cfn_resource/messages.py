"""Texts that fit in CloudFormation's response."""

from __future__ import annotations

from typing import Final

# The response may have 4,096 bytes (crpg-ref-responses.html); the framework adds ids and a log link
MESSAGE_BYTES: Final = 3000
_CUT: Final = " [...]"


def one_line(text: str, *, limit: int = MESSAGE_BYTES) -> str:
    """``text`` on one line and at most ``limit`` bytes of UTF-8, cut visibly when it is longer."""
    line = " ".join(text.split())
    data = line.encode("utf-8", errors="replace")
    if len(data) <= limit:
        return data.decode("utf-8")
    return data[: limit - len(_CUT)].decode("utf-8", errors="ignore") + _CUT
