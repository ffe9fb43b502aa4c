"""A cluster with pools to put services into, and every instance type of the article at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from cdk_nag import AwsSolutionsChecks

from accelerator_catalog import NEURON_INSTANCES, ecs_ami_for
from inference_constructs import ScheduledCapacity
from inference_constructs.ecs.cluster import EcsCluster, EcsClusterProps
from inference_constructs.ecs.load_balancer_props import LoadBalancerKind, LoadBalancerProps
from inference_constructs.ecs.managed_capacity import (
    ManagedNeuronCapacity,
    ManagedNeuronCapacityProps,
)
from inference_constructs.ecs.neuron_pool import NeuronCapacityPool
from inference_constructs.ecs.one_off_task import NeuronTask, NeuronTaskProps
from inference_constructs.ecs.packing import NetworkMode, Packing
from inference_constructs.ecs.pool_props import CapacityPoolProps, SpotProps
from inference_constructs.ecs.service import NeuronService
from inference_constructs.ecs.service_props import NeuronServiceProps
from inference_constructs.ecs.service_scaling_props import ServiceMetric, ServiceScalingProps
from inference_constructs.ecs.task_definition_ordinary import (
    OrdinaryTaskDefinition,
    OrdinaryTaskDefinitionProps,
)
from inference_constructs.ecs.workload_port import PortProtocol, WorkloadPort
from tests.constructs.inference_constructs.ecs_service.support import (
    ARTICLE,
    CERTIFICATE,
    CHINA_CERTIFICATE,
    MIRROR,
    any_container,
    new_app,
    ordinary_pool_in,
    pool_in,
    tf_serving,
    torchserve,
    vpc_of,
    workload_for,
)


@pytest.fixture
def cluster(stack: cdk.Stack) -> EcsCluster:
    return EcsCluster(
        stack,
        "Cluster",
        EcsClusterProps(vpc=vpc_of(stack), removal_policy=cdk.RemovalPolicy.DESTROY),
    )


@pytest.fixture
def inf1(cluster: EcsCluster) -> NeuronCapacityPool:
    """Two hosts of four chips."""
    return pool_in(cluster, "inf1.6xlarge")


@pytest.fixture
def inf2(cluster: EcsCluster) -> NeuronCapacityPool:
    """Two hosts of one chip."""
    return pool_in(cluster, "inf2.xlarge")


@pytest.fixture
def managed(cluster: EcsCluster) -> ManagedNeuronCapacity:
    return ManagedNeuronCapacity(
        cluster,
        "Managed",
        ManagedNeuronCapacityProps(
            name="managed",
            cluster=cluster,
            instances=[NEURON_INSTANCES["inf2.8xlarge"], NEURON_INSTANCES["inf2.xlarge"]],
        ),
    )


@pytest.fixture(scope="session")
def every_type(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, Any]]:
    """Templates by instance type: a pool of it, full of the article's workload in chip slots."""
    app = new_app(tmp_path_factory.mktemp("every-type"))
    for size in ARTICLE:
        stack = cdk.Stack(app, size.replace(".", "-"), env=cdk.Environment(region="us-east-1"))
        cluster = EcsCluster(stack, "Cluster", EcsClusterProps(vpc=vpc_of(stack)))
        NeuronService(
            stack,
            "Service",
            NeuronServiceProps(
                service_name="all-chips",
                cluster=cluster,
                pool=pool_in(cluster, size),
                workload=workload_for(size),
            ),
        )
    assembly = app.synth()
    return {size: assembly.get_stack_by_name(size.replace(".", "-")).template for size in ARTICLE}


@dataclass(frozen=True)
class Zoo:
    """A stack with one of everything, checked by cdk-nag."""

    region: str
    directory: Path
    template: dict[str, Any]


@pytest.fixture(scope="session")
def build_zoo(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Zoo]:
    return lambda region: _zoo(region, tmp_path_factory.mktemp("zoo"))


@pytest.fixture(scope="session", params=["us-east-1", "cn-north-1"])
def zoo(request: pytest.FixtureRequest, build_zoo: Callable[[str], Zoo]) -> Zoo:
    return build_zoo(request.param)


def _zoo(region: str, outdir: Path) -> Zoo:
    app = new_app(outdir)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    stack = cdk.Stack(app, "Zoo", env=cdk.Environment(region=region))
    china = region.startswith("cn-")
    keep = cdk.RemovalPolicy.DESTROY if china else cdk.RemovalPolicy.RETAIN
    cluster = EcsCluster(stack, "Cluster", EcsClusterProps(vpc=vpc_of(stack), removal_policy=keep))
    registry = MIRROR if china else None
    certificate = CHINA_CERTIFICATE if china else CERTIFICATE
    _add_inf1(stack, cluster, registry=registry, certificate=certificate)
    OrdinaryTaskDefinition(
        stack,
        "Compile",
        OrdinaryTaskDefinitionProps(
            pool=ordinary_pool_in(cluster, "c5.4xlarge"),
            workload=any_container(ports=(), health=None),
            memory_mib=8192,
        ),
    )
    if not china:
        _add_inf2(stack, cluster)
        _add_all_at_once(stack, cluster)
    return Zoo(region, outdir, app.synth().get_stack_by_name("Zoo").template)


