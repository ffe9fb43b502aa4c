"""What ``ModelStore`` and its helpers refuse."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template

from inference_constructs import ModelStoreProps
from inference_constructs.log_retention import RETENTION, retention


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"alias": "models"}, "alias must start with 'alias/' .* got 'models'"),
        ({"alias": "alias/aws/s3"}, "not with 'alias/aws/', got 'alias/aws/s3'"),
        ({"noncurrent_version_days": 0}, "noncurrent_version_days must be at least 1, got 0"),
    ],
)
def test_props_are_rejected(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ModelStoreProps(**({"alias": "alias/models"} | wrong))


def test_one_day_is_enough() -> None:
    assert ModelStoreProps(alias="alias/models", noncurrent_version_days=1)


@pytest.mark.parametrize("days", [0, 2, 31])
def test_retention_is_one_of_the_days_of_cloudwatch(days: int) -> None:
    with pytest.raises(ValueError, match=rf"must be one of 1, 3, .*, 3653 days, got {days}"):
        retention(days)


def test_every_retention_is_rendered_as_its_number_of_days(stack: cdk.Stack) -> None:
    for days in RETENTION:
        logs.LogGroup(stack, f"Days{days}", retention=retention(days))

    groups = Template.from_stack(stack).find_resources("AWS::Logs::LogGroup").values()

    assert sorted(group["Properties"]["RetentionInDays"] for group in groups) == sorted(RETENTION)
