"""Errors of ``InvokeEndpoint`` in the shapes that the platform answers.

Shapes and status codes: botocore's sagemaker-runtime model, 2017-05-13. The 413 has no shape there.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

from inferctl.localaws.http import HttpResponse


class ServingError(Exception):
    """A call ends with this error; subclasses fix code and status."""

    code = "InternalFailure"
    status = 500

    def __init__(self, message: str, *, details: Mapping[str, str | int] | None = None) -> None:
        super().__init__(message)
        self.details = dict(details or {})

    def response(self) -> HttpResponse:
        """The error as restJson1: botocore raises the exception named in x-amzn-errortype."""
        body = json.dumps({"Message": str(self), **self.details}).encode()
        headers = {
            "Content-Type": "application/json",
            "x-amzn-errortype": self.code,
            "x-amzn-RequestId": str(uuid.uuid4()),
        }
        return HttpResponse(status=self.status, headers=headers, body=body)


class ValidationError(ServingError):
    """The request or its model archive is wrong."""

    code = "ValidationError"
    status = 400


class BodyTooLargeError(ServingError):
    """The body is over the limit; API Gateway style 413, as the service's front end answers."""

    code = "RequestEntityTooLargeException"
    status = 413


class ModelNotReadyError(ServingError):
    """The model is still loading; the same call works later."""

    code = "ModelNotReadyException"
    status = 429


class ServiceUnavailableError(ServingError):
    """Nothing can serve here."""

    code = "ServiceUnavailable"
    status = 503


class ModelError(ServingError):
    """The container answered with an error, or not at all (status 0)."""

    code = "ModelError"
    status = 424

    @classmethod
    def from_container(
        cls, endpoint: str, *, status: int, message: str, region: str, account: str
    ) -> ModelError:
        """The platform's sentence around the container's status and message."""
        side = "client" if 400 <= status < 500 else "server"
        group = f"/aws/sagemaker/Endpoints/{endpoint}"
        text = (
            f'Received {side} error ({status}) from primary with message "{message}". See'
            f" https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
            f"#logEventViewer:group={group} in account {account} for more information."
        )
        arn = f"arn:aws:logs:{region}:{account}:log-group:{group}"
        details: dict[str, str | int] = {
            "OriginalStatusCode": status,
            "OriginalMessage": message,
            "LogStreamArn": arn,
        }
        return cls(text, details=details)
