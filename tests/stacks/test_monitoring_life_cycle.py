"""The embedded AWS deploys the dashboard and the alarms, shows them what they watch, and forgets
them again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from inferctl.cdk_cli import cdk
from inferctl.localaws.app import LocalAws
from inferctl.localaws.clients import ACCOUNT
from inferctl.preflight.subject import BOOTSTRAP_PARAMETER

pytestmark = pytest.mark.server
NAME = "laptop-monitoring"
REGION = "us-east-1"


class Stacks:
    """CloudFormation with the platform's other stacks standing in for themselves."""

    def __init__(self, aws: LocalAws, templates: Mapping[str, Any]) -> None:
        self.client = aws.client("cloudformation")
        self.templates = templates

    def put(self, name: str, template: Mapping[str, Any]) -> dict[str, str]:
        """Creates or updates a stack; the outputs."""
        body = json.dumps(template)
        exists = any(s["StackName"] == name for s in self.client.describe_stacks()["Stacks"])
        act = self.client.update_stack if exists else self.client.create_stack
        act(StackName=name, TemplateBody=body)
        kind = "update" if exists else "create"
        self.client.get_waiter(f"stack_{kind}_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1}
        )
        (stack,) = self.client.describe_stacks(StackName=name)["Stacks"]
        return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}

    def stand_in(self, kind: str, mark: str) -> None:
        """A stack whose outputs have values of their own: ``mark`` before their name."""
        outputs = {
            name: {"Value": f"app/{mark}/a/b/{name}"} for name in self.templates[kind]["Outputs"]
        }
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"{kind}-{mark}"}}
        self.put(f"laptop-{kind}", {"Resources": {"Topic": topic}, "Outputs": outputs})

    def deploy(self) -> dict[str, str]:
        return self.put(NAME, self.templates["monitoring"])

    def delete(self) -> None:
        self.client.delete_stack(StackName=NAME)
        self.client.get_waiter("stack_delete_complete").wait(
            StackName=NAME, WaiterConfig={"Delay": 1}
        )


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        # as much of a bootstrap as a stack without assets needs
        aws.client("ssm").put_parameter(Name=BOOTSTRAP_PARAMETER, Value="30", Type="String")
        aws.client("s3").create_bucket(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}")
        yield aws


@pytest.fixture(scope="module")
def stacks(aws: LocalAws, laptop: Any) -> Stacks:
    stacks = Stacks(aws, laptop.templates)
    for kind in ("models", "cluster"):
        stacks.stand_in(kind, "first")
    return stacks


def test_dashboard_and_alarms_live_as_long_as_their_stack(
    aws: LocalAws, stacks: Stacks, laptop: Any
) -> None:
    cloudwatch = aws.client("cloudwatch")
    templates = laptop.resources("monitoring", "AWS::CloudWatch::Alarm")

    outputs = stacks.deploy()

    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    assert len(alarms) == len(templates)
    assert {arn for alarm in alarms for arn in alarm["AlarmActions"]} == {outputs["AlarmTopicArn"]}
    (saturated,) = [a for a in alarms if a["AlarmName"] == "laptop-us-east-1-gpu-saturated"]
    assert saturated["Metrics"][0]["MetricStat"]["Metric"]["Dimensions"] == [
        {"Name": "EndpointName", "Value": "laptop-models"},
        {"Name": "VariantName", "Value": "AllTraffic"},
    ]
    body = cloudwatch.get_dashboard(DashboardName=outputs["DashboardName"])["DashboardBody"]
    text = json.dumps(json.loads(body))
    assert "app/first/" in text
    assert "Token" not in text and "Fn::" not in text

    # a service was replaced, and has another name; the same template is deployed again
    stacks.stand_in("cluster", "second")
    assert stacks.deploy() == outputs

    body = cloudwatch.get_dashboard(DashboardName=outputs["DashboardName"])["DashboardBody"]
    assert "app/second/" in body
    (missing,) = [
        alarm
        for alarm in cloudwatch.describe_alarms()["MetricAlarms"]
        if alarm["AlarmName"].endswith("-tasks-missing")
    ]
    assert "app/second/" in json.dumps(missing["Metrics"])
    assert len(cloudwatch.describe_alarms()["MetricAlarms"]) == len(alarms)

    stacks.delete()

    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
    assert outputs["AlarmTopicArn"] not in {
        topic["TopicArn"] for topic in aws.client("sns").list_topics()["Topics"]
    }


def test_what_is_watched_goes_before_the_dashboard_without_complaint(
    aws: LocalAws, stacks: Stacks
) -> None:
    """Nothing is imported, so that nothing is held."""
    stacks.deploy()

    stacks.client.delete_stack(StackName="laptop-cluster")
    stacks.client.get_waiter("stack_delete_complete").wait(
        StackName="laptop-cluster", WaiterConfig={"Delay": 1}
    )

    assert aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    stacks.delete()


def test_the_stock_cli_brings_a_replaced_name_to_alarms_whose_template_is_the_same(
    aws: LocalAws, stacks: Stacks, laptop: Any, tmp_path: Path
) -> None:
    def deploy_by_cli() -> bool:
        # from a folder without a cdk.json that names another application
        app = ("--app", str(laptop.directory), "--require-approval", "never")
        run = cdk(
            ("deploy", NAME, "--exclusively", *app),
            url=aws.url,
            region=REGION,
            on_progress=lambda _: None,
            cwd=tmp_path,
        )
        return run.stacks[NAME].changed

    stacks.stand_in("cluster", "before")
    assert deploy_by_cli()
    stacks.stand_in("cluster", "after")

    assert deploy_by_cli()

    alarms = json.dumps(aws.client("cloudwatch").describe_alarms()["MetricAlarms"], default=str)
    assert "app/after/" in alarms and "app/before/" not in alarms
    stacks.delete()
