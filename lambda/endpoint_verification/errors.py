"""What can go wrong with a verification, and with one question of it."""

from __future__ import annotations

from cfn_resource import ResourceError


class VerificationError(ResourceError):
    """What was deployed does not answer as it should, or could not be asked."""


class SupersededError(VerificationError):
    """A newer request took over: this one must not change anything."""


class AskError(Exception):
    """A question got no answer; the text says why."""


class BusyError(AskError):
    """The account is busy, which says nothing about the model: asked again until the end."""


class ColdError(AskError):
    """The model is loading, or makes room for itself; asked again for some minutes."""


class RefusedError(AskError):
    """The model said no; it would say no again."""


class LateError(AskError):
    """The answer is right and comes too late; with less to do, the endpoint may give it in time."""


class StopError(AskError):
    """Nothing can be asked: the endpoint is gone, or may not be called."""
