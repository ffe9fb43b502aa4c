"""moto has no LookupEvents; the CDK CLI calls it after each failed deployment.

Unpatched the call is an error that the CLI retries, for about twenty seconds of every failure.
Nothing is recorded here, so the answer is an empty list.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .patch import Patch


def _lookup_events(_original: None) -> Callable[[Any], str]:
    def lookup_events(_response: Any) -> str:
        return json.dumps({"Events": []})

    return lookup_events


PATCHES = (
    Patch(
        "cloudtrail",
        "moto.cloudtrail.responses:CloudTrailResponse",
        "lookup_events",
        _lookup_events,
    ),
)
