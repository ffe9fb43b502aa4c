"""What the API refuses."""

from __future__ import annotations


class EcsError(Exception):
    """An API error; ``code`` is the exception's name in the API."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def invalid(message: str) -> EcsError:
    """A parameter that is not valid."""
    return EcsError("InvalidParameterException", message)


def client_error(message: str) -> EcsError:
    """A request that names what is not there, or is not well formed."""
    return EcsError("ClientException", message)


def not_emulated(subject: str) -> EcsError:
    """501, which no SDK retries."""
    message = f"the embedded AWS does not emulate this request: {subject}"
    return EcsError("NotImplemented", message, status=501)


def no_such_cluster() -> EcsError:
    """The cluster is missing or was deleted."""
    return EcsError("ClusterNotFoundException", "Cluster not found.")


def no_such_service() -> EcsError:
    """The service is missing."""
    return EcsError("ServiceNotFoundException", "Service not found.")
