"""How much of this machine one endpoint may use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

_MIB = 1 << 20
# endpoint variable -> (field, factor)
_VARIABLES = {
    "LOCALAWS_MAX_MODELS": ("max_models", 1),
    "LOCALAWS_MODEL_MEMORY_MIB": ("memory_bytes", _MIB),
    "LOCALAWS_MODEL_DISK_MIB": ("disk_bytes", _MIB),
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Budgets of one endpoint; the platform's own depend on the instance type instead.

    ``max_models``: models in memory; each costs a process and some 35 threads.
    ``memory_bytes``: their proportional set sizes together. ``disk_bytes``: unpacked archives.
    ``parallel_loads``: models loading at once. ``response_seconds``: until an answer or a 429.
    """

    max_models: int = 64
    memory_bytes: int
    disk_bytes: int = 20 << 30
    parallel_loads: int = 4
    response_seconds: float = 60.0

    @classmethod
    def of_this_machine(cls) -> Limits:
        """Half of the memory."""
        return cls(memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)

    def with_environment(self, environment: Mapping[str, str]) -> Limits:
        """These limits, changed by an endpoint's variables; raises `ValueError`."""
        changes: dict[str, int] = {}
        for variable, (name, factor) in _VARIABLES.items():
            value = environment.get(variable)
            if value is not None:
                if not value.isdecimal() or int(value) < 1:
                    raise ValueError(f"{variable} must be a whole number above 0, got {value!r}")
                changes[name] = int(value) * factor
        return replace(self, **changes) if changes else self
