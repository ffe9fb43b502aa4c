from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches import (
    elbv2_deletion_protection,
    elbv2_grpc_listeners,
    elbv2_listeners,
    elbv2_network_arns,
    elbv2_target_groups,
    elbv2_targets,
)
from inferctl.localaws.moto_patches.patch import reverted

Group = Callable[..., dict[str, Any]]
_numbers = itertools.count()


@pytest.fixture(scope="module")
def subnets(local_aws: LocalAws) -> list[str]:
    ec2 = local_aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )
        for index, zone in enumerate("ab")
    ]
    return [one["Subnet"]["SubnetId"] for one in made]


@pytest.fixture
def group(local_aws: LocalAws, subnets: list[str]) -> Group:
    ec2 = local_aws.client("ec2")
    vpc = ec2.describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]

    def make(name: str = "", **options: Any) -> dict[str, Any]:
        unique = f"g{next(_numbers)}{name}"
        given = {"Protocol": "HTTP", "Port": 80, "VpcId": vpc, **options}
        made: dict[str, Any] = local_aws.client("elbv2").create_target_group(Name=unique, **given)[
            "TargetGroups"
        ][0]
        return made

    return make


@pytest.fixture
def balancer(local_aws: LocalAws, subnets: list[str]) -> Callable[..., str]:
    def make(kind: str = "application") -> str:
        unique = f"b{next(_numbers)}"
        arn: str = local_aws.client("elbv2").create_load_balancer(
            Name=unique, Subnets=subnets, Type=kind
        )["LoadBalancers"][0]["LoadBalancerArn"]
        return arn

    return make


def forward(arn: str) -> list[dict[str, Any]]:
    return [{"Type": "forward", "TargetGroupArn": arn}]


def ports(aws: LocalAws, arn: str) -> list[tuple[int, str]]:
    found = aws.client("elbv2").describe_target_health(TargetGroupArn=arn)
    return [
        (one["Target"]["Port"], one["TargetHealth"]["State"])
        for one in found["TargetHealthDescriptions"]
    ]


def test_moto_still_knows_one_port_of_a_target(local_aws: LocalAws, group: Group) -> None:
    ec2, elb, arn = local_aws.client("ec2"), local_aws.client("elbv2"), group()["TargetGroupArn"]
    host = ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    both = [{"Id": host, "Port": 31000}, {"Id": host, "Port": 31001}]

    with reverted(*elbv2_targets.PATCHES):
        elb.register_targets(TargetGroupArn=arn, Targets=both)
        assert ports(local_aws, arn) == [(31001, "healthy")]
        elb.deregister_targets(TargetGroupArn=arn, Targets=both[1:])


def test_patched_each_port_of_a_host_is_a_target(local_aws: LocalAws, group: Group) -> None:
    ec2, elb, arn = local_aws.client("ec2"), local_aws.client("elbv2"), group()["TargetGroupArn"]
    host = ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    first, second = {"Id": host, "Port": 31000}, {"Id": host, "Port": 31001}

    elb.register_targets(TargetGroupArn=arn, Targets=[first, second])
    assert ports(local_aws, arn) == [(31000, "healthy"), (31001, "healthy")]
    elb.deregister_targets(TargetGroupArn=arn, Targets=[first])
    elb.deregister_targets(TargetGroupArn=arn, Targets=[first])
    assert ports(local_aws, arn) == [(31001, "healthy")]
    ec2.terminate_instances(InstanceIds=[host])

    assert ports(local_aws, arn) == []
    gone = elb.describe_target_health(TargetGroupArn=arn, Targets=[second])
    assert gone["TargetHealthDescriptions"][0]["TargetHealth"]["State"] == "draining"


