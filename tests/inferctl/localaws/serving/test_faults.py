from __future__ import annotations

from typing import Any

import boto3
import botocore.parsers
import pytest

from inferctl.localaws.serving.faults import (
    BodyTooLargeError,
    ModelError,
    ModelNotReadyError,
    ServiceUnavailableError,
    ServingError,
    ValidationError,
)


def parsed(error: ServingError) -> dict[str, Any]:
    """The answer as botocore understands it."""
    client = boto3.client(
        "sagemaker-runtime", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    response = error.response()
    answer = {
        "status_code": response.status,
        "headers": {name.lower(): value for name, value in response.headers.items()},
        "body": response.body,
    }
    shape = client.meta.service_model.operation_model("InvokeEndpoint").output_shape
    found: dict[str, Any] = botocore.parsers.create_parser("rest-json").parse(answer, shape)
    code = found["Error"]["Code"]
    known = [name for name in dir(client.exceptions) if not name.startswith("_")]
    assert code in known or code == "RequestEntityTooLargeException"
    return found


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ValidationError("no"), 400, "ValidationError"),
        (BodyTooLargeError("no"), 413, "RequestEntityTooLargeException"),
        (ModelNotReadyError("no"), 429, "ModelNotReadyException"),
        (ServiceUnavailableError("no"), 503, "ServiceUnavailable"),
        (ServingError("no"), 500, "InternalFailure"),
    ],
)
def test_botocore_reads_code_and_message(error: ServingError, status: int, code: str) -> None:
    found = parsed(error)

    assert found["ResponseMetadata"]["HTTPStatusCode"] == status
    assert found["Error"] == {"Code": code, "Message": "no"}


def test_model_error_carries_what_the_container_said() -> None:
    error = ModelError.from_container(
        "e", status=400, message='{"error":"bad"}', region="us-east-1", account="123456789012"
    )

    found = parsed(error)

    assert found["Error"]["Code"] == "ModelError"
    assert found["Error"]["Message"] == (
        'Received client error (400) from primary with message "{"error":"bad"}". See'
        " https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1"
        "#logEventViewer:group=/aws/sagemaker/Endpoints/e in account 123456789012 for more"
        " information."
    )
    assert error.details == {
        "OriginalStatusCode": 400,
        "OriginalMessage": '{"error":"bad"}',
        "LogStreamArn": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/e",
    }
