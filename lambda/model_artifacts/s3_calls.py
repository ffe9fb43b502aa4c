"""Calls to Amazon S3 whose failures are typed: what may work later, and what never will."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
)
from botocore.exceptions import ConnectionError as BotocoreConnectionError
from urllib3.exceptions import HTTPError

from model_artifacts.errors import StorageError

# docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html: what a later try may find gone
_TRANSIENT_CODES: Final = frozenset(
    {
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "RequestTimeout",
        "InternalError",
        "ServiceUnavailable",
        "ConditionalRequestConflict",
        "OperationAborted",
        "KMS.ThrottlingException",
    }
)
_MISSING_CODES: Final = frozenset({"404", "NoSuchKey", "NotFound"})
CONDITION_FAILED: Final = frozenset({"412", "PreconditionFailed"})

CONNECTION_ERRORS: Final = (
    HTTPClientError,
    BotocoreConnectionError,
    IncompleteReadError,
    ConnectionError,
    # botocore lets some of its transport's errors through, such as a TLS failure inside a body
    HTTPError,
)
"""A request or its body broke off; botocore's own retries, if any, are used up."""


@contextmanager
def storage_errors(action: str) -> Generator[None]:
    """Turn botocore's errors into `StorageError`; ``action`` says what was tried, in words."""
    try:
        yield
    except ClientError as error:
        code = error_code(error)
        detail = error.response.get("Error", {}).get("Message", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        transient = code in _TRANSIENT_CODES or status == 429 or status >= 500
        raise StorageError(f"{action}: {code}: {detail}", code=code, transient=transient) from error
    except CONNECTION_ERRORS as error:
        name = type(error).__name__
        raise StorageError(f"{action}: {name}: {error}", code=name, transient=True) from error
    except BotoCoreError as error:
        name = type(error).__name__
        raise StorageError(f"{action}: {name}: {error}", code=name, transient=False) from error


def error_code(error: ClientError) -> str:
    """The code that S3 answered with, such as ``NoSuchKey``; HEAD has the status instead."""
    return error.response.get("Error", {}).get("Code", "Unknown")


def is_missing(error: StorageError) -> bool:
    """Whether the object is not there, in the words of GET as well as of HEAD."""
    return error.code in _MISSING_CODES
