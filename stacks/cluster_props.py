"""The words of the file's cluster section turned into the constructs' props."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2

from accelerator_catalog import NeuronInstance
from inference_constructs import ScheduledCapacity
from inference_constructs.ecs import (
    CapacityPool,
    CapacityPoolProps,
    EcsCluster,
    EcsClusterProps,
    LoadBalancerKind,
    LoadBalancerProps,
    ManagedNeuronCapacity,
    ManagedNeuronCapacityProps,
    NetworkMode,
    NeuronCapacityPool,
    NeuronServiceProps,
    NeuronTaskProps,
    OrdinaryTaskDefinitionProps,
    Packing,
    ServiceMetric,
    ServiceScalingProps,
    SpotProps,
)
from inference_constructs.ecs.task_resources import TaskLogs

from .config import Platform
from .construct_props import SUBNETS, removal_policy
from .platform.cluster.file import Cluster
from .platform.cluster.plans import PoolPlan, ServicePlan, TaskPlan
from .platform.cluster.service_file import LoadBalancer, Service
from .published_fleet import PublishedFleet
from .workload_props import workload


def cluster_props(platform: Platform, cluster: Cluster, *, vpc: ec2.IVpc) -> EcsClusterProps:
    """The cluster in ``vpc``."""
    return EcsClusterProps(
        vpc=vpc,
        removal_policy=removal_policy(platform),
        log_retention_days=cluster.log_retention_days,
        drain_minutes=cluster.drain_minutes,
    )


def pool_props(cluster: Cluster, plan: PoolPlan) -> CapacityPoolProps:
    """One pool whose hosts an Auto Scaling group runs."""
    pool = plan.section
    return CapacityPoolProps(
        name=pool.name,
        instance=plan.instance,
        ami=plan.ami,
        image=pool.image,
        min_instances=pool.min_instances,
        max_instances=pool.max_instances,
        spot=None
        if pool.spot is None
        else SpotProps(
            on_demand_base=pool.spot.on_demand_base, on_demand_percent=pool.spot.on_demand_percent
        ),
        root_volume_gib=plan.root_volume_gib,
        subnet_type=SUBNETS[cluster.subnets],
        target_capacity_percent=pool.target_capacity_percent,
    )


def managed_props(
    section: Cluster, plan: PoolPlan, instance: NeuronInstance, *, cluster: EcsCluster
) -> ManagedNeuronCapacityProps:
    """One pool whose hosts ECS itself runs."""
    return ManagedNeuronCapacityProps(
        name=plan.name,
        cluster=cluster,
        instances=[instance],
        subnet_type=SUBNETS[section.subnets],
        task_volume_gib=plan.root_volume_gib,
    )


def service_props(
    section: Cluster,
    plan: ServicePlan,
    *,
    cluster: EcsCluster,
    pool: NeuronCapacityPool | ManagedNeuronCapacity,
    fleet: PublishedFleet | None,
) -> NeuronServiceProps:
    """One service on its pool."""
    service = plan.section
    balancer = service.load_balancer
    scaling = _scaling(service)
    return NeuronServiceProps(
        service_name=service.name,
        cluster=cluster,
        pool=pool,
        workload=workload(plan, fleet),
        packing=Packing(service.packing),
        chips_per_task=service.chips_per_task,
        first_chip=service.first_chip,
        chips=service.chips,
        network_mode=NetworkMode(service.resolved_network_mode),
        min_instances=None if scaling is not None else service.min_instances,
        deployment=plan.deployment,
        update=plan.update,
        load_balancer=None if balancer is None else _load_balancer(balancer),
        scaling=scaling,
        awsvpc_trunking=section.awsvpc_trunking,
    )


def neuron_task_props(
    plan: TaskPlan, *, cluster: EcsCluster, pool: NeuronCapacityPool, fleet: PublishedFleet | None
) -> NeuronTaskProps:
    """One task with chips of its own."""
    task = plan.section
    return NeuronTaskProps(
        task_name=task.name,
        pool=pool,
        workload=workload(plan, fleet),
        chips_per_task=task.chips_per_task,
        first_chip=task.first_chip,
        task_logs=_task_logs(cluster),
    )


def ordinary_task_props(
    plan: TaskPlan, *, cluster: EcsCluster, pool: CapacityPool, fleet: PublishedFleet | None
) -> OrdinaryTaskDefinitionProps:
    """One task on a host without chips."""
    task = plan.section
    return OrdinaryTaskDefinitionProps(
        pool=pool,
        workload=workload(plan, fleet),
        memory_mib=task.memory_mib,
        cpu_units=task.cpu_units,
        gpus=task.gpus,
        task_logs=_task_logs(cluster),
    )


def _load_balancer(balancer: LoadBalancer) -> LoadBalancerProps:
    return LoadBalancerProps(
        kind=LoadBalancerKind(balancer.kind),
        public=balancer.public,
        certificate_arn=balancer.certificate_arn,
        ports=balancer.ports,
        clients=balancer.clients,
    )


def _scaling(service: Service) -> ServiceScalingProps | None:
    scaling = service.scaling
    if scaling is None:
        return None
    return ServiceScalingProps(
        min_instances=service.min_instances,
        max_instances=service.most_instances,
        metric=None if scaling.metric is None else ServiceMetric(scaling.metric),
        target=scaling.target_value,
        port=scaling.port,
        scale_in_cooldown_seconds=scaling.scale_in_cooldown_seconds,
        scale_out_cooldown_seconds=scaling.scale_out_cooldown_seconds,
        schedules=[
            ScheduledCapacity(
                name=schedule.name,
                cron=schedule.cron,
                min_instances=schedule.min_instances,
                max_instances=schedule.max_instances,
            )
            for schedule in scaling.schedules
        ],
    )


def _task_logs(cluster: EcsCluster) -> TaskLogs:
    return TaskLogs(retention=cluster.log_retention, removal_policy=cluster.removal_policy)
