"""Our own CloudFormation: the life cycle of stacks, strict about what it does not know."""

from __future__ import annotations

from .leftovers import Leftovers
from .service import CloudFormation

__all__ = ["CloudFormation", "Leftovers"]
