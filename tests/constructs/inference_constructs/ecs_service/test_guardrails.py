"""Rules that hold for everything that these constructs make: cdk-nag, cfn-lint, least privilege."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from cfnlint.api import lint  # type: ignore[import-untyped]
from cfnlint.core import get_rules  # type: ignore[import-untyped]
from cfnlint.rules import RulesCollection  # type: ignore[import-untyped]

OURS = ("TfServing", "Once", "Compile", "TorchServe", "Grpc", "ManagedTorchServe", "Crowd")


@pytest.fixture(scope="module")
def cfn_lint_rules() -> RulesCollection:
    return get_rules(append_rules=[], ignore_rules=[], include_rules=[])


def test_cdk_nag_finds_nothing_unacknowledged(zoo: Any) -> None:
    report = json.loads((zoo.directory / "validation-report.json").read_text())

    findings = [
        (violation["ruleName"], violation["violatingConstructs"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        if plugin["pluginName"] == "AwsSolutions"
    ]
    assert findings == []


def test_every_acknowledgement_has_a_reason(zoo: Any) -> None:
    entries = [
        (rule, reason)
        for found in json.loads((zoo.directory / "Zoo.metadata.json").read_text()).values()
        for entry in found
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for rule, reason in entry["data"].items()
    ]

    assert any("ECS2" in rule for rule, _ in entries)
    for rule, reason in entries:
        assert len(reason.split()) >= 8, rule


def test_cfn_lint_has_no_error_and_no_warning(zoo: Any, cfn_lint_rules: RulesCollection) -> None:
    found = [
        f"{match.rule.id} {match.message}"
        for match in lint(json.dumps(zoo.template), rules=cfn_lint_rules, regions=[zoo.region])
        if match.rule.severity in ("error", "warning")
    ]

    assert found == []


def test_the_same_stack_is_the_same_template(zoo: Any, build_zoo: Callable[[str], Any]) -> None:
    assert json.dumps(build_zoo(zoo.region).template) == json.dumps(zoo.template)


def test_every_arn_and_registry_is_of_the_regions_own_partition(zoo: Any) -> None:
    text = json.dumps(zoo.template)
    china = zoo.region.startswith("cn-")

    assert set(re.findall(r"arn:(aws[a-z-]*):", text)) == {"aws-cn" if china else "aws"}
    assert set(re.findall(r"\.dkr\.ecr\.[a-z0-9-]+\.([a-z.]+)/", text)) == {
        "amazonaws.com.cn" if china else "amazonaws.com"
    }


def test_no_policy_of_a_task_has_a_wildcard_action_or_a_foreign_star(zoo: Any) -> None:
    policies = {
        name: resource["Properties"]["PolicyDocument"]["Statement"]
        for name, resource in zoo.template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy" and name.startswith(OURS)
    }

    assert policies
    for statements in policies.values():
        for statement in statements:
            actions = statement["Action"]
            actions = actions if isinstance(actions, list) else [actions]
            assert not any("*" in action for action in actions)
            if statement["Resource"] == "*":
                assert actions == ["ecr:GetAuthorizationToken"]


def test_no_container_is_privileged_or_gets_a_capability_beside_ipc_lock(zoo: Any) -> None:
    for name, resource in zoo.template["Resources"].items():
        if resource["Type"] != "AWS::ECS::TaskDefinition" or not name.startswith(OURS):
            continue
        for container in resource["Properties"]["ContainerDefinitions"]:
            assert "Privileged" not in container
            added = container["LinuxParameters"].get("Capabilities", {}).get("Add", [])
            assert set(added) <= {"IPC_LOCK"}
