"""Workloads, pools and readers of templates that the tests of services share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from accelerator_catalog import EC2_INSTANCES, ecs_ami_for
from inference_constructs.ecs.capacity_pool import CapacityPool
from inference_constructs.ecs.cluster import EcsCluster
from inference_constructs.ecs.neuron_pool import NeuronCapacityPool
from inference_constructs.ecs.pool_props import CapacityPoolProps
from inference_constructs.ecs.workload import ContainerWorkload, Workload
from inference_constructs.ecs.workload_health import ContainerHealth
from inference_constructs.ecs.workload_image import WorkloadImage
from inference_constructs.ecs.workload_model import ModelSource
from inference_constructs.ecs.workload_port import WorkloadPort
from inference_constructs.ecs.workload_tf_serving import TfServingNeuron
from inference_constructs.ecs.workload_torchserve import TorchServeNeuronx

ROOT = Path(__file__).resolve().parents[4]
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
CHINA_CERTIFICATE = CERTIFICATE.replace("aws", "aws-cn").replace("us-east-1", "cn-north-1")
MIRROR = "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn"
ARTICLE = (
    "inf1.xlarge",
    "inf1.2xlarge",
    "inf1.6xlarge",
    "inf1.24xlarge",
    "inf2.xlarge",
    "inf2.8xlarge",
    "inf2.24xlarge",
    "inf2.48xlarge",
    "trn1.2xlarge",
    "trn1.32xlarge",
)


def tf_serving(**given: Any) -> TfServingNeuron:
    return TfServingNeuron(
        **{
            "model_name": "resnet50",
            "model": ModelSource(uri="s3://models/resnet50_neuron", compiled_for="inf1"),
            **given,
        }
    )


def torchserve(**given: Any) -> TorchServeNeuronx:
    return TorchServeNeuronx(
        **{"model": ModelSource(uri="s3://models/yolo/v4/", compiled_for="inf2"), **given}
    )


def any_container(**given: Any) -> ContainerWorkload:
    return ContainerWorkload(
        **{
            "image": WorkloadImage.of("registry.example.com/server:1"),
            "ports": (WorkloadPort(name="http", port=8000),),
            "health": ContainerHealth(command="true"),
            **given,
        }
    )


def workload_for(size: str, registry: str | None = None) -> Workload:
    """What the article serves on the type."""
    if size.startswith("inf1"):
        return tf_serving(registry=registry)
    return torchserve(registry=registry)


def vpc_of(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0a0a0a0a",
        vpc_cidr_block="10.0.0.0/16",
        availability_zones=["us-east-1a", "us-east-1b"],
        public_subnet_ids=["subnet-08080808", "subnet-09090909"],
        private_subnet_ids=["subnet-01010101", "subnet-02020202"],
        private_subnet_route_table_ids=["rtb-01010101", "rtb-02020202"],
        public_subnet_route_table_ids=["rtb-08080808", "rtb-09090909"],
    )


def pool_in(cluster: EcsCluster, size: str, *, max_instances: int = 2) -> NeuronCapacityPool:
    pool = ordinary_pool_in(cluster, size, max_instances=max_instances)
    assert isinstance(pool, NeuronCapacityPool)
    return pool


def ordinary_pool_in(cluster: EcsCluster, size: str, *, max_instances: int = 2) -> CapacityPool:
    instance = EC2_INSTANCES[size]
    return cluster.add_pool(
        CapacityPoolProps(
            name=size.replace(".", "-"),
            instance=instance,
            ami=ecs_ami_for(instance),
            max_instances=max_instances,
        )
    )


def new_app(outdir: Path) -> cdk.App:
    return cdk.App(
        context=json.loads((ROOT / "cdk.json").read_text())["context"],
        outdir=str(outdir),
        auto_synth=False,
        builtin_cloud_formation_validation=False,
    )


def resources(template: Mapping[str, Any], resource_type: str) -> dict[str, dict[str, Any]]:
    """Properties by logical id, of one type."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == resource_type
    }


def only(template: Mapping[str, Any], resource_type: str) -> dict[str, Any]:
    """The properties of the only resource of one type."""
    (properties,) = resources(template, resource_type).values()
    return properties


def container_of(task: Mapping[str, Any]) -> dict[str, Any]:
    (container,) = task["ContainerDefinitions"]
    return dict(container)


def variables_of(task: Mapping[str, Any]) -> dict[str, Any]:
    return {v["Name"]: v["Value"] for v in container_of(task)["Environment"]}


def statements_of(template: Mapping[str, Any], role: str) -> list[dict[str, Any]]:
    """What the role whose logical id holds ``role`` may do."""
    (policy,) = (
        properties["PolicyDocument"]["Statement"]
        for name, properties in resources(template, "AWS::IAM::Policy").items()
        if role in name
    )
    return list(policy)


def template_of(stack: cdk.Stack) -> dict[str, Any]:
    return dict(Template.from_stack(stack).to_json())
