"""moto parses a JSONPath anew each time that a state looks something up.

That takes milliseconds, several times a state: most of the time that a map of many items takes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .patch import Patch

_MOST_PATHS = 1024


def _parse(original: Any) -> Any:
    return lru_cache(maxsize=_MOST_PATHS)(original)


PATCHES = (
    Patch("stepfunctions", "moto.stepfunctions.parser.asl.utils.json_path", "parse", _parse),
)
