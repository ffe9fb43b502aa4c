"""A service of a published model, deployed, changed and rolled back on simulated hosts.

The models stack is stood in for: no machine here compiles for NeuronCores.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from inferctl.transitions.templates import Template

from .platform_account import DeploymentFailedError, PlatformAccount, platform_account

pytestmark = pytest.mark.server

PLATFORM = """
platform: served
region: us-east-1
removal: destroy
acknowledge_end_of_life: [inf1, tensorflow-neuron]
network: {nat_gateways: 1}
models: [{name: tiny, target: inf1}]
cluster:
  drain_minutes: 5
  pools: [{name: inf1, instance_type: inf1.xlarge, max_instances: 2}]
  services:
    - {name: tiny, pool: inf1, workload: {kind: tf-serving-neuron}, model: {name: tiny}}
"""
MODEL = """
description: a model
licence: Apache-2.0
builds:
  inf1:
    targets: [inf1]
    overlays: [sources]
    precision: fp16
    compile:
      engine: neuron-tf
      input: weights.txt
      loader: loader.py
      output: tiny/1
      minimum_operator_share: 0.5
      verify: {request: request.json, max_absolute_error: 1.0, minimum_cosine: 0.9}
"""
CLUSTER = "served-cluster"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformAccount]:
    with platform_account(tmp_path_factory.mktemp("served")) as account:
        folder = account.models / "tiny"
        (folder / "sources").mkdir(parents=True)
        (folder / "model.yaml").write_text(MODEL)
        (folder / "request.json").write_text("{}")
        (folder / "sources" / "loader.py").write_text("def save(path, folder): ...\n")
        yield account


def synthesize(account: PlatformAccount, weights: str) -> dict[str, Template]:
    """The templates with those weights, and an empty store where models are published."""
    (account.models / "tiny" / "sources" / "weights.txt").write_text(weights)
    templates = account.synthesize(PLATFORM)
    templates["served-models"] = stand_in(templates["served-models"])
    return templates


def stand_in(template: Template) -> Template:
    """The bucket and the key that other stacks import."""
    exported = {name: output for name, output in template["Outputs"].items() if "Export" in output}
    values = {
        name: {"Ref": "Store"} if "Bucket" in name else {"Fn::GetAtt": ["Key", "Arn"]}
        for name in exported
    }
    return {
        "Resources": {"Store": {"Type": "AWS::S3::Bucket"}, "Key": {"Type": "AWS::KMS::Key"}},
        "Outputs": {name: {**exported[name], "Value": values[name]} for name in exported},
    }


def serving(account: PlatformAccount) -> dict[str, Any]:
    """The task definition of the running service."""
    ecs = account.aws.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    (name,) = ecs.list_services(cluster=cluster)["serviceArns"]
    (service,) = ecs.describe_services(cluster=cluster, services=[name])["services"]
    assert (service["runningCount"], service["desiredCount"]) == (1, 1)
    found = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
    return dict(found["taskDefinition"])


def archive(definition: dict[str, Any]) -> str:
    """What its tasks fetch."""
    containers = {one["name"]: one for one in definition["containerDefinitions"]}
    assert containers["main"]["dependsOn"] == [
        {"containerName": "model-fetch", "condition": "SUCCESS"}
    ]
    variables = {v["name"]: v["value"] for v in containers["model-fetch"]["environment"]}
    return str(variables["MODEL_URI"]).partition("/served-models/")[2]


def test_a_changed_model_is_a_deployment_of_its_service(account: PlatformAccount) -> None:
    account.apply(synthesize(account, "one"))
    before = serving(account)

    changed = account.apply(synthesize(account, "two"))
    after = serving(account)

    assert changed == [CLUSTER]
    assert after["revision"] != before["revision"] or after["family"] != before["family"]
    assert archive(before).startswith("tiny/") and archive(after).startswith("tiny/")
    assert archive(before) != archive(after)


def test_a_model_that_does_not_start_leaves_the_one_before_it(account: PlatformAccount) -> None:
    before = serving(account)
    broken = deepcopy(synthesize(account, "three"))
    for resource in broken[CLUSTER]["Resources"].values():
        if resource["Type"] == "AWS::ECS::TaskDefinition":
            for container in resource["Properties"]["ContainerDefinitions"]:
                if container["Name"] == "model-fetch":
                    container["DockerLabels"] = {"localaws.fails": "exit code 1"}

    with pytest.raises(DeploymentFailedError, match="Circuit Breaker was triggered"):
        account.apply(broken)

    assert archive(serving(account)) == archive(before)


def test_cluster_and_models_go_in_that_order(account: PlatformAccount) -> None:
    account.destroy()

    assert account.aws.client("ecs").list_clusters()["clusterArns"] == []
