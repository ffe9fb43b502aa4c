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
