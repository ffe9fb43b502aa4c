"""JSON files as they come from others: big, cut short, or not JSON at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from inferctl.accuracy.errors import AccuracyInputError


def read_json(path: Path) -> Any:
    """The document. Raises AccuracyInputError where the file cannot be read or parsed."""
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise AccuracyInputError(path, [f"cannot be read: {error.strerror}"]) from error
    except (ValueError, RecursionError) as error:
        raise AccuracyInputError(path, [f"is not JSON: {error}"]) from error
