"""What opens a door."""

from __future__ import annotations

from typing import Any

from tests.support.change_cases import Case
from tests.support.template_changes import GONE, add, put

_MODEL = "AWS::SageMaker::Model"
_BUCKET = "AWS::S3::Bucket"
_POOL = "AWS::AutoScaling::AutoScalingGroup"
_GROUP = "AWS::EC2::SecurityGroup"
_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
_SUBNET = "AWS::EC2::Subnet"
_INTERFACE = "AWS::EC2::VPCEndpoint"
_OPEN = {"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
_ANYONE = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Principal": "*",
    "Resource": "arn:aws:s3:::x/*",
}
_POLICY_OF_ENDPOINT = {"Statement": [{**_ANYONE, "Action": "s3:*", "Resource": "*"}]}
_HALF = {"CidrIp": "0.0.0.0/1", "IpProtocol": "-1"}
_TABLE = "NetworkVpcPrivateSubnet1RouteTable7D7AA3CD"


def _public_route(templates: Any) -> None:
    network = templates["prod-network"]["Resources"]
    tables = [name for name in network if "PrivateSubnet1RouteTable" in name]
    table = next(name for name in tables if network[name]["Type"] == "AWS::EC2::RouteTable")
    (gateway,) = (n for n in network if network[n]["Type"] == "AWS::EC2::InternetGateway")
    network["Opened"] = {
        "Type": "AWS::EC2::Route",
        "Properties": {
            "DestinationCidrBlock": "203.0.113.0/24",
            "RouteTableId": {"Ref": table},
            "GatewayId": {"Ref": gateway},
        },
    }


CASES = (
    Case(
        "port opened",
        "prod",
        put(_GROUP, "SecurityGroupIngress", [_OPEN], "Endpoint"),
        "network",
        "the whole internet",
    ),
    Case(
        "range widened",
        "dev",
        put(_GROUP, "SecurityGroupIngress/0/CidrIp", "10.0.0.0/8", "InterfaceEndpoints"),
        "network",
        "from 10.0.0.0/8",
    ),
    Case(
        "ports widened",
        "dev",
        put(_GROUP, "SecurityGroupIngress/0/FromPort", 80, "InterfaceEndpoints"),
        "network",
        "tcp 80-443",
    ),
    Case(
        "everything out",
        "dev",
        put(_GROUP, "SecurityGroupEgress", GONE, "inf1SecurityGroup"),
        "network",
        "everything to 0.0.0.0/0",
    ),
    Case("subnet becomes public", "prod", _public_route, "network", "becomes public"),
    Case(
        "public addresses", "prod", put(_SUBNET, "MapPublicIpOnLaunch", True), "network", "public"
    ),
    Case(
        "balancer for everyone",
        "dev",
        put(_BALANCER, "Scheme", "internet-facing", "Resnet50"),
        "network",
        "faces the internet",
    ),
    Case(
        "endpoint policy removed",
        "dev",
        put(_INTERFACE, "PolicyDocument", GONE, "S3"),
        "network",
        "its policy is gone",
        put(_INTERFACE, "PolicyDocument", _POLICY_OF_ENDPOINT, "S3"),
    ),
    Case(
        "peering",
        "prod",
        add("-network", "Peer", "AWS::EC2::VPCPeeringConnection"),
        "network",
        "peering",
    ),
    Case(
        "isolation off",
        "prod",
        put(_MODEL, "EnableNetworkIsolation", False),
        "network",
        "network calls of its own",
    ),
    Case(
        "out of the network",
        "prod",
        put(_MODEL, "VpcConfig", GONE),
        "network",
        "leaves the network",
    ),
    Case(
        "behind another group",
        "prod",
        put(_MODEL, "VpcConfig/SecurityGroupIds", ["sg-1"]),
        "network",
        "other groups",
    ),
    Case(
        "new group for half of the internet",
        "prod",
        add("-network", "Half", _GROUP, {"GroupDescription": "x", "SecurityGroupIngress": [_HALF]}),
        "network",
        "from 0.0.0.0/1",
    ),
    Case(
        "new group for a prefix list",
        "prod",
        add(
            "-network",
            "Listed",
            _GROUP,
            {
                "GroupDescription": "x",
                "SecurityGroupIngress": [{"SourcePrefixListId": "pl-1", "IpProtocol": "-1"}],
            },
        ),
        "network",
        "from pl-1",
    ),
    Case(
        "rule of a group elsewhere",
        "prod",
        add(
            "-network",
            "Rule",
            "AWS::EC2::SecurityGroupIngress",
            {**_HALF, "CidrIp": "10.9.0.0/16", "GroupId": "sg-1"},
        ),
        "network",
        "from 10.9.0.0/16",
    ),
    Case(
        "way to a peer",
        "prod",
        add(
            "-network",
            "Way",
            "AWS::EC2::Route",
            {
                "RouteTableId": {"Ref": _TABLE},
                "DestinationCidrBlock": "10.9.0.0/16",
                "VpcPeeringConnectionId": "pcx-1",
            },
        ),
        "network",
        "leads to another network: pcx-1",
    ),
    Case(
        "internet gateway by its id",
        "prod",
        add(
            "-network",
            "Way",
            "AWS::EC2::Route",
            {
                "RouteTableId": {"Ref": _TABLE},
                "DestinationCidrBlock": "203.0.113.0/24",
                "GatewayId": "igw-1",
            },
        ),
        "network",
        "becomes public",
    ),
    Case(
        "access list opened",
        "prod",
        add("-network", "Entry", "AWS::EC2::NetworkAclEntry", {"CidrBlock": "0.0.0.0/0"}),
        "network",
        "access list",
    ),
    Case(
        "subnets from elsewhere",
        "dev",
        put(_POOL, "VPCZoneIdentifier", ["subnet-1"]),
        "network",
        "subnets of no template: subnet-1",
    ),
    Case(
        "addresses of version 6",
        "prod",
        put(_SUBNET, "AssignIpv6AddressOnCreation", True),
        "network",
        "IPv6",
    ),
    Case(
        "bucket by access list",
        "prod",
        put(_BUCKET, "AccessControl", "PublicRead"),
        "network",
        "access list",
    ),
    Case(
        "bucket as a website",
        "prod",
        put(_BUCKET, "WebsiteConfiguration", {"IndexDocument": "i"}),
        "network",
        "website",
    ),
    Case(
        "bucket copied away",
        "prod",
        put(_BUCKET, "ReplicationConfiguration", {"Role": "r", "Rules": []}),
        "network",
        "another bucket",
    ),
    Case(
        "calls stored",
        "prod",
        put("AWS::SageMaker::EndpointConfig", "DataCaptureConfig", {"EnableCapture": True}),
        "network",
        "stores what callers send",
    ),
    Case(
        "messages without encryption",
        "prod",
        add("-models", "Told", "AWS::SNS::Subscription", {"Protocol": "http"}),
        "network",
        "without encryption",
    ),
)
