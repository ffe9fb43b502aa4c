"""What cannot be packed."""

from __future__ import annotations


class PackingError(ValueError):
    """Tasks that do not fit on the host they ask for."""


class ChipConflictError(PackingError):
    """Chips that two owners claim."""
