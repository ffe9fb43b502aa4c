"""What a custom resource's handler may tell CloudFormation."""

from __future__ import annotations


class ResourceError(Exception):
    """Base of everything that a handler raises on purpose; its text reaches the stack's events."""


class EventError(ResourceError):
    """The event lacks something, or holds something of the wrong kind; all problems at once."""
