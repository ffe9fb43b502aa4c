"""What real platforms and small templates take of an account's quotas."""

from __future__ import annotations

from typing import Any

import pytest

from inferctl.preflight.capacity import QuotaUse, quota_uses
from inferctl.preflight.subject import Subject


def by_name(templates: Any) -> dict[str, QuotaUse]:
    return {use.quota_name: use for use in quota_uses(templates)}


def stack(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def endpoint(**more: Any) -> dict[str, Any]:
    return stack(
        Config=resource(
            "AWS::SageMaker::EndpointConfig",
            ProductionVariants=[
                {
                    "VariantName": "A",
                    "ModelName": "m",
                    "InstanceType": "ml.g5.xlarge",
                    "InitialInstanceCount": 2,
                }
            ],
        ),
        Endpoint=resource(
            "AWS::SageMaker::Endpoint",
            EndpointConfigName={"Fn::GetAtt": ["Config", "EndpointConfigName"]},
            EndpointName="e",
            **more,
        ),
    )


def target(low: int, high: int, **more: Any) -> dict[str, Any]:
    return resource(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/e/variant/A",
        MinCapacity=low,
        MaxCapacity=high,
        **more,
    )


def test_a_scaled_endpoint_counts_with_its_bounds_and_twice_while_it_is_updated(
    prod: Subject,
) -> None:
    uses = by_name(prod.templates)

    for name in (
        "ml.g4dn.4xlarge for endpoint usage",
        "Number of instances across active endpoints",
    ):
        assert (uses[name].minimum, uses[name].maximum, uses[name].during_update) == (2, 5, 10)
        assert uses[name].resources == ("prod-endpoint/EndpointEEF1FD8F",)
    assert uses["ml.g4dn.4xlarge for endpoint usage"].quota_code == "L-31522FA6"


def test_two_zones_with_a_gateway_each_are_one_gateway_a_zone_and_two_addresses(
    prod: Subject,
) -> None:
    uses = by_name(prod.templates)

    assert uses["NAT gateways per Availability Zone"].maximum == 1
    assert len(uses["NAT gateways per Availability Zone"].resources) == 2
    assert uses["EC2-VPC Elastic IPs"].maximum == 2
    assert uses["VPCs per Region"].maximum == 1


def test_pools_count_in_processors_apart_for_spot(dev: Subject, fleet: Subject) -> None:
    uses = by_name(dev.templates)
    assert uses["Running On-Demand Inf instances"].maximum == 2 * 24
    assert uses["All Inf Spot Instance Requests"].maximum == 2 * 4
    assert uses["Running On-Demand Inf instances"].minimum == 0

    uses = by_name(fleet.templates)
    # of four at most one is the base, and a quarter of three more rounds up to one
    assert uses["All Inf Spot Instance Requests"].maximum == 2 * 96
    assert uses["Running On-Demand Inf instances"].maximum == 2 * 96 + 2 * 96
    # managed instances: one for the service's only task, two while it is replaced
    trn = uses["Running On-Demand Trn instances"]
    assert (trn.minimum, trn.maximum, trn.during_update) == (8, 128 + 8, 128 + 16)


def test_every_interface_endpoint_of_one_network_counts_together(fleet: Subject) -> None:
    use = by_name(fleet.templates)["Interface VPC endpoints per VPC"]

    assert use.maximum == 9 == len(use.resources)


def test_an_endpoint_without_scaling_has_what_it_starts_with() -> None:
    use = by_name({"s": endpoint()})["ml.g5.xlarge for endpoint usage"]

    assert (use.minimum, use.maximum, use.during_update) == (2, 2, 4)


def test_schedules_move_the_bounds() -> None:
    template = endpoint()
    template["Resources"]["Target"] = target(
        1, 3, ScheduledActions=[{"ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 8}}]
    )

    use = by_name({"s": template})["ml.g5.xlarge for endpoint usage"]
    assert (use.minimum, use.maximum) == (0, 8)


@pytest.mark.parametrize(
    ("batch", "during_update"),
    [
        ({"Type": "INSTANCE_COUNT", "Value": 1}, 6),
        ({"Type": "CAPACITY_PERCENT", "Value": 50}, 8),
    ],
)
def test_a_rolling_update_starts_one_batch_more(
    batch: dict[str, Any], during_update: float
) -> None:
    template = endpoint(DeploymentConfig={"RollingUpdatePolicy": {"MaximumBatchSize": batch}})
    template["Resources"]["Target"] = target(1, 5)

    use = by_name({"s": template})["ml.g5.xlarge for endpoint usage"]
    assert use.during_update == during_update


def test_another_endpoints_scaling_is_not_this_ones() -> None:
    template = endpoint()
    template["Resources"]["Target"] = target(1, 50) | {}
    template["Resources"]["Target"]["Properties"]["ResourceId"] = "endpoint/other/variant/A"

    assert by_name({"s": template})["ml.g5.xlarge for endpoint usage"].maximum == 2


def test_of_two_stacks_that_share_a_quota_only_one_is_updated_at_a_time() -> None:
    use = by_name({"one": endpoint(), "two": endpoint()})["ml.g5.xlarge for endpoint usage"]

    assert (use.minimum, use.maximum, use.during_update) == (4, 4, 6)
    assert use.resources == ("one/Endpoint", "two/Endpoint")


def test_a_compile_queue_may_use_all_its_processors_in_each_family() -> None:
    compute = {"Type": "SPOT", "MaxvCpus": 64, "InstanceTypes": ["g4dn.2xlarge", "m6i.4xlarge"]}
    template = stack(E=resource("AWS::Batch::ComputeEnvironment", ComputeResources=compute))

    uses = by_name({"s": template})
    assert uses["All G and VT Spot Instance Requests"].maximum == 64
    assert {use.minimum for use in uses.values()} == {0}
    assert len(uses) == 2


def test_a_type_outside_the_catalogue_counts_by_its_size() -> None:
    template = stack(
        One=resource("AWS::EC2::Instance", InstanceType="c7i.12xlarge"),
        Two=resource("AWS::EC2::Instance", InstanceType="t3.micro"),
        Three=resource("AWS::EC2::Instance", InstanceType="r7i.xlarge"),
    )

    (use,) = quota_uses({"s": template})
    assert use.maximum == 48 + 2 + 4


def test_an_empty_template_uses_nothing() -> None:
    assert quota_uses({"s": {"Resources": {}}}) == ()
