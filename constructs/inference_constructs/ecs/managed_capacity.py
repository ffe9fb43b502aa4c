"""Neuron capacity that ECS itself starts, one task to an instance: ECS Managed Instances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Size
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from accelerator_catalog import NEURON_CORES, NeuronInstance

from .cluster import EcsCluster
from .infrastructure_role import infrastructure_role
from .instance_role import instance_role
from .pool_props import name_problems
from .provider_name import provider_name
from .region_check import region_problem

_CHIPS = {
    "Inferentia2": ec2.AcceleratorName.INFERENTIA2,
    "Trainium": ec2.AcceleratorName.TRAINIUM,
    "Trainium2": ec2.AcceleratorName.TRAINIUM2,
}


@dataclass(frozen=True, kw_only=True)
class ManagedNeuronCapacityProps:
    """``instances``: the types that ECS may pick from; a task takes a whole one.

    ``task_volume_gib``: room for images and what tasks write.
    """

    name: str
    cluster: EcsCluster
    instances: Sequence[NeuronInstance]
    subnet_type: ec2.SubnetType = ec2.SubnetType.PRIVATE_WITH_EGRESS
    task_volume_gib: int = 100

    def __post_init__(self) -> None:
        problems = name_problems(self.name)
        if not self.instances:
            problems.append("instances must name at least one type, got none")
        for instance in self.instances:
            if not NEURON_CORES[instance.core_version].managed_instances:
                problems.append(
                    "instances must be types whose devices ECS schedules, got"
                    f" {instance.name!r} (give {instance.family} a NeuronCapacityPool instead)"
                )
        # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedInstancesStorageConfiguration.html
        if self.task_volume_gib < 1:
            problems.append(f"task_volume_gib must be at least 1, got {self.task_volume_gib}")
        if problems:
            raise ValueError("invalid ManagedNeuronCapacityProps: " + "; ".join(problems))


class ManagedNeuronCapacity(Construct):
    """ECS picks the instance, its image and driver, and gives all its devices to one task.

    Instances come and go with tasks, so that there is no group to empty. For tasks with the
    resource requirement ``NeuronDevice`` = ``ALL`` in ``awsvpc`` or ``host`` mode.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-inference.html
    """

    def __init__(
        self, scope: Construct, construct_id: str, props: ManagedNeuronCapacityProps
    ) -> None:
        super().__init__(scope, construct_id)
        problems = [
            problem
            for instance in props.instances
            if (problem := region_problem(self, instance)) is not None
        ]
        if problems:
            raise ValueError(f"invalid ManagedNeuronCapacity {props.name}: {'; '.join(problems)}")
        self.name = props.name
        self.instances = tuple(props.instances)
        self.subnet_type = props.subnet_type
        cluster = props.cluster
        subnets = cluster.vpc.select_subnets(subnet_type=props.subnet_type).subnets
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=cluster.vpc,
            description="Managed instances: HTTPS out, nothing in",
            allow_all_outbound=False,
        )
        self.security_group.add_egress_rule(
            ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS to ECS, the registries and S3"
        )
        role = instance_role(
            self,
            "InstanceRole",
            cluster=cluster.cluster,
            # How tasks that fail to start are looked into:
            # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instances-instance-profile.html
            more_actions=["ecs:PutSystemLogEvents"],
            description=f"Managed instances of capacity provider {props.name}",
        )
        self.capacity_provider = ecs.ManagedInstancesCapacityProvider(
            self,
            "Provider",
            capacity_provider_name=provider_name(self, props.name),
            ec2_instance_profile=iam.InstanceProfile(self, "Profile", role=role),
            infrastructure_role=infrastructure_role(
                self,
                "InfrastructureRole",
                instance_role=role,
                subnets=subnets,
                security_group=self.security_group,
            ),
            security_groups=[self.security_group],
            subnets=subnets,
            monitoring=ecs.InstanceMonitoring.DETAILED,
            propagate_tags=ecs.PropagateManagedInstancesTags.CAPACITY_PROVIDER,
            task_volume_storage=Size.gibibytes(props.task_volume_gib),
            instance_requirements=_requirements(self.instances),
        )
        cluster.cluster.add_managed_instances_capacity_provider(self.capacity_provider)
        for of in (role, self.capacity_provider.infrastructure_role):
            # What ends the last instance needs its rights until then.
            self.capacity_provider.node.add_dependency(of.node.find_child("DefaultPolicy"))

    @property
    def ready(self) -> IDependable:
        """What a service depends on, so that it goes before the capacity does."""
        return self.capacity_provider

    def strategy(self) -> list[ecs.CapacityProviderStrategy]:
        """Everything on this capacity."""
        return [
            ecs.CapacityProviderStrategy(
                capacity_provider=self.capacity_provider.capacity_provider_name, weight=1
            )
        ]


def _requirements(instances: Sequence[NeuronInstance]) -> ec2.InstanceRequirementsConfig:
    return ec2.InstanceRequirementsConfig(
        v_cpu_count_min=min(instance.vcpu for instance in instances),
        memory_min=Size.gibibytes(min(instance.memory_gib for instance in instances)),
        accelerator_manufacturers=[ec2.AcceleratorManufacturer.AWS],
        accelerator_names=[_CHIPS[chip] for chip in sorted({one.chip for one in instances})],
        allowed_instance_types=sorted(instance.name for instance in instances),
    )
