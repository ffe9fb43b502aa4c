"""Load balancers: what a template says is what reads back, and what AWS refuses."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from .cases_balancing import (
    BALANCER,
    GRPC,
    LISTENER,
    NETWORK,
    NETWORK_BALANCER,
    attributes,
    forward,
    targets,
)
from .conftest import Stacks
from .parts import ref, resource, tags


@pytest.fixture
def certificates(stacks: Stacks) -> list[str]:
    acm = stacks.aws.client("acm")
    return [
        acm.request_certificate(DomainName=f"{name}.example")["CertificateArn"] for name in "abc"
    ]


def https(certificate: str, **more: Any) -> dict[str, Any]:
    return resource(
        "AWS::ElasticLoadBalancingV2::Listener",
        LoadBalancerArn=ref("Balancer"),
        Port=443,
        Protocol="HTTPS",
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=forward("Grpc"),
        **more,
    )


def test_a_grpc_service_behind_https_reads_back(stacks: Stacks, certificates: list[str]) -> None:
    first, second, third = certificates
    more = resource(
        "AWS::ElasticLoadBalancingV2::ListenerCertificate",
        ListenerArn=ref("Listener"),
        Certificates=[{"CertificateArn": second}],
    )
    resources = {**NETWORK, "Balancer": BALANCER, "Grpc": GRPC, "More": more}

    stacks.create("b", {"Resources": {**resources, "Listener": https(first)}})
    stacks.update("b", {"Resources": {**resources, "Listener": https(third)}})

    elb = stacks.aws.client("elbv2")
    listener_arn = stacks.physical_id("b", "Listener")
    group_arn = stacks.physical_id("b", "Grpc")
    (listener,) = elb.describe_listeners(ListenerArns=[listener_arn])["Listeners"]
    (group,) = elb.describe_target_groups(TargetGroupArns=[group_arn])["TargetGroups"]
    known = elb.describe_target_group_attributes(TargetGroupArn=group_arn)["Attributes"]
    shown = elb.describe_listener_certificates(ListenerArn=listener_arn)["Certificates"]
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert listener["DefaultActions"] == [{"Type": "forward", "TargetGroupArn": group_arn}]
    assert [one["CertificateArn"] for one in shown] == [third, second]
    assert (group["ProtocolVersion"], group["Matcher"]) == ("GRPC", {"GrpcCode": "12"})
    assert group["LoadBalancerArns"] == [stacks.physical_id("b", "Balancer")]
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "30"} in known


def test_grpc_behind_http_is_refused_as_aws_refuses_it(stacks: Stacks) -> None:
    plain = {
        **LISTENER,
        "Properties": {**LISTENER["Properties"], "DefaultActions": forward("Grpc")},
    }

    made = stacks.create(
        "b", {"Resources": {**NETWORK, "Balancer": BALANCER, "Grpc": GRPC, "Listener": plain}}
    )

    assert made["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "target group with the protocol-version 'GRPC'" in stacks.reasons("b")


def test_a_network_load_balancer_with_tls_reads_back(
    stacks: Stacks, certificates: list[str]
) -> None:
    tcp = targets()
    tcp["Properties"] |= {"Protocol": "TCP", "HealthCheckProtocol": "TCP"}

    def body(policy: str) -> dict[str, Any]:
        listener = https(certificates[0], AlpnPolicy=[policy])
        listener["Properties"] |= {"Protocol": "TLS", "DefaultActions": forward("Tcp")}
        names = {"Name": {"Value": ref("Balancer", "LoadBalancerFullName")}}
        resources = {"Balancer": NETWORK_BALANCER, "Tcp": tcp, "Listener": listener}
        return {"Resources": {**NETWORK, **resources}, "Outputs": names}

    stacks.create("n", body("HTTP2Only"))
    assert stacks.update("n", body("HTTP2Preferred"))["StackStatus"] == "UPDATE_COMPLETE"

    arn = stacks.physical_id("n", "Listener")
    elb = stacks.aws.client("elbv2")
    (listener,) = elb.describe_listeners(ListenerArns=[arn])["Listeners"]
    described = elb.describe_tags(ResourceArns=[stacks.physical_id("n", "Balancer")])
    assert (listener["Protocol"], listener["AlpnPolicy"]) == ("TLS", ["HTTP2Preferred"])
    assert stacks.outputs("n")["Name"].startswith("net/n-Balancer-")
    assert described["TagDescriptions"][0]["Tags"] == tags(a="b")


def test_the_parts_of_a_name_that_is_not_known_yet_can_be_selected(stacks: Stacks) -> None:
    # what the CDK makes of scaling on requests per target
    parts = {"Fn::Split": ["/", ref("Listener")]}
    label = {"Fn::Join": ["/", [{"Fn::Select": [index, parts]} for index in (1, 2, 3)]]}
    parameter = resource("AWS::SSM::Parameter", Type="String", Value=label)
    resources = {"Balancer": BALANCER, "Rest": targets(), "Listener": LISTENER, "Label": parameter}

    stacks.create("s", {"Resources": {**NETWORK, **resources}})

    name = stacks.physical_id("s", "Label")
    value = stacks.aws.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    assert value == stacks.physical_id("s", "Balancer").partition(":loadbalancer/")[2]


def test_a_protected_load_balancer_stops_the_deletion_of_its_stack(stacks: Stacks) -> None:
    properties = BALANCER["Properties"]
    protected = attributes(deletion_protection__enabled="true")
    subject = {**BALANCER, "Properties": {**properties, "LoadBalancerAttributes": protected}}
    stacks.create("p", {"Resources": {**NETWORK, "Balancer": subject}})

    stuck = stacks.delete("p")

    assert stuck["StackStatus"] == "DELETE_FAILED"
    assert "deletion protection is enabled" in stuck["StackStatusReason"]
    stacks.aws.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=stacks.physical_id("p", "Balancer"),
        Attributes=attributes(deletion_protection__enabled="false"),
    )


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("LoadBalancer", "SubnetMappings"),
        ("Listener", "MutualAuthentication"),
        ("ListenerRule", "Transforms"),
        ("TargetGroup", "TargetControlPort"),
    ],
)
def test_what_would_be_lost_is_refused_by_name(stacks: Stacks, kind: str, name: str) -> None:
    full = f"AWS::ElasticLoadBalancingV2::{kind}"

    with pytest.raises(ClientError, match=f"property {full}.{name} is not emulated"):
        stacks.create("x", {"Resources": {"X": resource(full, **{name: []})}})
    stacks.used.clear()


def test_an_attribute_without_a_known_default_cannot_be_taken_out(stacks: Stacks) -> None:
    unusual = attributes(zonal_shift__config__enabled="true")
    properties = {**BALANCER["Properties"], "LoadBalancerAttributes": unusual}
    with_it = {**NETWORK, "Balancer": {**BALANCER, "Properties": properties}}
    stacks.create("z", {"Resources": with_it})

    updated = stacks.update("z", {"Resources": {**NETWORK, "Balancer": BALANCER}})

    assert updated["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "taking zonal_shift.config.enabled out" in stacks.reasons("z")
