"""The cluster section with what the catalogue and the arithmetic of hosts say about it."""

from __future__ import annotations

from dataclasses import dataclass

from accelerator_catalog import Ec2Instance, EcsAmi, GpuEc2Instance, NeuronInstance
from fleet_packing import ChipSlot, DeploymentPercents, HostBudget
from rollouts import ServiceUpdate
from stacks.platform.cluster.file import Cluster, Pool
from stacks.platform.cluster.service_file import OneOffTask, Service
from stacks.platform.models import PlatformModel


@dataclass(frozen=True, kw_only=True)
class PoolPlan:
    """One capacity pool. ``place`` is where the file has it, such as ``cluster.pools[0]``."""

    place: str
    section: Pool
    instance: Ec2Instance
    ami: EcsAmi

    @property
    def name(self) -> str:
        """As services and tasks name it."""
        return self.section.name

    @property
    def neuron(self) -> NeuronInstance | None:
        """The instance type where it has chips."""
        return self.instance if isinstance(self.instance, NeuronInstance) else None

    @property
    def root_volume_gib(self) -> int:
        """Room for the system and for images, of which Neuron and GPU ones have several GiB."""
        if self.section.root_volume_gib is not None:
            return self.section.root_volume_gib
        accelerated = isinstance(self.instance, (NeuronInstance, GpuEc2Instance))
        return max(100 if accelerated else 30, self.ami.root_gib)

    @property
    def managed(self) -> bool:
        """Whether ECS runs the hosts itself."""
        return self.section.capacity == "managed-instances"


@dataclass(frozen=True, kw_only=True)
class ServicePlan:
    """One service. ``slots`` are those of each host; none where ECS hands out its chips."""

    section: Service
    pool: PoolPlan
    slots: tuple[ChipSlot, ...]
    deployment: DeploymentPercents
    update: ServiceUpdate | None = None
    """None where tasks are replaced within the percents."""
    model: PlatformModel | None = None
    """The published model that it serves; None for one of S3, or none."""

    @property
    def name(self) -> str:
        """Unique among services and tasks."""
        return self.section.name


@dataclass(frozen=True, kw_only=True)
class TaskPlan:
    """One task that is started by hand, with its chips or with its share of an ordinary host."""

    section: OneOffTask
    pool: PoolPlan
    slot: ChipSlot | None
    budget: HostBudget | None
    model: PlatformModel | None = None
    """As of a service."""

    @property
    def name(self) -> str:
        """Unique among services and tasks."""
        return self.section.name


@dataclass(frozen=True, kw_only=True)
class ClusterPlan:
    """A cluster section without problems."""

    section: Cluster
    pools: tuple[PoolPlan, ...]
    services: tuple[ServicePlan, ...]
    tasks: tuple[TaskPlan, ...]

    @property
    def serves_published_models(self) -> bool:
        """Whether anything of it fetches what the platform publishes."""
        models = [each.model for each in self.services] + [each.model for each in self.tasks]
        return any(model is not None for model in models)


def pascal_case(name: str) -> str:
    """``tf-serving`` as construct ids and outputs have it: ``TfServing``."""
    return "".join(word.capitalize() for word in name.split("-"))
