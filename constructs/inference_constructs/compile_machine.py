"""The state machine of a compile fleet, in the Amazon States Language.

Two maps run side by side over the lists of work in S3. Every item is tried whatever becomes of the
others, and its failure is written down and ends well: an execution that succeeded has tried all.
No map has a result writer. Its children return an empty object each, which is all that fits into
the 262,144 bytes of a state's output, and what matters lies in S3.
"""

from __future__ import annotations

from dataclasses import dataclass

from model_fleet.contract import JOB_VARIABLES, LEFT, PACKAGE_BATCH, WORK_FIELDS

from .compile_states import (
    BATCH_FAULTS,
    FUNCTION_FAULTS,
    FUNCTION_TIMEOUT_SECONDS,
    Json,
    caught,
    distributed_map,
    done,
    fields,
    note_failure,
    retry,
)

PACKAGES_LABEL = "packages"
COMPILES_LABEL = "compiles"
"""Labels of the maps, which become part of their children's ARNs."""

_ITEM_FIELDS = ("model", "digest", "queue", "job_definition", "job_name", "timeout_seconds")
# Of 262,144 bytes of input a batch takes part with the batch's own input.
_BATCH_BYTES = 200_000
_EXECUTION_TIMEOUT_SECONDS = 3 * 24 * 3600
_WAITING_SECONDS = 4 * 3600


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


def _packages(parts: MachineParts) -> Json:
    """Batches of models; a function that runs out of time hands back what is left."""
    return {
        **distributed_map(
            partition=parts.partition,
            label=PACKAGES_LABEL,
            key="packages_key",
            concurrency=parts.packaging_calls,
            states={
                "StartAt": "Package",
                "States": {
                    "Package": {
                        "Type": "Task",
                        "Resource": parts.package_function_arn,
                        "TimeoutSeconds": FUNCTION_TIMEOUT_SECONDS,
                        "Retry": [retry(FUNCTION_FAULTS)],
                        "Catch": [caught()],
                        "Next": "Any left",
                    },
                    "Any left": {
                        "Type": "Choice",
                        "Choices": [
                            {"Variable": f"$.{LEFT}", "NumericGreaterThan": 0, "Next": "Package"}
                        ],
                        "Default": "Done",
                    },
                    "Note failure": note_failure(
                        parts.failure_function_arn,
                        {
                            "step": "package",
                            "work.$": "$.BatchInput",
                            "items.$": "$.Items",
                            "error.$": "$.error",
                        },
                    ),
                    "Done": done(),
                },
            },
        ),
        "ItemBatcher": {
            "MaxItemsPerBatch": PACKAGE_BATCH,
            "MaxInputBytesPerBatch": _BATCH_BYTES,
            "BatchInput": fields("$", WORK_FIELDS),
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
        "Note failure": note_failure(
            parts.failure_function_arn, {"step": "compile", "work.$": "$", "error.$": "$.error"}
        ),
        "Done": done(),
    }
    return {
        **distributed_map(
            partition=parts.partition,
            label=COMPILES_LABEL,
            key="compiles_key",
            # jobs that wait in a queue cost nothing, and keep the instances busy
            concurrency=2 * sum(queue.max_jobs for queue in parts.queues),
            states={"StartAt": "Queue", "States": states},
        ),
        "ItemSelector": {
            **fields("$", WORK_FIELDS),
            **fields("$$.Map.Item.Value", _ITEM_FIELDS),
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
        "Retry": [retry(BATCH_FAULTS)],
        "Catch": [caught()],
        "Next": "Done",
    }


def _job_state(queue: JobQueueState) -> str:
    return f"Compile on {queue.name}"
