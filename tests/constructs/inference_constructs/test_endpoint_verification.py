"""What ``EndpointVerificationProps`` refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from inference_constructs import (
    EndpointVerificationProps,
    ModelData,
    ModelStore,
    ModelStoreProps,
)
from model_folders import GoldenSources


def _props(stack: cdk.Stack, **changed: Any) -> EndpointVerificationProps:
    store = ModelStore(stack, "Store", ModelStoreProps(alias="alias/models"))
    values: dict[str, Any] = {
        "model_data": ModelData(bucket=store.bucket, prefix="fleet/", key=store.key),
        "sources": GoldenSources(
            goldens_path=Path("goldens.json"),
            goldens_digest="a" * 64,
            pack_path=Path("goldens.pack"),
            pack_digest="b" * 64,
            count=1,
        ),
    }
    return EndpointVerificationProps(**(values | changed))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"parallel_calls": 0}, "parallel_calls must be 1 to 64, got 0"),
        ({"parallel_calls": 65}, "parallel_calls must be 1 to 64, got 65"),
        ({"timeout_minutes": 0}, "timeout_minutes must be 1 to 50, .* got 0"),
        ({"timeout_minutes": 51}, "timeout_minutes must be 1 to 50, .* got 51"),
    ],
)
def test_props_are_rejected(stack: cdk.Stack, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _props(stack, **wrong)


def test_the_limits_themselves_are_accepted(stack: cdk.Stack) -> None:
    assert _props(stack, parallel_calls=64, timeout_minutes=50).parallel_calls == 64
