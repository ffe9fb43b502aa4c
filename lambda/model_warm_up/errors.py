"""What can go wrong with a warm-up; nothing of it fails a deployment but a wrong property."""

from __future__ import annotations

from cfn_resource import ResourceError


class WarmUpError(ResourceError):
    """The models to warm cannot be told."""


class CallLaterError(Exception):
    """A call that may succeed later: the model loads, the endpoint is busy or cannot be reached."""


class CallRefusedError(Exception):
    """A call that will be refused again."""
