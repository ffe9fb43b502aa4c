"""Load balancers, target groups, listeners and rules."""

from __future__ import annotations

from typing import Any

from .parts import GROUP, SUBNET, VPC, Case, ref, resource, tags

OTHER_SUBNET = resource(
    "AWS::EC2::Subnet",
    VpcId=ref("Vpc"),
    CidrBlock="10.0.2.0/24",
    AvailabilityZone="us-east-1b",
)
FIRST_SUBNET = {
    **SUBNET,
    "Properties": {**SUBNET["Properties"], "AvailabilityZone": "us-east-1a"},
}
NETWORK = {"Vpc": VPC, "Sub": FIRST_SUBNET, "Sub2": OTHER_SUBNET, "Group": GROUP}


def attributes(**values: str) -> list[dict[str, str]]:
    return [{"Key": key.replace("__", "."), "Value": value} for key, value in values.items()]


BALANCER = resource(
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    Scheme="internal",
    Type="application",
    Subnets=[ref("Sub"), ref("Sub2")],
    LoadBalancerAttributes=attributes(deletion_protection__enabled="false"),
)
NETWORK_BALANCER = resource(
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    Scheme="internal",
    Type="network",
    Subnets=[ref("Sub"), ref("Sub2")],
    Tags=tags(a="b"),
)


def targets(**properties: Any) -> dict[str, Any]:
    return resource(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        VpcId=ref("Vpc"),
        Port=8501,
        Protocol="HTTP",
        TargetType="instance",
        **properties,
    )


REST = targets(HealthCheckPath="/v1/models/m")
GRPC = targets(
    ProtocolVersion="GRPC",
    HealthCheckEnabled=True,
    Matcher={"GrpcCode": "12"},
    TargetGroupAttributes=attributes(deregistration_delay__timeout_seconds="30"),
)


def forward(name: str) -> list[dict[str, Any]]:
    return [{"Type": "forward", "TargetGroupArn": ref(name)}]


LISTENER = resource(
    "AWS::ElasticLoadBalancingV2::Listener",
    LoadBalancerArn=ref("Balancer"),
    Port=80,
    Protocol="HTTP",
    DefaultActions=forward("Rest"),
)
SERVED = {**NETWORK, "Balancer": BALANCER, "Rest": REST, "Grpc": targets()}

# what is under test, what it needs, the changed properties, whether they replace it
CASES: list[Case] = [
    (
        BALANCER,
        NETWORK,
        {
            "SecurityGroups": [ref("Group", "GroupId")],
            "LoadBalancerAttributes": attributes(
                deletion_protection__enabled="false", idle_timeout__timeout_seconds="600"
            ),
            "Tags": tags(a="b"),
        },
        False,
    ),
    (BALANCER, NETWORK, {"Name": "named"}, True),
    (
        NETWORK_BALANCER,
        NETWORK,
        {"LoadBalancerAttributes": attributes(load_balancing__cross_zone__enabled="true")},
        False,
    ),
    (
        GRPC,
        {"Vpc": VPC},
        {
            "HealthCheckIntervalSeconds": 10,
            "HealthCheckEnabled": False,
            "Matcher": {"GrpcCode": "0-99"},
            "TargetGroupAttributes": attributes(
                deregistration_delay__timeout_seconds="3600",
                load_balancing__algorithm__type="least_outstanding_requests",
            ),
            "Tags": tags(a="b"),
        },
        False,
    ),
    (REST, {"Vpc": VPC}, {"Port": 8502}, True),
    (
        LISTENER,
        SERVED,
        {
            "Port": 81,
            "DefaultActions": [
                {
                    "Type": "fixed-response",
                    "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"},
                }
            ],
            "Tags": tags(a="b"),
        },
        False,
    ),
    (
        resource(
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            ListenerArn=ref("Listener"),
            Priority=10,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/v1/*"]}}],
            Actions=forward("Rest"),
        ),
        {**SERVED, "Listener": LISTENER},
        {
            "Priority": 20,
            "Actions": [
                {
                    "Type": "forward",
                    "ForwardConfig": {
                        "TargetGroups": [
                            {"TargetGroupArn": ref("Rest"), "Weight": 9},
                            {"TargetGroupArn": ref("Grpc"), "Weight": "1"},
                        ]
                    },
                }
            ],
        },
        False,
    ),
    (
        resource(
            "AWS::ElasticLoadBalancingV2::ListenerCertificate",
            ListenerArn=ref("Listener"),
            Certificates=[{"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a"}],
        ),
        {**SERVED, "Listener": LISTENER},
        {"Certificates": [{"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/b"}]},
        False,
    ),
]
