"""Updates that shift traffic in parts: how many steps, how long, and when an alarm can fire.

Plain arithmetic, for the platform file's checks and the constructs alike.
"""

from rollouts.endpoint_update import (
    JUDGED_MINUTES,
    LONGEST_SECONDS,
    PARTS,
    EndpointUpdate,
    TrafficShift,
)
from rollouts.service_update import (
    LONGEST_BAKE_MINUTES,
    ServiceShift,
    ServiceUpdate,
    second_set_problem,
)

__all__ = [
    "JUDGED_MINUTES",
    "LONGEST_BAKE_MINUTES",
    "LONGEST_SECONDS",
    "PARTS",
    "EndpointUpdate",
    "ServiceShift",
    "ServiceUpdate",
    "TrafficShift",
    "second_set_problem",
]
