"""What is deleted or made anew, and what AWS refuses."""

from __future__ import annotations

from typing import Any

from tests.support.change_cases import Case
from tests.support.template_changes import drop, put, rename

_CONFIG = "AWS::SageMaker::EndpointConfig"
_ENDPOINT = "AWS::SageMaker::Endpoint"
_BUCKET = "AWS::S3::Bucket"
_KEY = "AWS::KMS::Key"
_LOG = "AWS::Logs::LogGroup"
_SERVICE = "AWS::ECS::Service"
_POOL = "AWS::AutoScaling::AutoScalingGroup"
_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
_VPC = "AWS::EC2::VPC"
_SUBNET = "AWS::EC2::Subnet"
_INSTANCE = "AWS::EC2::Instance"


def _instance_type(templates: Any) -> None:
    put(_CONFIG, "ProductionVariants/0/InstanceType", "ml.g5.xlarge")(templates)


def _drop_stack(templates: Any) -> None:
    del templates["prod-endpoint"]


def _drop_export(templates: Any) -> None:
    outputs = templates["prod-network"]["Outputs"]
    del outputs[next(name for name in outputs if "PrivateSubnet1" in name)]


CASES = (
    Case("bucket renamed", "prod", rename(_BUCKET, "StoreBucket"), "destroy", "in its place"),
    Case("key renamed", "dev", rename(_KEY, "StoreKey"), "destroy", "in its place"),
    Case("log group renamed", "dev", rename(_LOG, "FleetLog"), "destroy", "its logs are lost"),
    Case("vpc renamed", "prod", rename(_VPC), "destroy", "in its place"),
    Case("endpoint renamed", "prod", rename(_ENDPOINT), "destroy", "callers get errors"),
    Case("bucket removed", "dev", drop(_BUCKET, "StoreBucket"), "destroy", "its objects are lost"),
    Case("kept bucket removed", "prod", drop(_BUCKET, "StoreBucket"), "destroy", "nobody manages"),
    Case("pool removed", "dev", drop(_POOL, "inf2"), "destroy", "its hosts are terminated"),
    Case("service removed", "dev", drop(_SERVICE, "Resnet50"), "destroy", "its tasks stop"),
    Case("address removed", "prod", drop("AWS::EC2::EIP"), "destroy", "its address is lost"),
    Case("stack removed", "prod", _drop_stack, "destroy", "`cdk deploy` leaves it"),
    Case("endpoint's name", "prod", put(_ENDPOINT, "EndpointName", "other"), "replace", "other"),
    Case("network's range", "prod", put(_VPC, "CidrBlock", "10.9.0.0/16"), "replace", "10.9"),
    Case(
        "network's range, inside",
        "prod",
        put(_VPC, "CidrBlock", "10.9.0.0/16"),
        "replace",
        "there is a new NetworkVpc",
    ),
    Case(
        "bucket's name", "dev", put(_BUCKET, "BucketName", "mine"), "destroy", "old one is deleted"
    ),
    Case("host's image", "comparison", put(_INSTANCE, "ImageId", "ami-1"), "replace", "ami-1"),
    Case(
        "host's disk",
        "comparison",
        put(_INSTANCE, "BlockDeviceMappings/0/Ebs/VolumeSize", 8),
        "replace",
        "may be replaced",
    ),
    Case(
        "balancer's kind", "dev", put(_BALANCER, "Type", "network", "Resnet50"), "replace", "Type"
    ),
    Case("cluster's name", "dev", put("AWS::ECS::Cluster", "ClusterName", "c"), "destroy", "stops"),
    Case(
        "fleet's prefix", "prod", put("Custom::ModelFleet", "Prefix", "new/"), "replace", "Prefix"
    ),
    Case(
        "objects expire",
        "prod",
        put(_BUCKET, "LifecycleConfiguration/Rules/0/ExpirationInDays", 3, "StoreAccessLog"),
        "destroy",
        "deletes objects after 3 days, not 365",
    ),
    Case("instance type while scaled", "prod", _instance_type, "refuse", ""),
    Case(
        "function behind a resource",
        "prod",
        put("Custom::ModelFleet", "ServiceToken", "arn:aws:lambda:us-east-1:1:function:x"),
        "refuse",
        "ServiceToken",
    ),
    Case("type of a resource", "prod", put(_LOG, ".Type", "AWS::SNS::Topic"), "refuse", ""),
    Case("export in use", "prod", _drop_export, "refuse", ""),
    Case(
        "exported subnet",
        "prod",
        put(_SUBNET, "CidrBlock", "10.0.99.0/24", "PrivateSubnet1"),
        "refuse",
        "",
    ),
)
