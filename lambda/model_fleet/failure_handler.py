"""Writes down why an item of the state machine failed, so that the item itself can end well."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

import boto3
from botocore.config import Config

from cfn_resource import LambdaContext, one_line
from model_fleet.batch import read_work
from model_fleet.contract import JOB_LOG_GROUP, PACKAGE_LOG_GROUP
from model_fleet.failures import read_failure, write_failure
from model_fleet.package import Failure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFIG: Final = Config(retries={"mode": "standard", "max_attempts": 5})
_REASON_BYTES: Final = 2000

_log = logging.getLogger(__name__)


def handler(
    event: Mapping[str, Any],
    context: LambdaContext,  # noqa: ARG001
    *,
    s3: S3Client | None = None,
) -> dict[str, Any]:
    """Leave one failure per model; returns nothing that the map has to keep.

    ``step`` is ``package``, with ``items``, or ``compile``, with the one model in ``work``, which
    is the execution's input. ``error`` is what the state machine caught. What a job wrote down
    itself is kept, with the job's log beside it.
    """
    logging.getLogger("model_fleet").setLevel(logging.INFO)
    client = s3 if s3 is not None else _client()
    work = read_work(event["work"])
    caught = _caught(event["step"], event["error"])
    for model in _models(event):
        known = read_failure(client, work, model)
        failure = (
            replace(caught, model=model)
            if known is None
            else replace(known, log=known.log or caught.log)
        )
        write_failure(client, work, failure)
        _log.info("model %s: %s failed: %s", model, failure.step, failure.reason)
    return {}


def _models(event: Mapping[str, Any]) -> list[str]:
    if "items" in event:
        return [str(item["model"]) for item in event["items"]]
    return [str(event["work"]["model"])]


def _caught(step: str, error: Mapping[str, str]) -> Failure:
    cause = _json(error.get("Cause", ""))
    if "JobId" in cause:
        return _of_job(step, cause)
    text = str(cause.get("errorMessage") or error.get("Cause", "")) or "no cause was given"
    name = str(cause.get("errorType") or error.get("Error", "unknown error"))
    group = os.environ.get(PACKAGE_LOG_GROUP) if step == "package" else None
    return Failure(
        model="",
        step=step,
        reason=one_line(f"{name}: {text}", limit=_REASON_BYTES),
        passing=False,
        log=f"log group {group}" if group else None,
    )


def _of_job(step: str, job: Mapping[str, Any]) -> Failure:
    """What Batch says of a job: the container's words, its exit code, the job's own status."""
    attempts: list[Mapping[str, Any]] = job.get("Attempts") or []
    container: Mapping[str, Any] = job.get("Container") or {}
    last: Mapping[str, Any] = (attempts[-1].get("Container") or {}) if attempts else container
    code = last.get("ExitCode", container.get("ExitCode"))
    said = [
        str(part)
        for part in (last.get("Reason") or container.get("Reason"), job.get("StatusReason"))
        if part
    ]
    if code is not None:
        said.append(f"exit code {code}")
    if len(attempts) > 1:
        said.append(f"after {len(attempts)} attempts")
    stream = last.get("LogStreamName") or container.get("LogStreamName")
    place = f"job {job['JobId']}"
    if stream:
        place = f"log group {os.environ.get(JOB_LOG_GROUP, '/aws/batch/job')}, stream {stream}"
    return Failure(
        model="",
        step=step,
        reason=one_line(", ".join(said) or "the job failed", limit=_REASON_BYTES),
        passing=False,
        log=place,
    )


def _json(text: str) -> Mapping[str, Any]:
    """The cause as an object; Step Functions cuts long ones, which are no JSON any more."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return {}
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


@lru_cache(maxsize=1)
def _client() -> S3Client:
    # the stubs of the services that we do not use are not installed
    return boto3.client("s3", config=_CONFIG)  # pyright: ignore[reportUnknownMemberType]
