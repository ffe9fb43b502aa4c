"""One mixed cluster, synthesized once in each partition and looked at by many tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from cdk_nag import AwsSolutionsChecks

from accelerator_catalog import NEURON_INSTANCES
from inference_constructs import (
    EcsCluster,
    EcsClusterProps,
    ManagedNeuronCapacity,
    ManagedNeuronCapacityProps,
    NeuronCapacityPool,
    SpotProps,
)
from tests.support.ecs_fleet import PINNED_AMI, Fleet, pool_props

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="session")
def flags() -> dict[str, Any]:
    return dict(json.loads((ROOT / "cdk.json").read_text())["context"])


@pytest.fixture
def add_pool(stack: cdk.Stack, vpc: ec2.IVpc) -> Callable[..., EcsCluster]:
    """Makes a cluster with one pool in ``stack``."""

    def add_pool(instance: str, **changed: Any) -> EcsCluster:
        cluster = EcsCluster(stack, "Cluster", EcsClusterProps(vpc=vpc))
        cluster.add_pool(pool_props(instance, **changed))
        return cluster

    return add_pool


@pytest.fixture
def anywhere(flags: dict[str, Any], tmp_path: Path) -> EcsCluster:
    """A cluster in a stack of no region, which may hold any instance type."""
    app = cdk.App(context=flags, outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Anywhere")
    return EcsCluster(stack, "Cluster", EcsClusterProps(vpc=_vpc(stack)))


@pytest.fixture(scope="session")
def build(
    flags: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Fleet]:
    def build(region: str) -> Fleet:
        outdir = tmp_path_factory.mktemp("fleet")
        app = cdk.App(context=flags, outdir=str(outdir), builtin_cloud_formation_validation=False)
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        stack = cdk.Stack(app, "Fleet", env=cdk.Environment(region=region))
        cluster = EcsCluster(
            stack,
            "Cluster",
            EcsClusterProps(
                vpc=_vpc(stack), removal_policy=cdk.RemovalPolicy.DESTROY, log_retention_days=7
            ),
        )
        services = _add_pools(cluster)
        managed = None if region.startswith("cn-") else _add_managed(stack, cluster)
        # claimed after the daemon was made, as services do
        neuron = cluster.pools["inf1"]
        assert isinstance(neuron, NeuronCapacityPool)
        neuron.chips.claim("resnet", first_chip=0, chips=2)
        neuron.chips.claim("bert", first_chip=3, chips=1)
        app.synth()
        template = json.loads((outdir / "Fleet.template.json").read_text())
        return Fleet(outdir, region, stack, cluster, services, managed, template)

    return build


@pytest.fixture(scope="session")
def fleet(build: Callable[[str], Fleet]) -> Fleet:
    return build("us-east-1")


@pytest.fixture(scope="session")
def china(build: Callable[[str], Fleet]) -> Fleet:
    return build("cn-north-1")


@pytest.fixture(params=["fleet", "china"])
def any_fleet(request: pytest.FixtureRequest) -> Fleet:
    """Each of the two."""
    found: Fleet = request.getfixturevalue(request.param)
    return found


def _vpc(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["a", "b"],
        private_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        private_subnet_route_table_ids=["rtb-0123456789abcdef0", "rtb-0123456789abcdef1"],
    )


def _add_pools(cluster: EcsCluster) -> dict[str, ecs.Ec2Service]:
    image = ecs.ContainerImage.from_registry("metrics:1")
    spot = cluster.add_pool(
        pool_props("inf1.6xlarge", spot=SpotProps(on_demand_base=1, on_demand_percent=25))
    )
    cluster.add_pool(pool_props("c5.xlarge", min_instances=1, target_capacity_percent=90))
    plain = cluster.add_pool(pool_props("inf1.xlarge", name="small", image=PINNED_AMI))
    assert isinstance(spot, NeuronCapacityPool)
    assert isinstance(plain, NeuronCapacityPool)
    return {
        "recovery": spot.add_problem_detector(recover=True),
        "metrics": spot.add_core_metrics(image),
        "detection": plain.add_problem_detector(recover=False),
    }


def _add_managed(stack: cdk.Stack, cluster: EcsCluster) -> ManagedNeuronCapacity:
    return ManagedNeuronCapacity(
        stack,
        "Managed",
        ManagedNeuronCapacityProps(
            name="managed",
            cluster=cluster,
            instances=[NEURON_INSTANCES["trn1.2xlarge"], NEURON_INSTANCES["inf2.xlarge"]],
        ),
    )
