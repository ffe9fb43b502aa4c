"""Each reason for two deployments on the smallest templates, and changes that look like it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from inferctl.transitions import TwoStepPlan, plan_lines, two_step_plans

Resource = dict[str, Any]


def template(*, outputs: Resource | None = None, **resources: Resource) -> Resource:
    return {"Resources": resources, "Outputs": outputs or {}}


def resource(kind: str, **properties: Any) -> Resource:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def ref(name: str) -> Resource:
    return {"Ref": name}


def get(name: str, attribute: str) -> Resource:
    return {"Fn::GetAtt": [name, attribute]}


def plans(before: Resource, after: Resource) -> tuple[TwoStepPlan, ...]:
    """Of one stack."""
    assert two_step_plans({"stack": before}, {"stack": before}) == ()
    return two_step_plans({"stack": before}, {"stack": after})


def changed(before: Resource, **resources: Resource | None) -> Resource:
    """The template with other resources, without those that are None."""
    merged = {**before["Resources"], **resources}
    kept = {name: one for name, one in merged.items() if one is not None}
    return {**copy.deepcopy(before), "Resources": kept}


def config(kind: str = "ml.g5.xlarge", *variants: str, model: str = "Model") -> Resource:
    return resource(
        "SageMaker::EndpointConfig",
        ProductionVariants=[
            {"VariantName": name, "InstanceType": kind, "ModelName": get(model, "ModelName")}
            for name in variants or ("AllTraffic",)
        ],
    )


def scalable(resource_id: Any) -> Resource:
    return resource("ApplicationAutoScaling::ScalableTarget", ResourceId=resource_id, MaxCapacity=3)


_ATTRIBUTE = get("Endpoint", "EndpointName")
JOINED = {"Fn::Join": ["", ["endpoint/", _ATTRIBUTE, "/variant/AllTraffic"]]}
SCALED = template(
    Config=config(),
    Endpoint=resource(
        "SageMaker::Endpoint",
        EndpointName="models",
        EndpointConfigName=get("Config", "EndpointConfigName"),
    ),
    Target=scalable(JOINED),
)
OTHER_TYPE = config("ml.g6.xlarge")


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({"Config": OTHER_TYPE}, "change its instance type from ml.g5.xlarge to ml.g6.xlarge"),
        ({"Config": OTHER_TYPE, "Target": None}, "CloudFormation deregisters it too late"),
        ({"Config": config("ml.g5.xlarge", "Other")}, "remove it"),
    ],
)
@pytest.mark.parametrize(
    "resource_id",
    [
        JOINED,
        {"Fn::Sub": "endpoint/${Endpoint.EndpointName}/variant/AllTraffic"},
        "endpoint/models/variant/AllTraffic",
    ],
)
def test_a_registered_variant_stays_what_it_is(
    after: dict[str, Resource | None], words: str, resource_id: Any
) -> None:
    before = changed(SCALED, Target=scalable(resource_id))

    (plan,) = plans(before, changed(before, **after))

    assert plan.logical_id == "Endpoint"
    assert words in plan.reason
    assert "`scaling: off`" in plan.steps[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # scaling comes with the new type: the endpoint is updated before it is registered
        ({"Target": None}, {"Config": OTHER_TYPE}),
        # the two steps
        ({}, {"Target": None}),
        ({"Target": None}, {"Config": OTHER_TYPE, "Target": SCALED["Resources"]["Target"]}),
        # a model, a second variant, other limits
        ({}, {"Config": config(model="Next")}),
        ({}, {"Config": config("ml.g5.xlarge", "AllTraffic", "Second")}),
        ({}, {"Target": scalable(JOINED) | {"Properties": {"MaxCapacity": 9}}}),
        # another endpoint
        ({}, {"Endpoint": None, "Config": None, "Target": None}),
        (
            {},
            {
                "Config": OTHER_TYPE,
                "Endpoint": resource(
                    "SageMaker::Endpoint",
                    EndpointName="others",
                    EndpointConfigName=get("Config", "EndpointConfigName"),
                ),
            },
        ),
        # scaling of another endpoint, and of another variant
        ({"Target": scalable("endpoint/else/variant/AllTraffic")}, {"Config": OTHER_TYPE}),
        ({"Target": scalable("endpoint/models/variant/Second")}, {"Config": OTHER_TYPE}),
    ],
)
def test_what_auto_scaling_does_not_hold_changes_at_once(
    before: dict[str, Resource | None], after: dict[str, Resource | None]
) -> None:
    there = changed(SCALED, **before)

    assert plans(there, changed(there, **after)) == ()


def service(
    chips: tuple[int, ...] = (), count: int | None = 1, pool: Any = None, pinned: str = "inf1"
) -> Resource:
    """A service and its task definition in one; see `cluster`."""
    return {"chips": chips, "count": count, "pool": pool or ref("Provider"), "pinned": pinned}


def cluster(hosts: int = 1, *, most: int | None = None, **services: Resource) -> Resource:
    """Services on one pool; ``most`` is what scaling may set the first one to."""
    found: dict[str, Resource] = {
        "Group": resource("AutoScaling::AutoScalingGroup", MaxSize=str(hosts)),
        "Provider": resource(
            "ECS::CapacityProvider", AutoScalingGroupProvider={"AutoScalingGroupArn": ref("Group")}
        ),
        "Pool": {"Type": "Custom::CapacityPool", "Properties": {"Pool": "inf1"}},
        "Spare": resource("ECS::CapacityProvider", Name="spare"),
        "Associations": resource(
            "ECS::ClusterCapacityProviderAssociations",
            CapacityProviders=[ref("Provider"), ref("Spare")],
        ),
    }
    found["Pool"]["Properties"]["GroupName"] = ref("Group")
    for name, one in services.items():
        devices = [{"HostPath": f"/dev/neuron{chip}"} for chip in one["chips"]]
        found[f"{name}Task"] = resource(
            "ECS::TaskDefinition",
            ContainerDefinitions=[{"LinuxParameters": {"Devices": devices}}],
            PlacementConstraints=[{"Type": "memberOf", "Expression": one["pinned"]}],
        )
        found[name] = resource(
            "ECS::Service",
            TaskDefinition=ref(f"{name}Task"),
            CapacityProviderStrategy=[{"CapacityProvider": one["pool"], "Weight": 1}],
            **({} if one["count"] is None else {"DesiredCount": one["count"]}),
        )
    if most is not None:
        first = next(iter(services))
        joined = {"Fn::Join": ["", ["service/c/", get(first, "Name")]]}
        target = resource("ApplicationAutoScaling::ScalableTarget", ResourceId=joined)
        target["Properties"]["MaxCapacity"] = most
        found["Scaling"] = target
    return template(**found)


@pytest.mark.parametrize(
    ("before", "after", "needed"),
    [
        # joined: slot 1 goes after slot 0 has its chip
        (
            cluster(A0=service((0,)), A1=service((1,))),
            cluster(A0=service((0, 1))),
            "2 hosts, and pool inf1 has 1",
        ),
        # renamed
        (cluster(Old=service((0,))), cluster(New=service((0,))), "2 hosts, and pool inf1 has 1"),
        # a chip goes from one service to another
        (
            cluster(A0=service((0,)), A1=service((1,)), B2=service((2,))),
            cluster(A0=service((0,)), B1=service((1,)), B2=service((2,))),
            "2 hosts, and pool inf1 has 1",
        ),
        # scaling may have filled the pool
        (
            cluster(3, most=3, Old=service((0,), None)),
            cluster(3, New=service((0,))),
            "4 hosts, and pool inf1 has 3",
        ),
        (
            cluster(3, Old=service((0,), 2)),
            cluster(3, New=service((0,), 2)),
            "4 hosts, and pool inf1 has 3",
        ),
    ],
)
def test_chips_of_a_service_that_goes_last_need_hosts_to_spare(
    before: Resource, after: Resource, needed: str
) -> None:
    (plan,) = plans(before, after)

    assert plan.resource_type == "AWS::ECS::Service"
    assert needed in plan.reason
    assert "for pool inf1 and deploy" in plan.steps[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # a spare host, in this deployment or before it
        (cluster(2, Old=service((0,))), cluster(2, New=service((0,)))),
        (cluster(1, Old=service((0,))), cluster(2, New=service((0,)))),
        # nothing runs on the chips, or nothing will
        (cluster(Old=service((0,), 0)), cluster(New=service((0,)))),
        (cluster(Old=service((0,))), cluster(New=service((0,), 0))),
        # split, fewer, more, moved beside
        (cluster(A0=service((0, 1))), cluster(A0=service((0,)), A1=service((1,)))),
        (cluster(A0=service((0,)), A1=service((1,))), cluster(A0=service((0,)))),
        (cluster(A0=service((0,))), cluster(A0=service((0,)), A1=service((1,)))),
        (
            cluster(A0=service((0,)), A1=service((1,))),
            cluster(A1=service((1,)), A2=service((2,))),
        ),
        # on another pool
        (cluster(Old=service((0,), 1, ref("Spare"))), cluster(New=service((0,)))),
        # no chips at all
        (cluster(Old=service()), cluster(New=service())),
    ],
)
def test_chips_that_are_free_in_time_need_one_deployment(before: Resource, after: Resource) -> None:
    assert plans(before, after) == ()


def test_another_instance_type_needs_room_for_hosts_of_both() -> None:
    before = cluster(2, A=service((0,), 2), B=service((1,), 1))
    after = cluster(2, A=service((0,), 2, pinned="inf2"), B=service((1,), 1, pinned="inf2"))

    (plan,) = plans(before, after)

    assert plan.logical_id == "Provider"
    assert "pool inf1 changes under A, B" in plan.reason
    assert "needs 4, and the pool has 2 at most" in plan.reason


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (cluster(2, A=service((0,))), cluster(2, A=service((0,), pinned="inf2"))),
        (cluster(1, A=service((0,), 0)), cluster(1, A=service((0,), pinned="inf2"))),
        (cluster(1, A=service((0,))), cluster(1, A=service((0,), 0, pinned="inf2"))),
        (cluster(1, A=service((0,))), cluster(1, A=service((0,), pool="spare", pinned="c5"))),
    ],
)
def test_another_instance_type_with_room_or_without_tasks_needs_one_deployment(
    before: Resource, after: Resource
) -> None:
    assert plans(before, after) == ()


def without_pool(before: Resource, **more: Resource | None) -> Resource:
    associations = resource(
        "ECS::ClusterCapacityProviderAssociations", CapacityProviders=[ref("Spare")]
    )
    gone = {name: None for name in ("Provider", "Group", "Pool")}
    return changed(before, **{"Associations": associations, **gone, **more})


@pytest.mark.parametrize("count", [0, 1])
def test_a_pool_does_not_go_with_its_last_service(count: int) -> None:
    before = cluster(A=service((0,), count))

    (plan,) = plans(before, without_pool(before, A=None, ATask=None))

    assert plan.logical_id == "Provider"
    assert plan.steps[0].startswith("leave pool inf1 in the platform file and deploy with its")
    assert "removed" in plan.steps[0]


def test_a_pool_does_not_go_while_its_service_moves() -> None:
    before = cluster(A=service((0,)))
    moved = cluster(A=service((0,), pool=ref("Spare")))["Resources"]["A"]

    (plan,) = plans(before, without_pool(before, A=moved))

    assert "moved to another pool" in plan.steps[0]


@pytest.mark.parametrize(
    ("before", "gone"),
    [
        # an unused pool, one of another service's, the whole list
        (cluster(), {}),
        (cluster(A=service((0,), pool=ref("Spare"))), {}),
        (cluster(A=service((0,), pool="spare")), {}),
        (cluster(A=service((0,))), {"A": None, "ATask": None, "Associations": None}),
    ],
)
def test_a_pool_that_nothing_uses_goes_at_once(
    before: Resource, gone: dict[str, Resource | None]
) -> None:
    assert plans(before, without_pool(before, **gone)) == ()


def test_an_id_keeps_its_type() -> None:
    before = template(Balancer=resource("ElasticLoadBalancing::LoadBalancer"))
    after = template(Balancer=resource("ElasticLoadBalancingV2::LoadBalancer"))

    (plan,) = plans(before, after)

    assert "belongs to AWS::ElasticLoadBalancingV2::LoadBalancer after" in plan.reason


def named(name: Any, **more: Any) -> Resource:
    return resource("SageMaker::EndpointConfig", EndpointConfigName=name, **more)


@pytest.mark.parametrize(
    ("after", "holder"),
    [
        (template(Config=named("mine", KmsKeyId="other")), "the one that it replaces"),
        (template(Moved=named("mine")), "Config"),
    ],
)
def test_a_name_is_taken_until_its_holder_is_deleted(after: Resource, holder: str) -> None:
    (plan,) = plans(template(Config=named("mine")), after)

    assert f"that of {holder}, which CloudFormation deletes only after" in plan.reason


@pytest.mark.parametrize(
    "after",
    [
        template(Config=named("other", KmsKeyId="other")),
        template(Config=named("mine", Tags=[{"Key": "a", "Value": "b"}])),
        template(Config=named("mine"), Second=named("other")),
        template(Moved=named("other")),
        template(Moved=resource("SageMaker::Model", ModelName="mine")),
        template(Moved=resource("SageMaker::EndpointConfig")),
    ],
)
def test_a_free_name_needs_one_deployment(after: Resource) -> None:
    assert plans(template(Config=named("mine")), after) == ()


def vpc(block: str, *subnets: str, **more: Resource) -> Resource:
    made = {
        f"Subnet{number}": resource("EC2::Subnet", VpcId=ref("Vpc"), CidrBlock=one)
        for number, one in enumerate(subnets)
    }
    return template(Vpc=resource("EC2::VPC", CidrBlock=block), **made, **more)


@pytest.mark.parametrize(
    ("before", "after", "ids"),
    [
        # three zones instead of two divide the block anew
        (("10.0.0.0/17", "10.0.128.0/17"), ("10.0.0.0/18", "10.0.128.0/18"), ["0", "1"]),
        (("10.0.0.0/24",), ("10.0.0.0/24", "10.0.0.128/25"), ["1"]),
    ],
)
def test_a_subnet_gets_no_range_that_another_has_until_later(
    before: tuple[str, ...], after: tuple[str, ...], ids: list[str]
) -> None:
    found = plans(vpc("10.0.0.0/16", *before), vpc("10.0.0.0/16", *after))

    assert [plan.logical_id.removeprefix("Subnet") for plan in found] == ids
    assert "cdk destroy --all" in found[0].steps[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (vpc("10.0.0.0/16", "10.0.0.0/24"), vpc("10.0.0.0/16", "10.0.0.0/24", "10.0.1.0/24")),
        (vpc("10.0.0.0/16", "10.0.0.0/24", "10.0.1.0/24"), vpc("10.0.0.0/16", "10.0.0.0/24")),
        # in another VPC the same range is another one
        (vpc("10.0.0.0/16", "10.0.0.0/24"), vpc("10.0.0.0/15", "10.0.0.0/24")),
    ],
)
def test_a_range_that_is_free_needs_one_deployment(before: Resource, after: Resource) -> None:
    assert plans(before, after) == ()


def exporting(block: str = "10.0.0.0/16", *names: str) -> Resource:
    outputs = {
        name: {"Value": ref("Vpc"), "Export": {"Name": f"network:{name}"}}
        for name in names or ("Vpc",)
    }
    return template(Vpc=resource("EC2::VPC", CidrBlock=block), outputs=outputs)


def importing(*names: str) -> Resource:
    groups = {
        name: resource("EC2::SecurityGroup", VpcId={"Fn::ImportValue": f"network:{name}"})
        for name in names
    }
    return template(**groups)


@pytest.mark.parametrize(
    ("network", "user", "step"),
    [
        # nobody needs it any more: the importer goes first
        (exporting("10.0.0.0/16", "Other"), importing(), "`cdk deploy --exclusively user`"),
        (exporting("10.0.0.0/16", "New"), importing("New"), "`Stack.export_value` in network"),
        (exporting("10.0.0.0/16", "Other"), None, "`cdk destroy user`"),
        (exporting("10.1.0.0/16"), importing("Vpc"), "`cdk destroy user`"),
    ],
)
def test_an_export_stays_while_it_is_imported(
    network: Resource, user: Resource | None, step: str
) -> None:
    before = {"network": exporting(), "user": importing("Vpc")}
    after = {"network": network, **({} if user is None else {"user": user})}

    (plan,) = two_step_plans(before, after)

    assert plan.stack == "network"
    assert "that user imports would be" in plan.reason
    assert step in plan.steps[0]


@pytest.mark.parametrize(
    "after",
    [
        {"network": exporting("10.0.0.0/16", "Vpc", "More"), "user": importing("Vpc", "More")},
        {"network": exporting(), "user": importing()},
        {"network": exporting(), "user": importing("Vpc"), "third": importing("Vpc")},
        # not deployed at all: nothing is refused
        {"user": importing()},
    ],
)
def test_an_export_that_stays_or_comes_needs_one_deployment(after: dict[str, Resource]) -> None:
    assert two_step_plans({"network": exporting(), "user": importing("Vpc")}, after) == ()


def test_nothing_that_is_deployed_is_in_nobody_s_way() -> None:
    assert two_step_plans({}, {"stack": SCALED}) == ()


def test_a_plan_is_lines_of_text_with_its_steps_and_where_aws_says_so() -> None:
    lines = list(plan_lines(plans(SCALED, changed(SCALED, Config=OTHER_TYPE))))

    assert lines[0].startswith("stack: Endpoint (AWS::SageMaker::Endpoint): variant AllTraffic is")
    assert [line[:5] for line in lines[1:3]] == ["  1. ", "  2. "]
    assert lines[3].startswith("  source: https://docs.aws.amazon.com/sagemaker/")
