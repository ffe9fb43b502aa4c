from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws import clients
from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches import application_autoscaling_ecs
from inferctl.localaws.moto_patches.patch import reverted

KEY = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/fleet/model",
    "ScalableDimension": "ecs:service:DesiredCount",
}


class Ecs:
    """An ECS that knows one active service, one that was deleted, and no other cluster."""

    def describe_services(self, *, cluster: str, services: list[str]) -> dict[str, Any]:
        if cluster != "fleet":
            error: Any = {
                "Error": {"Code": "ClusterNotFoundException", "Message": "Cluster not found."}
            }
            raise ClientError(error, "DescribeServices")
        status = {"model": "ACTIVE", "gone": "INACTIVE"}
        return {"services": [{"status": status[one]} for one in services if one in status]}


@pytest.fixture
def autoscaling(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Any:
    made = local_aws.client("application-autoscaling")
    monkeypatch.setattr(clients, "client", lambda _service, _region: Ecs())
    return made


def test_moto_still_asks_its_own_ecs(autoscaling: Any) -> None:
    with (
        reverted(*application_autoscaling_ecs.PATCHES),
        pytest.raises(ClientError, match="ClusterNotFoundException"),
    ):
        autoscaling.register_scalable_target(**KEY, MinCapacity=0, MaxCapacity=4)


def test_patched_it_asks_the_ecs_that_answers_here(autoscaling: Any) -> None:
    autoscaling.register_scalable_target(**KEY, MinCapacity=0, MaxCapacity=4)

    (target,) = autoscaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 4)


@pytest.mark.parametrize("resource", ["service/fleet/gone", "service/fleet/x", "service/x/model"])
def test_patched_a_service_that_is_not_there_is_refused(autoscaling: Any, resource: str) -> None:
    with pytest.raises(ClientError, match=f"ECS service doesn't exist: {resource}"):
        autoscaling.register_scalable_target(
            **{**KEY, "ResourceId": resource}, MinCapacity=0, MaxCapacity=4
        )


def test_moto_still_makes_alarms_that_outlive_their_policy(autoscaling: Any) -> None:
    autoscaling.register_scalable_target(**KEY, MinCapacity=0, MaxCapacity=4)
    metric = {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": "app/a/b"}

    def put(target: float) -> None:
        autoscaling.put_scaling_policy(
            **KEY,
            PolicyName="p",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": target,
                "PredefinedMetricSpecification": metric,
            },
        )

    def alarms() -> list[str]:
        from moto.cloudwatch.models import cloudwatch_backends

        return list(cloudwatch_backends["123456789012"]["us-east-1"].alarms)

    put(1)
    assert alarms() == []
    with reverted(*application_autoscaling_ecs.PATCHES):
        put(2)
        put(3)
    assert len(alarms()) == 4

    (policy,) = autoscaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    tracked = policy["TargetTrackingScalingPolicyConfiguration"]
    assert (tracked["TargetValue"], tracked["PredefinedMetricSpecification"]) == (3.0, metric)
