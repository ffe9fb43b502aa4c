"""The typed ``cluster`` section: capacity pools and what runs on them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.platform.cluster.service_file import OneOffTask, Service
from stacks.platform.section import (
    Count,
    CountOrZero,
    RetentionDays,
    Section,
    Switch,
    word_for_none,
)

# docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
LARGEST_VOLUME_GIB = 16_384
# CloudFormation waits an hour for a custom resource.
# docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html
LONGEST_DRAIN_MINUTES = 55

PoolName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=32)]


class Spot(Section):
    """Spare capacity at a lower price, which EC2 may take back with two minutes' notice."""

    on_demand_base: CountOrZero = 0
    """Hosts that are always on demand, before any spot host."""
    on_demand_percent: Annotated[int, Field(strict=True, ge=0, le=100)] = 0
    """Share of the hosts beyond the base that are on demand."""


class ProblemDetector(Section):
    """AWS's Neuron problem detector on every Neuron host, which publishes NeuronHealthCheck."""

    recover: Switch = False
    """Whether a host with a broken chip is also marked unhealthy, so that it is replaced."""
    detector_image: str | None = None
    """Where a copy of node-problem-detector is; registry.k8s.io when absent."""
    recovery_image: str | None = None
    """Where a copy of neuron-node-recovery is; public.ecr.aws when absent."""


class Pool(Section):
    """Hosts of one instance type, started and stopped by what is waiting to run."""

    name: PoolName
    """Unique among the pools; services and tasks name it."""
    instance_type: str
    """EC2 instance type such as inf2.xlarge; each pool has its own."""
    capacity: Literal["ec2", "managed-instances"] = "ec2"
    """``ec2`` is an Auto Scaling group; with ``managed-instances`` ECS runs the hosts itself and
    gives each to one Neuron task."""
    ami: str = "auto"
    """``auto`` takes the ECS-optimized image for the instance type; or an id of the catalogue."""
    image: str | None = None
    """Pins the host image: an AMI id, or an SSM parameter with its version; the newest of ``ami``
    at each deployment when absent."""
    min_instances: CountOrZero = 0
    """Fewest hosts; 0 costs nothing while nothing runs."""
    max_instances: Count = 1
    """Most hosts."""
    target_capacity_percent: Annotated[int, Field(strict=True, ge=1, le=100)] = 100
    """Share of the hosts in use that scaling aims at; less than 100 keeps hosts spare."""
    spot: Annotated[Spot | None, word_for_none("off", Literal["off"] | Spot)] = None
    """``off`` is on demand; or how much of the pool stays on demand."""
    root_volume_gib: Annotated[int, Field(strict=True, ge=1, le=LARGEST_VOLUME_GIB)] | None = None
    """EBS root volume, GiB; 100 on hosts with an accelerator, else 30, when absent."""
    core_metrics: Switch = False
    """Whether a daemon publishes NeuronCore utilisation, which services may scale on."""


class Cluster(Section):
    """One ECS cluster over any mixture of Neuron and ordinary instances."""

    subnets: Literal["private", "isolated"] = "private"
    """The network's subnets that hold hosts, tasks and internal load balancers."""
    awsvpc_trunking: Switch = False
    """Whether the account setting awsvpcTrunking is on, so that more tasks have an interface."""
    drain_minutes: Annotated[int, Field(strict=True, ge=1, le=LONGEST_DRAIN_MINUTES)] = 30
    """How long the deletion of a pool waits for its last host."""
    log_retention_days: RetentionDays = 30
    """Days the containers' logs are kept."""
    problem_detector: Annotated[
        ProblemDetector | None, word_for_none("off", Literal["off"] | ProblemDetector)
    ] = None
    """``off``, or what the detector does."""
    pools: Annotated[tuple[Pool, ...], Field(min_length=1)]
    """Capacity; one pool for each instance type."""
    services: tuple[Service, ...] = ()
    """What keeps running."""
    tasks: tuple[OneOffTask, ...] = ()
    """What is started by hand, each time once: ``inferctl run-task NAME``."""
