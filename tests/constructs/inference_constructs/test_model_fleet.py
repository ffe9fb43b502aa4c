"""What ``ModelFleet`` refuses, and that it takes an hour at most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from inference_constructs import ModelFleet, ModelFleetProps, ModelStore, ModelStoreProps
from inference_constructs.handler_code import handler_code
from model_folders import FleetSources


@pytest.fixture
def store(stack: cdk.Stack) -> ModelStore:
    return ModelStore(stack, "Store", ModelStoreProps(alias="alias/models"))


def _props(store: ModelStore, **changed: Any) -> ModelFleetProps:
    sources = FleetSources(
        manifest_path=Path("manifest.json"),
        manifest_digest="a" * 64,
        pack_path=Path("sources.pack"),
        pack_digest="b" * 64,
        blobs=(),
    )
    values: dict[str, Any] = {
        "fleet": "fleet",
        "prefix": "fleet/",
        "sources": sources,
        "store": store,
    }
    return ModelFleetProps(**(values | changed))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fleet": ""}, "fleet must not be empty"),
        ({"prefix": "fleet"}, "prefix must end, but not start, with '/' .* got 'fleet'"),
        ({"prefix": "/fleet/"}, "got '/fleet/'"),
        ({"prefix": "/"}, "got '/'"),
        ({"prefix": ""}, "got ''"),
    ],
)
def test_props_are_rejected(store: ModelStore, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _props(store, **wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"total_timeout_seconds": 3601}, "total_timeout_seconds must be 1 to 3600, .* got 3601"),
        ({"total_timeout_seconds": 0}, "total_timeout_seconds must be 1 to 3600, .* got 0"),
        ({"query_interval_seconds": 0}, "query_interval_seconds must be at least 1 .* got 0"),
        ({"query_interval_seconds": 3601}, "at most total_timeout_seconds, got 3601"),
    ],
)
def test_waiting_longer_than_cloudformation_is_rejected(
    stack: cdk.Stack, store: ModelStore, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ModelFleet(stack, "Fleet", _props(store, **wrong))


def test_a_fleet_name_known_at_deployment_only_is_accepted(store: ModelStore) -> None:
    _props(store, fleet=cdk.Fn.import_value("fleet"), prefix=cdk.Fn.import_value("prefix"))


def test_code_of_a_package_that_is_not_there_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"packages of lambda/, got none_such"):
        handler_code(("model_fleet", "none_such"))
