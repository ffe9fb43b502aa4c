"""What the API refuses."""

from __future__ import annotations


class BatchError(Exception):
    """An API error; ``code`` is the exception's name in the API."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def refused(message: str) -> BatchError:
    """A call that is not well formed, or names what is not there; Batch has one code for it all."""
    return BatchError("ClientException", f"Error executing request, Exception : {message}")


def not_emulated(subject: str) -> BatchError:
    """501, which no SDK retries."""
    message = f"the embedded AWS does not emulate this request: {subject}"
    return BatchError("NotImplemented", message, status=501)
