"""What can go wrong: an API call that is refused, and a resource that fails."""

from __future__ import annotations

NOT_EMULATED = "is not emulated by the embedded AWS"


class CloudFormationError(Exception):
    """An API error; ``code`` is what AWS puts into ``<Code>``."""

    def __init__(self, message: str, *, code: str = "ValidationError", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class ResourceFailedError(Exception):
    """One resource could not be created, updated or deleted; the text is the event's reason."""


class NotEmulatedError(ResourceFailedError):
    """A resource type or a property that no handler knows; nothing is silently dropped."""

    def __init__(self, subject: str) -> None:
        super().__init__(f"{subject} {NOT_EMULATED}")


def no_such_stack(name: str) -> CloudFormationError:
    """The exact text by which the CDK CLI recognises a stack that is not there."""
    return CloudFormationError(f"Stack with id {name} does not exist")


def no_such_change_set(name: str) -> CloudFormationError:
    """The code by which the CDK CLI recognises a change set that is gone."""
    return CloudFormationError(
        f"ChangeSet [{name}] does not exist", code="ChangeSetNotFound", status=404
    )
