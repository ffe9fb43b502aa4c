"""Deployments by a second set of tasks: room for both, traffic by weight, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import World
from .test_targets import target_group, targets

CANARY = {
    "strategy": "CANARY",
    "canaryConfiguration": {"canaryPercent": 20.0, "canaryBakeTimeInMinutes": 5},
    "bakeTimeInMinutes": 15,
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "deploymentCircuitBreaker": {"enable": True, "rollback": True},
}


@dataclass
class Balanced:
    """A world with two target groups behind one rule."""

    world: World
    first: str
    second: str
    rule: str

    def balancers(self, **change: Any) -> dict[str, Any]:
        advanced = {
            "alternateTargetGroupArn": self.second,
            "productionListenerRule": self.rule,
            "roleArn": "arn:aws:iam::123456789012:role/shifts",
            **change,
        }
        entry = {
            "targetGroupArn": self.first,
            "containerName": "main",
            "containerPort": 80,
            "advancedConfiguration": {key: arn for key, arn in advanced.items() if arn},
        }
        return {"loadBalancers": [entry]}

    def sizes(self) -> tuple[int, int]:
        """Targets of the two groups."""
        return len(targets(self.world, self.first)), len(targets(self.world, self.second))

    def weights(self) -> tuple[int, int]:
        """What the rule gives the two groups."""
        (rule,) = self.world.aws.client("elbv2").describe_rules(RuleArns=[self.rule])["Rules"]
        groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
        by_arn = {group["TargetGroupArn"]: group["Weight"] for group in groups}
        return by_arn[self.first], by_arn[self.second]


@pytest.fixture
def balanced(world: World) -> Balanced:
    elb, ec2 = world.aws.client("elbv2"), world.aws.client("ec2")
    first = target_group(world, "instance")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
    second = elb.create_target_group(
        Name=f"{world.name}-second", Protocol="HTTP", Port=80, VpcId=vpc["VpcId"]
    )["TargetGroups"][0]["TargetGroupArn"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])
    balancer = elb.create_load_balancer(
        Name=world.name, Subnets=[one["SubnetId"] for one in subnets["Subnets"][:2]]
    )["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": first}],
    )["Listeners"][0]["ListenerArn"]
    groups = [
        {"TargetGroupArn": arn, "Weight": weight} for arn, weight in ((first, 100), (second, 0))
    ]
    rule = elb.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
    )["Rules"][0]["RuleArn"]
    return Balanced(world, first, second, rule)


def _serve(balanced: Balanced, count: int = 2, **deployment: Any) -> str:
    world = balanced.world
    definition = world.define("app", portMappings=[{"containerPort": 80, "hostPort": 80}])
    world.serve(
        definition,
        count,
        serviceName="s",
        deploymentConfiguration={**CANARY, **deployment},
        **balanced.balancers(),
    )
    return definition


def test_a_second_set_takes_over_whole_and_the_next_one_goes_the_other_way(
    balanced: Balanced,
) -> None:
    balanced.world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=4, maximum=4)
    _serve(balanced)
    assert (balanced.sizes(), balanced.weights()) == ((2, 0), (100, 0))

    balanced.world.update("s", forceNewDeployment=True)
    assert (balanced.sizes(), balanced.weights()) == ((0, 2), (0, 100))

    balanced.world.update("s", forceNewDeployment=True)
    assert (balanced.sizes(), balanced.weights()) == ((2, 0), (100, 0))


def test_the_settings_are_read_back(balanced: Balanced) -> None:
    balanced.world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=4, maximum=4)
    _serve(balanced)

    (service,) = balanced.world.ecs.describe_services(cluster=balanced.world.name, services=["s"])[
        "services"
    ]

    assert service["deploymentConfiguration"] == CANARY
    assert service["loadBalancers"] == balanced.balancers()["loadBalancers"]


def test_without_room_for_both_sets_the_old_one_serves_on(balanced: Balanced) -> None:
    balanced.world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=3, maximum=3)
    _serve(balanced)

    service = balanced.world.update("s", forceNewDeployment=True)

    assert [one["rolloutState"] for one in service["deployments"]] == ["IN_PROGRESS", "COMPLETED"]
    assert [one["runningCount"] for one in service["deployments"]] == [1, 2]
    assert balanced.weights() == (100, 0)


def test_an_alarm_brings_traffic_and_tasks_back_to_the_first_set(balanced: Balanced) -> None:
    world = balanced.world
    world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=4, maximum=4)
    cloudwatch = world.aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=f"{world.name}-errors",
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=3,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
    )
    alarms = {"alarmNames": [f"{world.name}-errors"], "enable": True, "rollback": True}
    _serve(balanced, alarms=alarms)
    before = {task["taskArn"] for task in world.tasks()}
    cloudwatch.set_alarm_state(
        AlarmName=f"{world.name}-errors", StateValue="ALARM", StateReason="test"
    )

    service = world.update("s", forceNewDeployment=True)

    assert {task["taskArn"] for task in world.tasks()} == before
    assert (balanced.sizes(), balanced.weights()) == ((2, 0), (100, 0))
    (deployment,) = service["deployments"]
    assert deployment["rolloutState"] == "COMPLETED"
    said = "\n".join(event["message"] for event in service["events"])
    assert "deployment failed: alarm detected." in said
    assert "rolling back to (deployment " in said


@pytest.mark.parametrize(
    ("deployment", "message"),
    [
        ({"strategy": "LINEAR"}, "canaryConfiguration can only be used with the CANARY"),
        (
            {"canaryConfiguration": {"canaryBakeTimeInMinutes": 5}},
            "canaryConfiguration.canaryPercent is required",
        ),
    ],
)
def test_settings_go_with_their_strategy(
    balanced: Balanced, deployment: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        _serve(balanced, **deployment)


@pytest.mark.parametrize(
    "missing", ["alternateTargetGroupArn", "productionListenerRule", "roleArn"]
)
def test_the_second_set_needs_its_target_group_its_rule_and_a_role(
    balanced: Balanced, missing: str
) -> None:
    world = balanced.world
    definition = world.define("app", portMappings=[{"containerPort": 80}])

    with pytest.raises(ClientError, match=f"advancedConfiguration requires {missing}."):
        world.serve(
            definition,
            1,
            serviceName="s",
            deploymentConfiguration=CANARY,
            **balanced.balancers(**{missing: None}),
        )
