"""What can go wrong with a fleet as a whole."""

from __future__ import annotations

from cfn_resource import ResourceError


class FleetError(ResourceError):
    """The request cannot be fulfilled; nothing that is published has changed."""


class ForeignPrefixError(FleetError):
    """Another fleet publishes below this prefix."""


class SupersededError(FleetError):
    """A newer request, or a deletion, took over: this one must not change anything."""


class PublicationError(FleetError):
    """Some models could not be published, so none was."""


class StatesError(FleetError):
    """Step Functions refused a call; ``transient`` says whether it may succeed later."""

    def __init__(self, message: str, *, code: str, transient: bool) -> None:
        self.code = code
        self.transient = transient
        super().__init__(message)


class TryAgainError(FleetError):
    """Nothing of a batch could be done just now; the state machine repeats the call."""
