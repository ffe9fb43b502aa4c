"""``python -m tf_serving_start.health``: status 0 when a version of the model is AVAILABLE.

An answer of 200 is not enough: REST gives it for a model that failed to load, too. Standard library
only, as it runs every few seconds.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from tf_serving_start.contract import (
    HEALTH_TIMEOUT_SECONDS,
    MODEL_NAME_VARIABLE,
    REST_PORT_VARIABLE,
)

_PAUSE_SECONDS = 0.5
_MOST_BYTES = 1 << 20


def main() -> int:
    """Ask once, or with ``--wait`` until it is so."""
    parser = argparse.ArgumentParser(prog="tf_serving_start.health")
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS")
    deadline = time.monotonic() + parser.parse_args().wait
    while True:
        problem = check(os.environ)
        if problem is None:
            return 0
        if time.monotonic() + _PAUSE_SECONDS > deadline:
            print(problem, file=sys.stderr)
            return 1
        time.sleep(_PAUSE_SECONDS)


def check(environment: Mapping[str, str]) -> str | None:
    """None when the model can be called, else what the server said."""
    missing = [
        name for name in (MODEL_NAME_VARIABLE, REST_PORT_VARIABLE) if name not in environment
    ]
    if missing:
        return f"{' and '.join(missing)} required"
    path = f"/v1/models/{environment[MODEL_NAME_VARIABLE]}"
    connection = http.client.HTTPConnection(
        "127.0.0.1", int(environment[REST_PORT_VARIABLE]), timeout=HEALTH_TIMEOUT_SECONDS - 1
    )
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(_MOST_BYTES)
        if answer.status != 200:
            return f"{path}: HTTP {answer.status} {body[:200].decode(errors='replace')}"
        return status_problem(json.loads(body))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"{path}: {type(error).__name__}: {error}"
    finally:
        connection.close()


def status_problem(answer: Any) -> str | None:
    """None when a version is AVAILABLE without an error, else every version's state."""
    versions = answer.get("model_version_status", []) if isinstance(answer, dict) else []
    seen = []
    for version in versions:
        status = version.get("status", {})
        code = status.get("error_code", "OK")
        if version.get("state") == "AVAILABLE" and code == "OK":
            return None
        seen.append(
            f"version {version.get('version')} {version.get('state')} {code}"
            f" {status.get('error_message', '')}".rstrip()
        )
    return ", ".join(seen) or "no version of the model is known"


if __name__ == "__main__":
    sys.exit(main())
