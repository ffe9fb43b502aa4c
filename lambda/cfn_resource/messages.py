"""Texts that fit in CloudFormation's response."""

from __future__ import annotations

import json
from typing import Final

# The response may have 4,096 bytes (crpg-ref-responses.html); the framework adds ids and a log link
MESSAGE_BYTES: Final = 3000
_CUT: Final = " [...]"


def one_line(text: str, *, limit: int = MESSAGE_BYTES) -> str:
    """``text`` on one line, cut visibly when it takes more than ``limit`` bytes as JSON in UTF-8.

    JSON, since that is what the response is: a quote or a backslash takes two bytes there.
    """
    line = " ".join(text.encode("utf-8", errors="replace").decode("utf-8").split())
    if _json_bytes(line) <= limit:
        return line
    room = limit - len(_CUT)
    for end, character in enumerate(line):
        room -= _json_bytes(character)
        if room < 0:
            return line[:end] + _CUT
    raise AssertionError("unreachable: the line was too long")


def _json_bytes(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8")) - 2
