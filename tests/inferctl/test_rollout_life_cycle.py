"""A guarded endpoint with a hot model on the embedded AWS: warmed, scaled, updated, rolled back.

The tests run in the order of the file: each continues where the one before it stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inferctl.localaws.serving.host_runner import choose_runner
from inferctl.localaws.serving.runner import StartError
from tests.inferctl.transitions.platform_account import (
    DeploymentFailedError,
    PlatformAccount,
    platform_account,
)
from tests.inferctl.transitions.tiny_models import write_model

pytestmark = pytest.mark.server

PLATFORM = """
platform: warm
deploy_to: embedded
region: us-east-1
removal: destroy
endpoint:
  instance_type: ml.g4dn.xlarge
  scaling: {min_instances: 2, max_instances: 4}
  deployment: {kind: canary, percent: 50}
  verification: off
  warm_up: [hot]
  environment: {VERSION: "%s"}
models: [{name: cold}, {name: hot}]
"""
ENDPOINT = "warm-models"


def _with_golden(root: Path, name: str, factor: int) -> None:
    """The model with a request to warm it up with."""
    write_model(root, name, factor)
    tensor = {"name": "INPUT0", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}
    answer = {**tensor, "name": "OUTPUT0", "data": [factor * number for number in (1, 2, 3, 4)]}
    folder = root / name / "golden"
    folder.mkdir()
    (folder / "request.json").write_text(json.dumps({"inputs": [tensor]}))
    (folder / "answer.json").write_text(json.dumps({"outputs": [answer]}))
    file = root / name / "model.yaml"
    golden = (
        "golden: {request: golden/request.json, answer: golden/answer.json, max_absolute_error: 0}"
    )
    file.write_text(file.read_text().replace("golden: null", golden))


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformAccount]:
    try:
        choose_runner()
    except StartError as error:
        pytest.skip(str(error))
    with platform_account(tmp_path_factory.mktemp("rollout")) as running:
        for factor, name in ((2, "cold"), (3, "hot")):
            _with_golden(running.models, name, factor)
        yield running


def _loaded(account: PlatformAccount) -> list[str]:
    """Models in the endpoint's memory, by name."""
    serving: dict[str, Any] = account.aws.status()["serving"]
    models = serving.get(ENDPOINT, {}).get("models", [])
    return sorted(model["target_model"].partition("/")[0] for model in models)


def _alarms(account: PlatformAccount, state: str) -> None:
    cloudwatch = account.aws.client("cloudwatch")
    for name in account.physical_ids("warm-endpoint", "AWS::CloudWatch::Alarm"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")


def _config(account: PlatformAccount) -> str:
    described = account.aws.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    return str(described["EndpointConfigName"])


def test_a_deployment_ends_with_the_hot_model_loaded_and_the_cold_one_not(
    account: PlatformAccount,
) -> None:
    account.deploy(PLATFORM % "1")

    assert _loaded(account) == ["hot"]


def test_a_scaled_endpoint_is_warmed_again(account: PlatformAccount) -> None:
    account.aws._serving.forget(ENDPOINT)
    assert _loaded(account) == []

    account.aws.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT,
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 3}],
    )

    deadline = time.monotonic() + 60
    while not _loaded(account) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _loaded(account) == ["hot"]


def test_an_update_puts_a_new_fleet_in_service_and_warms_it(account: PlatformAccount) -> None:
    before = _config(account)

    assert account.deploy(PLATFORM % "2") == ["warm-endpoint"]

    assert _config(account) != before
    assert _loaded(account) == ["hot"]


def test_an_alarm_during_an_update_keeps_the_old_fleet_and_its_models(
    account: PlatformAccount,
) -> None:
    before = _config(account)
    _alarms(account, "ALARM")

    with pytest.raises(DeploymentFailedError, match=r"was rolled back: alarm .* is in ALARM"):
        account.apply(account.synthesize(PLATFORM % "3"))

    assert _config(account) == before
    assert _loaded(account) == ["hot"]
    _alarms(account, "OK")


def test_the_platform_is_deleted_whole(account: PlatformAccount) -> None:
    account.destroy()

    rules = account.aws.client("events").list_rules()["Rules"]
    assert [rule["Name"] for rule in rules if rule["Name"].startswith("warm")] == []
    assert account.aws.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
