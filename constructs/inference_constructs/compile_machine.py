"""The state machine of a compile fleet, in the Amazon States Language.

Two maps run side by side over the lists of work in S3. Every item is tried whatever becomes of the
others, and its failure is written down and ends well: an execution that succeeded has tried all.
No map has a result writer. Its children return an empty object each, which is all that fits into
the 262,144 bytes of a state's output, and what matters lies in S3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_fleet.contract import JOB_VARIABLES, LEFT, PACKAGE_BATCH, WORK_FIELDS

Json = dict[str, Any]

PACKAGES_LABEL = "packages"
COMPILES_LABEL = "compiles"
"""Labels of the maps, which become part of their children's ARNs."""

_ITEM_FIELDS = ("model", "digest", "queue", "job_definition", "job_name", "timeout_seconds")
# Of 262,144 bytes of input a batch takes part with the batch's own input.
_BATCH_BYTES = 200_000
_FUNCTION_TIMEOUT_SECONDS = 900
_EXECUTION_TIMEOUT_SECONDS = 3 * 24 * 3600
_WAITING_SECONDS = 4 * 3600
# What Lambda and Batch say when they are busy, when a function was killed, and our own word for it
_FUNCTION_FAULTS = [
    "TryAgainError",
    "StorageError",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.Timeout",
]
# A throttled SubmitJob goes by two names: https://github.com/ASFHyP3/hyp3/issues/1676 and
# https://github.com/chanzuckerberg/single-cell-data-portal/pull/7087
_BATCH_FAULTS = [
    "Batch.AWSBatchException",
    "Batch.BatchException",
    "Batch.SdkClientException",
    "Batch.ServerException",
    "Batch.TooManyRequestsException",
]


@dataclass(frozen=True, kw_only=True)
class JobQueueState:
    """One queue as the machine sees it; ``timeout_minutes`` is the longest of its jobs'."""

    name: str
    arn: str
    max_jobs: int
    timeout_minutes: int


@dataclass(frozen=True, kw_only=True)
class MachineParts:
    """What the definition refers to."""

    partition: str
    package_function_arn: str
    failure_function_arn: str
    queues: tuple[JobQueueState, ...]
    packaging_calls: int
    attempts: int


def definition(parts: MachineParts) -> Json:
    """The whole state machine."""
    return {
        "Comment": "Makes the archives that a model fleet lacks",
        "StartAt": "Work",
        "TimeoutSeconds": _EXECUTION_TIMEOUT_SECONDS,
        "States": {
            "Work": {
                "Type": "Parallel",
                "Branches": [
                    _branch("packages", _packages(parts)),
                    *([_branch("compiles", _compiles(parts))] if parts.queues else []),
                ],
                "ResultPath": None,
                "End": True,
            }
        },
    }


def _branch(name: str, map_state: Json) -> Json:
    """A map over one list, unless the list is empty."""
    title = name.capitalize()
    return {
        "StartAt": f"Any {name}",
        "States": {
            f"Any {name}": {
                "Type": "Choice",
                "Choices": [{"Variable": f"$.{name}", "NumericGreaterThan": 0, "Next": title}],
                "Default": f"No {name}",
            },
            f"No {name}": {"Type": "Succeed"},
            title: map_state,
        },
    }


def _map(parts: MachineParts, *, label: str, key: str, concurrency: int, states: Json) -> Json:
    return {
        "Type": "Map",
        "Label": label,
        "ItemReader": {
            "Resource": f"arn:{parts.partition}:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket.$": "$.bucket", "Key.$": f"$.{key}"},
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            **states,
        },
        "MaxConcurrency": concurrency,
        "ToleratedFailurePercentage": 100,
        "ResultPath": None,
        "End": True,
    }


