"""How a service grows and shrinks, checked before anything is built."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from inference_constructs.endpoint_scaling import ScheduledCapacity

from .load_balancer_props import LoadBalancerKind, LoadBalancerProps
from .managed_capacity import ManagedNeuronCapacity
from .neuron_pool import NeuronCapacityPool
from .workload_port import WorkloadPort


class ServiceMetric(Enum):
    """What target tracking holds at its target."""

    REQUESTS = "requests"
    """Requests a minute and task, as the application load balancer counts them."""
    NEURONCORE_UTILIZATION = "neuroncore_utilization"
    """Percent of the service's NeuronCores, as the pool's core metrics daemon publishes it. CPU
    says nothing about a task whose work is done on chips."""


@dataclass(frozen=True, kw_only=True)
class ServiceScalingProps:
    """Defaults: 1 to 2 hosts; a scale-in is followed by at least 600 s without another, a
    scale-out by 120 s.

    ``min_instances``, ``max_instances``: hosts that carry the service, each with all of its slots.
    ``metric``: without it, only the schedules change the count.
    ``target``: requests a minute and task, or percent.
    ``port``: whose requests count; without it, the first port that the load balancer publishes.
    """

    min_instances: int = 1
    max_instances: int = 2
    metric: ServiceMetric | None = ServiceMetric.NEURONCORE_UTILIZATION
    target: float = 60.0
    port: str | None = None
    scale_in_cooldown_seconds: int = 600
    scale_out_cooldown_seconds: int = 120
    schedules: Sequence[ScheduledCapacity] = ()

    def __post_init__(self) -> None:
        problems = [*self._range_problems(), *self._target_problems()]
        names = [schedule.name for schedule in self.schedules]
        for name in sorted({name for name in names if names.count(name) > 1}):
            problems.append(f"schedules must have distinct names, got {name!r} twice")
        if self.metric is None and not self.schedules:
            problems.append("schedules must name at least one where there is no metric, got none")
        if problems:
            raise ValueError("invalid ServiceScalingProps: " + "; ".join(problems))

    @property
    def lowest(self) -> int:
        """The fewest hosts at any time."""
        return min([self.min_instances, *(s.min_instances for s in self.schedules)])

    @property
    def highest(self) -> int:
        """The most hosts at any time."""
        return max([self.max_instances, *(s.max_instances for s in self.schedules)])

    def problems(
        self,
        *,
        pool: NeuronCapacityPool | ManagedNeuronCapacity,
        load_balancer: LoadBalancerProps | None,
        ports: Sequence[WorkloadPort],
    ) -> list[str]:
        """Why nobody counts what a service scales on."""
        if self.metric is ServiceMetric.NEURONCORE_UTILIZATION:
            return _utilization_problems(pool)
        if self.metric is not ServiceMetric.REQUESTS:
            return []
        if load_balancer is None or load_balancer.kind is not LoadBalancerKind.ALB:
            kind = "none" if load_balancer is None else load_balancer.kind.value
            return [f"metric requests is counted by an application load balancer, got {kind}"]
        published = [port.name for port in load_balancer.published(ports)]
        if self.port is not None and self.port not in published:
            return [
                "port of scaling must be one that the load balancer publishes"
                f" ({', '.join(published)}), got {self.port!r}"
            ]
        return []

    def _range_problems(self) -> list[str]:
        problems: list[str] = []
        # Without a task there is neither a request nor a core in use to count, and no way back up.
        fewest = 0 if self.metric is None else 1
        for place, low, high in (
            ("", self.min_instances, self.max_instances),
            *(
                (f" of schedule {s.name!r}", s.min_instances, s.max_instances)
                for s in self.schedules
            ),
        ):
            if low < fewest:
                why = "" if self.metric is None else f" for metric {self.metric.value}"
                problems.append(f"min_instances{place} must be at least {fewest}{why}, got {low}")
            if high < low:
                problems.append(
                    f"max_instances{place} must be at least min_instances ({low}), got {high}"
                )
        return problems

    def _target_problems(self) -> list[str]:
        problems: list[str] = []
        highest = 100 if self.metric is ServiceMetric.NEURONCORE_UTILIZATION else None
        if self.metric is not None and (
            not 0 < self.target < math.inf or (highest is not None and self.target > highest)
        ):
            limit = (
                "more than 0" if highest is None else f"more than 0 and at most {highest} percent"
            )
            problems.append(f"target must be {limit} for {self.metric.value}, got {self.target:g}")
        if self.port is not None and self.metric is not ServiceMetric.REQUESTS:
            problems.append(f"port belongs to metric requests, got {self.port!r}")
        for name, seconds in (
            ("scale_in_cooldown_seconds", self.scale_in_cooldown_seconds),
            ("scale_out_cooldown_seconds", self.scale_out_cooldown_seconds),
        ):
            if seconds < 0:
                problems.append(f"{name} must be at least 0, got {seconds}")
        return problems


def _utilization_problems(pool: NeuronCapacityPool | ManagedNeuronCapacity) -> list[str]:
    if not isinstance(pool, NeuronCapacityPool):
        return [
            "metric neuroncore_utilization comes from a daemon on the hosts of a pool; managed"
            " instances have none (take requests, or schedules)"
        ]
    if not pool.publishes_core_metrics:
        return [
            f"metric neuroncore_utilization is not published by pool {pool.name}: the service would"
            " never scale (call its add_core_metrics before)"
        ]
    return []
