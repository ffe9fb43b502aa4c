"""The table of create-only properties is that of the cfn-lint which the gates have."""

from __future__ import annotations

import pytest

from inferctl.changes.create_only import TABLE, create_only, schema_table, table_text
from inferctl.changes.template_diff import PropertyPath


def test_table_is_the_one_that_cfn_lint_brings() -> None:
    text = "write it again with python -m inferctl.changes.create_only"
    assert TABLE.read_text() == table_text(schema_table()), text


@pytest.mark.parametrize(
    ("resource_type", "path", "replaces"),
    [
        ("AWS::SageMaker::Model", ("PrimaryContainer", "Image"), True),
        ("AWS::SageMaker::Endpoint", ("EndpointConfigName",), False),
        ("AWS::S3::Bucket", ("BucketName",), True),
        ("AWS::S3::Bucket", ("Tags", 0, "Value"), False),
        ("AWS::ECS::CapacityProvider", ("AutoScalingGroupProvider", "AutoScalingGroupArn"), True),
        ("AWS::ECS::CapacityProvider", ("AutoScalingGroupProvider", "ManagedDraining"), False),
        ("AWS::ECS::CapacityProvider", ("AutoScalingGroupProvider",), True),
        ("Custom::ModelFleet", ("Prefix",), True),
        ("Custom::ModelFleet", ("ManifestDigest",), False),
        ("Custom::Other", ("Anything",), False),
    ],
)
def test_property_replaces_its_resource_or_not(
    resource_type: str, path: PropertyPath, replaces: bool
) -> None:
    known = create_only(resource_type)

    assert known is not None and known.replaces(path) is replaces


def test_type_without_schema_is_unknown() -> None:
    assert create_only("AWS::Not::There") is None
