"""What the network stack promises."""

from __future__ import annotations

from typing import Any

from aws_cdk.assertions import Match, Template

from stacks.config import Platform


def test_vpc_spreads_over_two_zones_without_a_look_up(laptop: Any) -> None:
    zones = [
        subnet["Properties"]["AvailabilityZone"]
        for subnet in laptop.resources("network", "AWS::EC2::Subnet")
    ]

    assert zones == [{"Fn::Select": [index, {"Fn::GetAZs": ""}]} for index in (0, 1, 0, 1)]
    assert not list(laptop.directory.glob("cdk.context.json"))


def test_a_known_account_needs_no_zone_look_up_either(china: Any) -> None:
    assert '"missing"' not in (china.directory / "manifest.json").read_text()


def test_one_nat_gateway_is_shared_by_both_private_subnets(laptop: Any) -> None:
    assert len(laptop.resources("network", "AWS::EC2::NatGateway")) == 1
    routes = [
        route["Properties"]
        for route in laptop.resources("network", "AWS::EC2::Route")
        if "NatGatewayId" in route["Properties"]
    ]
    assert len(routes) == 2
    assert routes[0]["NatGatewayId"] == routes[1]["NatGatewayId"]


def test_prod_has_one_nat_gateway_in_each_zone(prod: Any) -> None:
    assert len(prod.resources("network", "AWS::EC2::NatGateway")) == 2


def test_isolated_subnets_have_no_route_out(govcloud: Any) -> None:
    zones = [
        subnet["Properties"]["AvailabilityZone"]["Fn::Select"][0]
        for subnet in govcloud.resources("network", "AWS::EC2::Subnet")
    ]
    assert zones == [0, 1, 2]
    assert govcloud.resources("network", "AWS::EC2::Route") == []
    assert govcloud.resources("network", "AWS::EC2::InternetGateway") == []


def test_subnets_give_no_public_address_by_themselves(any_platform: Any) -> None:
    for subnet in any_platform.resources("network", "AWS::EC2::Subnet"):
        assert subnet["Properties"]["MapPublicIpOnLaunch"] is False


def test_s3_is_reached_through_a_gateway_endpoint(laptop: Any) -> None:
    gateways = [
        endpoint["Properties"]
        for endpoint in laptop.resources("network", "AWS::EC2::VPCEndpoint")
        if endpoint["Properties"]["VpcEndpointType"] == "Gateway"
    ]

    (gateway,) = gateways
    assert gateway["ServiceName"]["Fn::Join"][1][-1] == ".s3"
    assert len(gateway["RouteTableIds"]) == 4


def _interface_services(synthesized: Any) -> set[str]:
    return {
        endpoint["Properties"]["ServiceName"]
        for endpoint in synthesized.resources("network", "AWS::EC2::VPCEndpoint")
        if endpoint["Properties"]["VpcEndpointType"] == "Interface"
    }


def test_a_serving_platform_gets_the_runtime_endpoint_alone(laptop: Any) -> None:
    assert _interface_services(laptop) == {"com.amazonaws.us-east-1.sagemaker.runtime"}


def test_isolated_hosts_reach_ecs_the_registry_and_logs(fleet: Any) -> None:
    assert _interface_services(fleet) == {
        f"com.amazonaws.us-east-1.{name}"
        for name in (
            *("autoscaling", "ec2", "ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry"),
            *("logs", "monitoring"),
        )
    }


def test_hosts_with_a_way_out_need_no_interface_endpoint(china_fleet: Any) -> None:
    assert _interface_services(china_fleet) == set()


def test_chinese_service_names_start_with_cn(china: Any) -> None:
    assert _interface_services(china) == {"cn.com.amazonaws.cn-north-1.sagemaker.runtime"}


def test_isolated_containers_reach_logs_metrics_and_sts(govcloud: Any) -> None:
    assert _interface_services(govcloud) == {
        f"com.amazonaws.us-gov-west-1.{name}"
        for name in ("logs", "monitoring", "sagemaker.runtime", "sts")
    }


def test_a_platform_without_an_endpoint_is_a_network_with_what_it_asks_for(
    network_only: Any,
) -> None:
    assert set(network_only.templates) == {"network"}
    assert _interface_services(network_only) == {
        "com.amazonaws.eu-west-1.elastic-inference.runtime"
    }


def test_no_security_group_lets_the_internet_in(any_platform: Any) -> None:
    for template in any_platform.templates.values():
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::EC2::SecurityGroup":
                for rule in resource["Properties"].get("SecurityGroupIngress", []):
                    assert _is_known(rule["CidrIp"], any_platform.platform)
            if resource["Type"] == "AWS::EC2::SecurityGroupIngress":
                assert "SourceSecurityGroupId" in resource["Properties"]


def _is_known(block: Any, platform: Platform) -> bool:
    """Whether it is the VPC's, or one that the file names as a service's client."""
    if isinstance(block, dict):
        return "CidrBlock" in block["Fn::ImportValue"]
    plans = [] if platform.cluster is None else platform.cluster.services
    balancers = [plan.section.load_balancer for plan in plans]
    named = {client for each in balancers if each is not None for client in each.clients or ()}
    return block == platform.network.cidr or block in named


def test_flow_logs_cover_all_traffic_and_expire(laptop: Any, prod: Any) -> None:
    Template.from_json(laptop.templates["network"]).has_resource_properties(
        "AWS::EC2::FlowLog",
        {
            "TrafficType": "ALL",
            "LogDestinationType": "cloud-watch-logs",
            "LogGroupName": {"Ref": Match.any_value()},
        },
    )
    assert laptop.properties("network", "AWS::Logs::LogGroup") == {"RetentionInDays": 30}
    assert prod.properties("network", "AWS::Logs::LogGroup") == {"RetentionInDays": 365}


def test_flow_logs_can_be_switched_off(govcloud: Any) -> None:
    assert govcloud.resources("network", "AWS::EC2::FlowLog") == []


def test_removal_follows_the_platform(laptop: Any, prod: Any) -> None:
    (short_lived,) = laptop.resources("network", "AWS::Logs::LogGroup")
    (kept,) = prod.resources("network", "AWS::Logs::LogGroup")

    assert short_lived["DeletionPolicy"] == "Delete"
    assert kept["DeletionPolicy"] == "Retain"


def test_nothing_is_a_custom_resource(any_platform: Any) -> None:
    types = {r["Type"] for r in any_platform.templates["network"]["Resources"].values()}

    assert {name for name in types if not name.startswith("AWS::EC2::")} <= {
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::Logs::LogGroup",
    }
