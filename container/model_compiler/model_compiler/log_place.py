"""Where this job's log can be read, as ECS tells the container."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping

_SECONDS = 2.0
_METADATA_VARIABLE = "ECS_CONTAINER_METADATA_URI_V4"
_JOB_VARIABLE = "AWS_BATCH_JOB_ID"
_STREAM_VARIABLE = "MODEL_COMPILER_LOG"


def log_place(environment: Mapping[str, str]) -> str:
    """``<log group>/<stream>``, or the Batch job, or nothing: never an error.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
    """
    job = environment.get(_JOB_VARIABLE, "")
    fallback = environment.get(_STREAM_VARIABLE) or (f"Batch job {job}" if job else "")
    address = environment.get(_METADATA_VARIABLE)
    if address is None:
        return fallback
    try:
        # a link-local address that the agent put into the environment
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:
            options = json.load(answer)["LogOptions"]
        return f"{options['awslogs-group']}/{options['awslogs-stream']}"
    except (OSError, ValueError, KeyError, TypeError):
        return fallback