def _add_inf1(
    stack: cdk.Stack, cluster: EcsCluster, *, registry: str | None, certificate: str
) -> None:
    pool = pool_in(cluster, "inf1.6xlarge")
    NeuronService(
        stack,
        "TfServing",
        NeuronServiceProps(
            service_name="tf-serving",
            cluster=cluster,
            pool=pool,
            workload=tf_serving(registry=registry),
            chips=2,
            load_balancer=LoadBalancerProps(certificate_arn=certificate, public=True),
            scaling=ServiceScalingProps(
                metric=ServiceMetric.REQUESTS,
                target=900,
                schedules=[
                    ScheduledCapacity(
                        name="Night", cron="0 20 ? * * *", min_instances=1, max_instances=1
                    )
                ],
            ),
        ),
    )
    NeuronTask(
        stack,
        "Once",
        NeuronTaskProps(
            task_name="once",
            pool=pool,
            workload=any_container(health=None),
            chips_per_task=2,
            first_chip=2,
        ),
    )


def _add_inf2(stack: cdk.Stack, cluster: EcsCluster) -> None:
    pool = pool_in(cluster, "inf2.xlarge")
    pool.add_core_metrics(ecs.ContainerImage.from_registry("metrics:1"))
    NeuronService(
        stack,
        "TorchServe",
        NeuronServiceProps(
            service_name="torchserve",
            cluster=cluster,
            pool=pool,
            workload=torchserve(),
            packing=Packing.WHOLE_INSTANCE,
            network_mode=NetworkMode.AWSVPC,
            load_balancer=LoadBalancerProps(kind=LoadBalancerKind.NLB),
            scaling=ServiceScalingProps(),
        ),
    )
    NeuronService(
        stack,
        "Grpc",
        NeuronServiceProps(
            service_name="grpc",
            cluster=cluster,
            pool=pool_in(cluster, "trn1.2xlarge"),
            workload=any_container(
                ports=(WorkloadPort(name="grpc", port=9000, protocol=PortProtocol.GRPC),)
            ),
            network_mode=NetworkMode.HOST,
            load_balancer=LoadBalancerProps(
                kind=LoadBalancerKind.NLB, certificate_arn=CERTIFICATE, clients=["10.9.0.0/16"]
            ),
        ),
    )
    NeuronService(
        stack,
        "ManagedTorchServe",
        NeuronServiceProps(
            service_name="managed",
            cluster=cluster,
            pool=ManagedNeuronCapacity(
                stack,
                "Managed",
                ManagedNeuronCapacityProps(
                    name="managed", cluster=cluster, instances=[NEURON_INSTANCES["inf2.8xlarge"]]
                ),
            ),
            workload=torchserve(),
            packing=Packing.MANAGED_INSTANCES,
            load_balancer=LoadBalancerProps(),
        ),
    )


def _add_all_at_once(stack: cdk.Stack, cluster: EcsCluster) -> None:
    """Spot hosts with both daemons, carrying services of every network mode, and a task."""
    instance = NEURON_INSTANCES["inf1.24xlarge"]
    pool = cluster.add_pool(
        CapacityPoolProps(
            name="crowded",
            instance=instance,
            ami=ecs_ami_for(instance),
            max_instances=4,
            spot=SpotProps(on_demand_base=1),
            image="/own/image:3",
            metadata_hop_limit=2,
        )
    )
    assert isinstance(pool, NeuronCapacityPool)
    pool.add_problem_detector(recover=True)
    pool.add_core_metrics(ecs.ContainerImage.from_registry("metrics:1"))
    ports = (
        WorkloadPort(name="grpc", port=9000, protocol=PortProtocol.GRPC),
        WorkloadPort(name="rest", port=9001),
    )
    night = ScheduledCapacity(name="Night", cron="0 20 ? * * *", min_instances=1, max_instances=1)
    crowd: dict[str, dict[str, Any]] = {
        "CrowdBridge": {
            "chips": 4,
            "load_balancer": LoadBalancerProps(
                kind=LoadBalancerKind.NLB, certificate_arn=CERTIFICATE, public=True
            ),
            "scaling": ServiceScalingProps(schedules=[night]),
        },
        "CrowdAwsvpc": {
            "first_chip": 4,
            "chips": 4,
            "chips_per_task": 2,
            "network_mode": NetworkMode.AWSVPC,
            "awsvpc_trunking": True,
            "load_balancer": LoadBalancerProps(certificate_arn=CERTIFICATE),
            "scaling": ServiceScalingProps(metric=ServiceMetric.REQUESTS, port="grpc"),
        },
        "CrowdHost": {
            "first_chip": 8,
            "chips": 1,
            "network_mode": NetworkMode.HOST,
            "load_balancer": LoadBalancerProps(
                ports=["rest"], clients=["10.1.0.0/16", "10.2.0.0/16"]
            ),
        },
    }
    for name, given in crowd.items():
        NeuronService(
            stack,
            name,
            NeuronServiceProps(
                service_name=name,
                cluster=cluster,
                pool=pool,
                workload=any_container(ports=ports),
                **given,
            ),
        )
    NeuronTask(
        stack,
        "CrowdOnce",
        NeuronTaskProps(
            task_name="crowd-once",
            pool=pool,
            workload=any_container(health=None),
            first_chip=9,
            chips_per_task=3,
            network_mode=NetworkMode.AWSVPC,
        ),
    )
