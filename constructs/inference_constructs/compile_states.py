"""What the maps of a compile fleet's state machine are made of, in the Amazon States Language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

FUNCTION_TIMEOUT_SECONDS = 900
# What Lambda and Batch say when they are busy, when a function was killed, and our own word for it
FUNCTION_FAULTS = [
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
BATCH_FAULTS = [
    "Batch.AWSBatchException",
    "Batch.BatchException",
    "Batch.SdkClientException",
    "Batch.ServerException",
    "Batch.TooManyRequestsException",
]


def distributed_map(
    *, partition: str, label: str, key: str, concurrency: int, states: Json
) -> Json:
    """One child for each item, or batch of items, of the list in S3 that the input names."""
    return {
        "Type": "Map",
        "Label": label,
        "ItemReader": {
            "Resource": f"arn:{partition}:states:::s3:getObject",
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


def note_failure(function_arn: str, parameters: Mapping[str, str]) -> Json:
    """A function leaves why an item failed, and the item ends well."""
    return {
        "Type": "Task",
        "Resource": function_arn,
        "TimeoutSeconds": FUNCTION_TIMEOUT_SECONDS,
        "Parameters": dict(parameters),
        "ResultPath": None,
        "Retry": [retry(FUNCTION_FAULTS)],
        "Next": "Done",
    }


def retry(errors: list[str]) -> Json:
    """Five times more, ever later, which takes two minutes and a half at most."""
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": 5,
        "MaxAttempts": 5,
        "BackoffRate": 2,
        "MaxDelaySeconds": 120,
        "JitterStrategy": "FULL",
    }


def caught() -> Json:
    """Whatever went wrong is written down by the state `note_failure`."""
    return {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Note failure"}


def done() -> Json:
    """An empty object for every child."""
    return {"Type": "Pass", "Result": {}, "End": True}


def fields(source: str, names: tuple[str, ...]) -> dict[str, str]:
    """These members of ``source``, under their own names."""
    return {f"{name}.$": f"{source}.{name}" for name in names}