def test_moto_still_drops_what_a_target_group_was_given(local_aws: LocalAws, group: Group) -> None:
    elb = local_aws.client("elbv2")

    with reverted(*elbv2_target_groups.PATCHES):
        made = group(ProtocolVersion="GRPC", HealthCheckEnabled=False, Matcher={"GrpcCode": "12"})
        arn = made["TargetGroupArn"]
        changed = elb.modify_target_group(TargetGroupArn=arn, Matcher={"GrpcCode": "0"})
        with pytest.raises(ClientError, match="0-3600"):
            elb.modify_target_group_attributes(
                TargetGroupArn=arn,
                Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "3600"}],
            )

    assert made["HealthCheckEnabled"] is True
    assert changed["TargetGroups"][0]["Matcher"] == {"GrpcCode": "12"}


def test_patched_a_target_group_is_what_it_was_given(local_aws: LocalAws, group: Group) -> None:
    elb = local_aws.client("elbv2")
    made = group(ProtocolVersion="GRPC", HealthCheckEnabled=False, Matcher={"GrpcCode": "12"})
    arn = made["TargetGroupArn"]
    changed = elb.modify_target_group(TargetGroupArn=arn, Matcher={"GrpcCode": "0"})
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "3600"}]
    elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=delay)
    known = elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]

    assert made["HealthCheckEnabled"] is False
    assert changed["TargetGroups"][0]["Matcher"] == {"GrpcCode": "0"}
    assert delay[0] in known


def test_moto_still_names_load_balancers_that_are_gone(
    local_aws: LocalAws, group: Group, balancer: Callable[..., str]
) -> None:
    elb, arn, served = local_aws.client("elbv2"), group()["TargetGroupArn"], balancer()
    listen = {"LoadBalancerArn": served, "Protocol": "HTTP", "DefaultActions": forward(arn)}

    def shown() -> list[str]:
        found: list[str] = elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0][
            "LoadBalancerArns"
        ]
        return found

    with reverted(*elbv2_target_groups.PATCHES):
        other = group("x")["TargetGroupArn"]
        listener = elb.create_listener(
            LoadBalancerArn=served, Protocol="HTTP", Port=80, DefaultActions=forward(other)
        )["Listeners"][0]["ListenerArn"]
        elb.delete_listener(ListenerArn=listener)
        stale = elb.describe_target_groups(TargetGroupArns=[other])["TargetGroups"][0]
        assert stale["LoadBalancerArns"] == [served]

    first = elb.create_listener(Port=81, **listen)["Listeners"][0]["ListenerArn"]
    second = elb.create_listener(Port=82, **listen)["Listeners"][0]["ListenerArn"]
    assert shown() == [served]
    elb.delete_listener(ListenerArn=first)
    elb.delete_listener(ListenerArn=second)
    assert shown() == []


@pytest.fixture
def secure(
    local_aws: LocalAws, group: Group, balancer: Callable[..., str]
) -> tuple[str, list[str]]:
    """A TLS listener, and two certificates of which it has the first."""
    acm = local_aws.client("acm")
    certificates = [
        acm.request_certificate(DomainName=f"{name}.example")["CertificateArn"] for name in "ab"
    ]
    arn: str = local_aws.client("elbv2").create_listener(
        LoadBalancerArn=balancer("network"),
        Protocol="TLS",
        Port=443,
        Certificates=[{"CertificateArn": certificates[0]}],
        DefaultActions=forward(group(Protocol="TCP")["TargetGroupArn"]),
    )["Listeners"][0]["ListenerArn"]
    return arn, certificates


def test_moto_still_cannot_modify_a_tls_listener(
    local_aws: LocalAws, secure: tuple[str, list[str]]
) -> None:
    elb, (arn, _) = local_aws.client("elbv2"), secure

    with reverted(*elbv2_listeners.PATCHES):
        with pytest.raises(ClientError, match="TLS is not supported"):
            elb.modify_listener(ListenerArn=arn, Protocol="TLS")
        changed = elb.modify_listener(ListenerArn=arn, AlpnPolicy=["HTTP2Only"])["Listeners"][0]
        assert changed["AlpnPolicy"] == []


