"""What can go wrong with a capacity pool."""

from __future__ import annotations

from cfn_resource import ResourceError


class PoolError(ResourceError):
    """The pool cannot be emptied."""


class StillOccupiedError(PoolError):
    """Instances are left although the time for draining is over."""
