"""What the embedded AWS that runs here has measured of the models that it has loaded."""

from __future__ import annotations

import json
import urllib.request

from inferctl.localaws.state import running_url
from inferctl.planner.measured import Measured, measured_of_status

_SECONDS = 30


def measured_here() -> dict[str, Measured]:
    """By model; empty where it does not run or answer."""
    url = running_url()
    if url is None:
        return {}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/_localaws/status", timeout=_SECONDS) as answer:
            return measured_of_status(json.load(answer).get("serving", {}))
    except (OSError, ValueError):
        return {}