def test_patched_a_tls_listener_changes_and_keeps_its_further_certificates(
    local_aws: LocalAws, secure: tuple[str, list[str]]
) -> None:
    elb, (arn, (_, other)) = local_aws.client("elbv2"), secure
    further = [{"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/sni"}]
    elb.add_listener_certificates(ListenerArn=arn, Certificates=further)

    changed = elb.modify_listener(
        ListenerArn=arn,
        Protocol="TLS",
        AlpnPolicy=["HTTP2Only"],
        Certificates=[{"CertificateArn": other}],
    )["Listeners"][0]

    assert (changed["Protocol"], changed["AlpnPolicy"]) == ("TLS", ["HTTP2Only"])
    assert changed["Certificates"] == [{"CertificateArn": other}, *further]
    with pytest.raises(ClientError, match="Certificate nothing not found"):
        elb.modify_listener(ListenerArn=arn, Certificates=[{"CertificateArn": "nothing"}])


def test_moto_still_forwards_grpc_from_http(
    local_aws: LocalAws, group: Group, balancer: Callable[..., str]
) -> None:
    elb, arn = local_aws.client("elbv2"), group(ProtocolVersion="GRPC")["TargetGroupArn"]
    plain = group("plain")["TargetGroupArn"]
    listen = {"LoadBalancerArn": balancer(), "Protocol": "HTTP"}
    conditions = [{"Field": "path-pattern", "Values": ["/x"]}]

    with reverted(*elbv2_grpc_listeners.PATCHES):
        elb.create_listener(Port=80, DefaultActions=forward(arn), **listen)
    listener = elb.create_listener(Port=81, DefaultActions=forward(plain), **listen)["Listeners"][
        0
    ]["ListenerArn"]
    rule = elb.create_rule(
        ListenerArn=listener, Priority=1, Conditions=conditions, Actions=forward(plain)
    )["Rules"][0]["RuleArn"]

    refused = "'HTTP' is not supported with a target group with the protocol-version 'GRPC'"
    with pytest.raises(ClientError, match=refused):
        elb.create_listener(Port=82, DefaultActions=forward(arn), **listen)
    with pytest.raises(ClientError, match=refused):
        elb.modify_listener(ListenerArn=listener, DefaultActions=forward(arn))
    with pytest.raises(ClientError, match=refused):
        elb.create_rule(
            ListenerArn=listener, Priority=2, Conditions=conditions, Actions=forward(arn)
        )
    with pytest.raises(ClientError, match=refused):
        elb.modify_rule(RuleArn=rule, Actions=forward(arn))


def test_moto_still_calls_every_load_balancer_an_application_one(
    local_aws: LocalAws, balancer: Callable[..., str]
) -> None:
    with reverted(*elbv2_network_arns.PATCHES):
        assert ":loadbalancer/app/" in balancer("network")
    elb = local_aws.client("elbv2")
    subnets = [
        zone["SubnetId"]
        for zone in elb.describe_load_balancers()["LoadBalancers"][0]["AvailabilityZones"]
    ]

    arn = elb.create_load_balancer(
        Name="net", Subnets=subnets, Type="network", Tags=[{"Key": "a", "Value": "b"}]
    )["LoadBalancers"][0]["LoadBalancerArn"]

    assert ":loadbalancer/net/net/" in arn
    shown = elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]
    assert shown["Tags"] == [{"Key": "a", "Value": "b"}]


def test_moto_still_deletes_a_protected_load_balancer(
    local_aws: LocalAws, balancer: Callable[..., str]
) -> None:
    elb, arn = local_aws.client("elbv2"), balancer()
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=arn,
        Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}],
    )

    with pytest.raises(ClientError, match="deletion protection is enabled"):
        elb.delete_load_balancer(LoadBalancerArn=arn)
    with reverted(*elbv2_deletion_protection.PATCHES):
        elb.delete_load_balancer(LoadBalancerArn=arn)

    with pytest.raises(ClientError, match="LoadBalancerNotFound"):
        elb.describe_load_balancers(LoadBalancerArns=[arn])
