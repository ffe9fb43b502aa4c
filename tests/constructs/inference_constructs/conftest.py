"""Stacks to put constructs into; props alone need none."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from inference_constructs import ModelData

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def stack(tmp_path: Path) -> cdk.Stack:
    """An empty stack in a known region, under the feature flags of ``cdk.json``."""
    app = cdk.App(
        context=json.loads((ROOT / "cdk.json").read_text())["context"],
        outdir=str(tmp_path),
        builtin_cloud_formation_validation=False,
    )
    return cdk.Stack(app, "Stack", env=cdk.Environment(region="us-east-1"))


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> cdk.Stack:
    """A stack for props that are only looked at, never synthesized."""
    app = cdk.App(outdir=str(tmp_path_factory.mktemp("elsewhere")))
    return cdk.Stack(app, "Elsewhere", env=cdk.Environment(region="us-east-1"))


@pytest.fixture(scope="session")
def any_vpc(elsewhere: cdk.Stack) -> ec2.IVpc:
    return _vpc(elsewhere)


@pytest.fixture(scope="session")
def any_model_data(elsewhere: cdk.Stack) -> ModelData:
    return _model_data(elsewhere)


@pytest.fixture
def vpc(stack: cdk.Stack) -> ec2.IVpc:
    return _vpc(stack)


@pytest.fixture
def model_data(stack: cdk.Stack) -> ModelData:
    return _model_data(stack)


def _vpc(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["us-east-1a", "us-east-1b"],
        private_subnet_ids=["subnet-1", "subnet-2"],
        private_subnet_route_table_ids=["rtb-1", "rtb-2"],
    )


def _model_data(stack: cdk.Stack) -> ModelData:
    return ModelData(
        bucket=s3.Bucket.from_bucket_name(stack, "Models", "models"),
        prefix="fleet/",
        key=kms.Key.from_key_arn(
            stack,
            "Key",
            "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000",
        ),
    )
