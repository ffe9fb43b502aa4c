"""The models of an endpoint as columns: memory, load and service times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Column = Floats | Sequence[float] | float


@dataclass(frozen=True, kw_only=True, eq=False)
class Fleet:
    """One row a model, in the order of ``names``.

    ``load_seconds`` is from the first call to a loaded model; ``service_seconds`` one call alone.
    """

    names: tuple[str, ...]
    host_mib: Floats
    gpu_mib: Floats
    load_seconds: Floats
    service_seconds: Floats

    def __len__(self) -> int:
        return len(self.names)


def fleet_of(
    names: Sequence[str],
    *,
    host_mib: Column,
    gpu_mib: Column = 0.0,
    load_seconds: Column = 1.0,
    service_seconds: Column = 0.02,
) -> Fleet:
    """A fleet; a single number stands for every model."""
    columns = {
        "host_mib": host_mib,
        "gpu_mib": gpu_mib,
        "load_seconds": load_seconds,
        "service_seconds": service_seconds,
    }
    return Fleet(
        names=tuple(names),
        **{
            name: np.broadcast_to(np.asarray(value, dtype=np.float64), (len(names),)).copy()
            for name, value in columns.items()
        },
    )
