"""Networks, security groups, endpoints and flow logs."""

from __future__ import annotations

from .parts import (
    GATEWAY,
    GROUP,
    ROLE,
    SUBNET,
    TABLE,
    VPC,
    Case,
    ref,
    resource,
    tags,
)

# what is under test, what it needs, the changed properties, whether they replace it
CASES: list[Case] = [
    (VPC, {}, {"EnableDnsHostnames": "true", "Tags": tags(a="b")}, False),
    (VPC, {}, {"CidrBlock": "10.1.0.0/16"}, True),
    (SUBNET, {"Vpc": VPC}, {"MapPublicIpOnLaunch": True, "Tags": tags(a="b")}, False),
    (SUBNET, {"Vpc": VPC}, {"CidrBlock": "10.0.9.0/24"}, True),
    (TABLE, {"Vpc": VPC}, {"Tags": tags(a="b")}, False),
    (GATEWAY, {}, {"Tags": tags(a="b")}, False),
    (
        resource(
            "AWS::EC2::VPCGatewayAttachment", VpcId=ref("Vpc"), InternetGatewayId=ref("Gateway")
        ),
        {"Vpc": VPC, "Gateway": GATEWAY},
        {},
        False,
    ),
    (
        resource(
            "AWS::EC2::SubnetRouteTableAssociation", SubnetId=ref("Sub"), RouteTableId=ref("A")
        ),
        {"Vpc": VPC, "Sub": SUBNET, "A": TABLE, "B": TABLE},
        {"RouteTableId": ref("B")},
        True,
    ),
    (
        {
            **resource(
                "AWS::EC2::Route",
                RouteTableId=ref("Table"),
                DestinationCidrBlock="0.0.0.0/0",
                GatewayId=ref("Gateway"),
            ),
            "DependsOn": "Attachment",
        },
        {
            "Vpc": VPC,
            "Table": TABLE,
            "Gateway": GATEWAY,
            "Attachment": resource(
                "AWS::EC2::VPCGatewayAttachment",
                VpcId=ref("Vpc"),
                InternetGatewayId=ref("Gateway"),
            ),
        },
        {"DestinationCidrBlock": "192.0.2.0/24"},
        True,
    ),
    (resource("AWS::EC2::EIP", Domain="vpc"), {}, {"Tags": tags(a="b")}, False),
    (
        resource(
            "AWS::EC2::NatGateway", SubnetId=ref("Sub"), AllocationId=ref("Ip", "AllocationId")
        ),
        {"Vpc": VPC, "Sub": SUBNET, "Ip": resource("AWS::EC2::EIP", Domain="vpc")},
        {"Tags": tags(a="b")},
        False,
    ),
    (
        GROUP,
        {"Vpc": VPC},
        {
            "SecurityGroupIngress": [
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": "443"}
                | {"CidrIp": "10.0.0.0/8", "Description": "d"}
            ],
            "Tags": tags(a="b"),
        },
        False,
    ),
    (
        resource(
            "AWS::EC2::SecurityGroupIngress",
            GroupId=ref("Group"),
            IpProtocol="tcp",
            FromPort=1,
            ToPort=2,
            SourceSecurityGroupId=ref("Group"),
        ),
        {"Vpc": VPC, "Group": GROUP},
        {"Description": "only the text"},
        False,
    ),
    (
        resource(
            "AWS::EC2::SecurityGroupEgress",
            GroupId=ref("Group"),
            IpProtocol="tcp",
            FromPort=1,
            ToPort=2,
            CidrIp="10.0.0.0/8",
        ),
        {
            "Vpc": VPC,
            "Group": resource(
                "AWS::EC2::SecurityGroup",
                GroupDescription="d",
                VpcId=ref("Vpc"),
                SecurityGroupEgress=[
                    {"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86}
                    | {"CidrIp": "255.255.255.255/32"}
                ],
            ),
        },
        {"ToPort": 3},
        False,
    ),
    (
        resource(
            "AWS::EC2::VPCEndpoint",
            VpcId=ref("Vpc"),
            ServiceName="com.amazonaws.us-east-1.s3",
            VpcEndpointType="Gateway",
            RouteTableIds=[ref("A")],
        ),
        {"Vpc": VPC, "A": TABLE, "B": TABLE},
        {"RouteTableIds": [ref("B")], "Tags": tags(a="b")},
        False,
    ),
    (
        resource(
            "AWS::EC2::VPCEndpoint",
            VpcId=ref("Vpc"),
            ServiceName="com.amazonaws.us-east-1.logs",
            VpcEndpointType="Interface",
            PrivateDnsEnabled=True,
            SubnetIds=[ref("Sub")],
            SecurityGroupIds=[ref("Group")],
        ),
        {"Vpc": VPC, "Sub": SUBNET, "Group": GROUP},
        {"PrivateDnsEnabled": False},
        False,
    ),
    (
        resource(
            "AWS::EC2::FlowLog",
            ResourceId=ref("Vpc"),
            ResourceType="VPC",
            TrafficType="ALL",
            LogDestinationType="cloud-watch-logs",
            LogGroupName=ref("Logs"),
            DeliverLogsPermissionArn=ref("Role", "Arn"),
        ),
        {"Vpc": VPC, "Role": ROLE, "Logs": resource("AWS::Logs::LogGroup")},
        {"Tags": tags(a="b")},
        False,
    ),
]
