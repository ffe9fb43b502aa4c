"""The typed properties of one ``Custom::CapacityPool``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from capacity_pool.contract import RESOURCE_TYPE
from cfn_resource import PropertyReader

# Longer than 55 minutes would leave the framework, which ends after an hour, no time for our words.
_MINUTES: Final = r"[1-9]|[1-4][0-9]|5[0-5]"
_MINUTES_RULE: Final = "a whole number from 1 to 55"


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A capacity pool and the Auto Scaling group behind it.

    ``provider`` is None in an update that removes a pool which an earlier release has made.
    """

    name: str
    cluster: str
    group: str
    drain_minutes: int
    provider: str | None


def read_pool(properties: Mapping[str, object]) -> Pool:
    """The pool that ``properties`` describe; raises `EventError` with every problem."""
    reader = PropertyReader(properties, resource_type=RESOURCE_TYPE)
    name, cluster, group = (reader.text(key) for key in ("Pool", "Cluster", "GroupName"))
    given = properties.get("CapacityProvider") is not None
    provider = reader.text("CapacityProvider") if given else None
    minutes = reader.text("DrainMinutes", pattern=_MINUTES, rule=_MINUTES_RULE)
    reader.finish()
    return Pool(
        name=name, cluster=cluster, group=group, drain_minutes=int(minutes), provider=provider
    )
