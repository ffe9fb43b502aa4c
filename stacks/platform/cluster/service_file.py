"""The typed services and one-off tasks of the ``cluster`` section."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.platform.cluster.verification_file import ServiceVerification
from stacks.platform.cluster.workload_file import Model, Workload
from stacks.platform.section import (
    Cooldown,
    Count,
    CountOrZero,
    ScheduleName,
    Section,
    Switch,
    word_for_none,
)

# Part of construct ids, of outputs and, after the platform's name, of a task family.
ClusterName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
# docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
BakeMinutes = Annotated[int, Field(strict=True, ge=0, le=1440)]
PackingWord = Literal["chip-slots", "whole-instance", "managed-instances"]
NetworkModeWord = Literal["bridge", "host", "awsvpc"]
ServiceMetricWord = Literal["requests", "neuroncore_utilization"]
_DEFAULT_TARGET: dict[str | None, float] = {"requests": 1000.0, "neuroncore_utilization": 60.0}


class ServiceSchedule(Section):
    """One scheduled change of the limits of a service; times are UTC."""

    name: ScheduleName
    """Unique among the schedules; it becomes a construct ID."""
    cron: str
    """Six fields: minutes, hours, day of month, month, day of week, year; ``0 8 ? * MON-FRI *``."""
    min_instances: CountOrZero
    """Fewest hosts from then on."""
    max_instances: CountOrZero
    """Most hosts from then on."""


class ServiceScaling(Section):
    """Target tracking on one metric of the service, schedules, or both."""

    metric: Annotated[
        ServiceMetricWord | None, word_for_none("off", Literal["off"] | ServiceMetricWord)
    ] = "requests"
    """``requests`` counts what an alb sends to one task in a minute; ``off`` leaves the count to
    the schedules."""
    target: Annotated[float, Field(gt=0)] | None = None
    """Requests a minute (1000 when absent), or percent of the cores' time (60)."""
    port: str | None = None
    """Name of the port whose requests count; the first that the alb publishes when absent."""
    scale_in_cooldown_seconds: Cooldown = 600
    """Wait after a scale-in."""
    scale_out_cooldown_seconds: Cooldown = 120
    """Wait after a scale-out."""
    schedules: tuple[ServiceSchedule, ...] = ()
    """Scheduled changes of the limits."""

    @property
    def target_value(self) -> float:
        """``target``, or the default of the metric."""
        return _DEFAULT_TARGET.get(self.metric, 1.0) if self.target is None else self.target


class LoadBalancer(Section):
    """One address for all tasks of a service."""

    kind: Literal["alb", "nlb"] = "alb"
    """``alb`` spreads requests, REST and gRPC (over TLS); ``nlb`` spreads connections."""
    public: Switch = False
    """Whether it faces the internet, in the public subnets."""
    certificate_arn: str | None = None
    """ACM certificate of its listeners; plain text inside the VPC when absent."""
    ports: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Names of the workload's ports to publish; all when absent."""
    clients: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """IPv4 blocks that may connect; the VPC, or anyone where public, when absent."""


class Deployment(Section):
    """How a new version of a service takes the place of the old one."""

    kind: Literal["rolling", "blue-green", "canary", "linear"] = "rolling"
    """``rolling`` replaces tasks within the two percentages; the others start a second set of tasks
    and move the load balancer's traffic to it: at once, one part first, or in equal parts."""
    minimum_healthy_percent: Annotated[int, Field(strict=True, ge=0, le=100)] | None = None
    """Tasks that stay; rolling needs it."""
    maximum_percent: Annotated[int, Field(strict=True, ge=100, le=200)] | None = None
    """Tasks at a time, old and new; rolling needs it."""
    percent: Annotated[int, Field(strict=True, ge=1, le=99)] = 10
    """The part of the traffic that canary and linear move at a time."""
    step_minutes: BakeMinutes = 10
    """How long canary and linear watch each part."""
    bake_minutes: BakeMinutes = 10
    """How long the old tasks stay after all traffic has moved."""
    errors_percent: Annotated[int, Field(strict=True, ge=1, le=50)] = 5
    """Requests that may be answered with 5xx; more roll the update back. Not for rolling."""


class _Runnable(Section):
    """What services and one-off tasks have in common."""

    name: ClusterName
    """Unique among services and tasks."""
    pool: str
    """Name of the pool whose hosts it runs on."""
    workload: Workload
    """What runs."""
    model: Model | None = None
    """The compiled model; the ready-made servers need one."""
    chips_per_task: Count = 1
    """Chips that each task owns on a Neuron host."""
    first_chip: CountOrZero = 0
    """The first chip it owns, counted from 0 on every host."""


class Service(_Runnable):
    """A workload that is kept running, on one host or more of a pool."""

    packing: PackingWord = "chip-slots"
    """``chip-slots`` is a task for each slot of chips of every host; ``whole-instance`` one task a
    host; ``managed-instances`` one task a host that ECS itself runs."""
    chips: Count | None = None
    """How many chips the service owns on each host; all that follow first_chip when absent."""
    network_mode: NetworkModeWord | None = None
    """``bridge`` lets many tasks share a host, awsvpc gives each an interface of its own; bridge,
    or awsvpc on managed-instances, when absent."""
    min_instances: CountOrZero = 1
    """Fewest hosts the service runs on; the number of hosts while scaling is off."""
    max_instances: Count | None = None
    """Most hosts the service scales to; min_instances when absent."""
    scaling: Annotated[
        ServiceScaling | None, word_for_none("off", Literal["off"] | ServiceScaling)
    ] = None
    """``off``, or the metric and its target."""
    load_balancer: Annotated[
        LoadBalancer | None, word_for_none("off", Literal["off"] | LoadBalancer)
    ] = None
    """``off``, or its kind."""
    deployment: Annotated[
        Deployment | None, word_for_none("auto", Literal["auto"] | Deployment)
    ] = None
    """``auto`` takes percents with which a deployment can always finish."""

    verification: Annotated[
        ServiceVerification | None, word_for_none("off", Literal["off"] | ServiceVerification)
    ] = None
    """``off``, or what the service is asked after each deployment."""

    @property
    def resolved_network_mode(self) -> NetworkModeWord:
        """``network_mode``, or what the packing is made for."""
        if self.network_mode is not None:
            return self.network_mode
        return "awsvpc" if self.packing == "managed-instances" else "bridge"

    @property
    def most_instances(self) -> int:
        """``max_instances``, or what stands for it."""
        return self.min_instances if self.max_instances is None else self.max_instances

    @property
    def hosts(self) -> range:
        """Every number of hosts that the service may run on."""
        schedules = () if self.scaling is None else self.scaling.schedules
        low = min([self.min_instances, *(each.min_instances for each in schedules)])
        high = max([self.most_instances, *(each.max_instances for each in schedules)])
        return range(low, high + 1)


class OneOffTask(_Runnable):
    """A workload that is started by hand and ends by itself."""

    memory_mib: Count | None = None
    """Memory on an ordinary pool, MiB; all that the host leaves when absent. On a Neuron pool the
    chips decide."""
    cpu_units: Count | None = None
    """CPU on an ordinary pool, 1,024 to a vCPU; all that the host leaves when absent."""
    gpus: CountOrZero = 0
    """GPUs of the host that the task gets to itself."""