def _packages(parts: MachineParts) -> Json:
    """Batches of models; a function that runs out of time hands back what is left."""
    return {
        **_map(
            parts,
            label=PACKAGES_LABEL,
            key="packages_key",
            concurrency=parts.packaging_calls,
            states={
                "StartAt": "Package",
                "States": {
                    "Package": {
                        "Type": "Task",
                        "Resource": parts.package_function_arn,
                        "TimeoutSeconds": _FUNCTION_TIMEOUT_SECONDS,
                        "Retry": [_retry(_FUNCTION_FAULTS)],
                        "Catch": [_caught()],
                        "Next": "Any left",
                    },
                    "Any left": {
                        "Type": "Choice",
                        "Choices": [
                            {"Variable": f"$.{LEFT}", "NumericGreaterThan": 0, "Next": "Package"}
                        ],
                        "Default": "Done",
                    },
                    "Note failure": _note_failure(
                        parts,
                        {
                            "step": "package",
                            "work.$": "$.BatchInput",
                            "items.$": "$.Items",
                            "error.$": "$.error",
                        },
                    ),
                    "Done": _done(),
                },
            },
        ),
        "ItemBatcher": {
            "MaxItemsPerBatch": PACKAGE_BATCH,
            "MaxInputBytesPerBatch": _BATCH_BYTES,
            "BatchInput": _fields("$", WORK_FIELDS),
        },
    }


def _compiles(parts: MachineParts) -> Json:
    """One job per model, in the queue that its item names."""
    states: Json = {
        "Queue": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.queue", "StringEquals": queue.name, "Next": _job_state(queue)}
                for queue in parts.queues
            ],
            "Default": "No such queue",
        },
        "No such queue": {
            "Type": "Pass",
            "Result": {"Error": "NoSuchQueue", "Cause": "the compile fleet has no such queue"},
            "ResultPath": "$.error",
            "Next": "Note failure",
        },
        **{_job_state(queue): _job(parts, queue) for queue in parts.queues},
        "Note failure": _note_failure(
            parts, {"step": "compile", "work.$": "$", "error.$": "$.error"}
        ),
        "Done": _done(),
    }
    return {
        **_map(
            parts,
            label=COMPILES_LABEL,
            key="compiles_key",
            # jobs that wait in a queue cost nothing, and keep the instances busy
            concurrency=2 * sum(queue.max_jobs for queue in parts.queues),
            states={"StartAt": "Queue", "States": states},
        ),
        "ItemSelector": {
            **_fields("$", WORK_FIELDS),
            **_fields("$$.Map.Item.Value", _ITEM_FIELDS),
        },
    }


def _job(parts: MachineParts, queue: JobQueueState) -> Json:
    return {
        "Type": "Task",
        "Resource": f"arn:{parts.partition}:states:::batch:submitJob.sync",
        "TimeoutSeconds": parts.attempts * queue.timeout_minutes * 60 + _WAITING_SECONDS,
        "Parameters": {
            "JobName.$": "$.job_name",
            "JobQueue": queue.arn,
            "JobDefinition.$": "$.job_definition",
            "Timeout": {"AttemptDurationSeconds.$": "$.timeout_seconds"},
            "ContainerOverrides": {
                "Environment": [
                    {"Name": name, "Value.$": f"$.{field}"} for name, field in JOB_VARIABLES.items()
                ]
            },
        },
        "ResultPath": None,
        "Retry": [_retry(_BATCH_FAULTS)],
        "Catch": [_caught()],
        "Next": "Done",
    }


def _job_state(queue: JobQueueState) -> str:
    return f"Compile on {queue.name}"


def _note_failure(parts: MachineParts, parameters: Mapping[str, str]) -> Json:
    return {
        "Type": "Task",
        "Resource": parts.failure_function_arn,
        "TimeoutSeconds": _FUNCTION_TIMEOUT_SECONDS,
        "Parameters": dict(parameters),
        "ResultPath": None,
        "Retry": [_retry(_FUNCTION_FAULTS)],
        "Next": "Done",
    }


def _retry(errors: list[str]) -> Json:
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": 5,
        "MaxAttempts": 5,
        "BackoffRate": 2,
        "MaxDelaySeconds": 120,
        "JitterStrategy": "FULL",
    }


def _caught() -> Json:
    return {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Note failure"}


def _done() -> Json:
    """An empty object for every child."""
    return {"Type": "Pass", "Result": {}, "End": True}


def _fields(source: str, names: tuple[str, ...]) -> dict[str, str]:
    return {f"{name}.$": f"{source}.{name}" for name in names}
