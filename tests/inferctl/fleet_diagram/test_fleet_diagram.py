"""A picture holds what the template deploys."""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from inferctl.fleet_diagram.fleet import Owner, TemplateError, read_fleet
from inferctl.fleet_diagram.svg import draw


def _resource(kind: str, path: str, **properties: Any) -> dict[str, Any]:
    return {
        "Type": kind,
        "Properties": properties,
        "Metadata": {"aws:cdk:path": f"t-cluster/{path}"},
    }


def _task(path: str, instance_type: str, chips: list[int]) -> dict[str, Any]:
    devices = [{"HostPath": f"/dev/neuron{chip}"} for chip in chips]
    return _resource(
        "AWS::ECS::TaskDefinition",
        path,
        ContainerDefinitions=[{"LinuxParameters": {"Devices": devices}}],
        PlacementConstraints=[
            {"Type": "memberOf", "Expression": f"attribute:ecs.instance-type == {instance_type}"}
        ],
    )


def _service(path: str, task: str, **more: Any) -> dict[str, Any]:
    return _resource(
        "AWS::ECS::Service",
        path,
        TaskDefinition={"Ref": task},
        CapacityProviderStrategy=[{"CapacityProvider": {"Ref": "Provider"}}],
        **more,
    )


@pytest.fixture
def template() -> dict[str, Any]:
    behind = {"LoadBalancers": [{"TargetGroupArn": {"Ref": "Targets"}}]}
    resources = {
        "Provider": _resource(
            "AWS::ECS::CapacityProvider",
            "Cluster/wide/Provider/Provider",
            AutoScalingGroupProvider={"AutoScalingGroupArn": {"Ref": "Group"}},
        ),
        "Group": _resource(
            "AWS::AutoScaling::AutoScalingGroup",
            "Cluster/wide/Group/ASG",
            MinSize="1",
            MaxSize="3",
            MixedInstancesPolicy={
                "LaunchTemplate": {
                    "LaunchTemplateSpecification": {"LaunchTemplateId": {"Ref": "Launch"}}
                }
            },
        ),
        "Launch": _resource(
            "AWS::EC2::LaunchTemplate",
            "Cluster/wide/LaunchTemplate",
            LaunchTemplateData={"InstanceType": "inf2.24xlarge"},
        ),
        "Task0": _task("BertLargeService/Slot0Task", "inf2.24xlarge", [0, 1]),
        "Task1": _task("BertLargeService/Slot1Task", "inf2.24xlarge", [2, 3]),
        "Once": _task("OnceTask/Resource", "inf2.24xlarge", [5]),
        "Elsewhere": _task("OtherTask/Resource", "inf1.xlarge", [0]),
        "Watch": _task("Cluster/wide/CoreMetrics/Task", "inf2.24xlarge", [0, 1, 2, 3, 4, 5]),
        "Slot0": _service("BertLargeService/Slot0Service", "Task0", **behind),
        "Slot1": _service("BertLargeService/Slot1Service", "Task1", **behind),
        "Daemon": _resource(
            "AWS::ECS::Service",
            "Cluster/wide/CoreMetrics/Service",
            TaskDefinition={"Ref": "Watch"},
            SchedulingStrategy="DAEMON",
        ),
        "Targets": _resource("AWS::ElasticLoadBalancingV2::TargetGroup", "BertLargeService/T"),
        "Balancer": _resource(
            "AWS::ElasticLoadBalancingV2::LoadBalancer", "BertLargeService/L", Type="application"
        ),
        "Door": _resource(
            "AWS::ElasticLoadBalancingV2::Listener",
            "BertLargeService/D",
            LoadBalancerArn={"Ref": "Balancer"},
            Protocol="HTTPS",
            Port=443,
            DefaultActions=[{"Type": "fixed-response"}],
        ),
        "Rule": _resource(
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            "BertLargeService/R",
            ListenerArn={"Ref": "Door"},
            Actions=[{"TargetGroupArn": {"Ref": "Targets"}}],
        ),
    }
    return {"Resources": resources}


def test_a_pool_shows_its_hosts_and_who_owns_which_chip(template: dict[str, Any]) -> None:
    (pool,) = read_fleet(template)

    assert (pool.name, pool.instance_type, pool.chip) == ("wide", "inf2.24xlarge", "Inferentia2")
    assert (pool.fewest, pool.most, pool.spot, pool.chips) == (1, 3, True, 6)
    assert pool.owners == (
        Owner(name="bert-large", is_task=False, chips=((0, 1), (2, 3)), doors=("ALB HTTPS:443",)),
        Owner(name="once", is_task=True, chips=((5,),), doors=()),
    )
    assert pool.daemons == ("CoreMetrics",)


def test_the_picture_is_xml_with_every_chip_and_owner(template: dict[str, Any]) -> None:
    picture = draw(read_fleet(template), title="t <fleet> & more")

    words = [element.text for element in ElementTree.fromstring(picture).iter() if element.text]
    assert [word for word in words if word.startswith("chip ")] == [
        f"chip {chip}" for chip in range(6)
    ]
    assert "10-11" in words
    assert "t <fleet> & more" in words
    assert "pool wide: 1 to 3 x inf2.24xlarge, spot" in words
    assert "bert-large  2 slots a host" in words


def test_the_same_fleet_is_the_same_picture(template: dict[str, Any]) -> None:
    again = copy.deepcopy(template)

    assert draw(read_fleet(template), title="t") == draw(read_fleet(again), title="t")


@pytest.mark.parametrize("template", [{}, {"Resources": {}}])
def test_a_template_without_pools_is_refused(template: dict[str, Any]) -> None:
    with pytest.raises(TemplateError, match="no capacity provider"):
        read_fleet(template)
