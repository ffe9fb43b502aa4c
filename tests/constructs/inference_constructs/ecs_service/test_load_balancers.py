"""How clients reach a service, and that nothing else does."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from inference_constructs.ecs.cluster import EcsCluster, EcsClusterProps
from inference_constructs.ecs.load_balancer_props import LoadBalancerKind, LoadBalancerProps
from inference_constructs.ecs.neuron_pool import NeuronCapacityPool
from inference_constructs.ecs.packing import NetworkMode
from inference_constructs.ecs.service import NeuronService
from inference_constructs.ecs.service_props import NeuronServiceProps
from inference_constructs.ecs.workload_port import PortProtocol, WorkloadPort
from tests.constructs.inference_constructs.ecs_service.support import (
    CERTIFICATE,
    any_container,
    only,
    pool_in,
    resources,
    template_of,
    tf_serving,
    vpc_of,
)

LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
TARGETS = "AWS::ElasticLoadBalancingV2::TargetGroup"
BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
GRPC = WorkloadPort(name="grpc", port=9000, protocol=PortProtocol.GRPC)


def _serve(
    stack: cdk.Stack,
    cluster: EcsCluster,
    pool: NeuronCapacityPool,
    load_balancer: LoadBalancerProps,
    **given: Any,
) -> NeuronService:
    return NeuronService(
        stack,
        "Service",
        NeuronServiceProps(
            **{
                "service_name": "service",
                "cluster": cluster,
                "pool": pool,
                "workload": any_container(),
                "load_balancer": load_balancer,
                **given,
            }
        ),
    )


def _by(template: dict[str, Any], resource_type: str, key: str) -> dict[Any, dict[str, Any]]:
    return {found[key]: found for found in resources(template, resource_type).values()}


def _attributes(properties: dict[str, Any], name: str) -> dict[str, Any]:
    return {item["Key"]: item["Value"] for item in properties[name]}


def _rules_between(template: dict[str, Any], kind: str) -> list[tuple[int, int]]:
    return [
        (rule["FromPort"], rule["ToPort"])
        for rule in resources(template, f"AWS::EC2::SecurityGroup{kind}").values()
    ]


def test_all_slots_are_behind_the_same_target_groups(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    _serve(
        stack,
        cluster,
        inf1,
        LoadBalancerProps(certificate_arn=CERTIFICATE),
        workload=tf_serving(),
    )

    template = template_of(stack)
    groups = set(resources(template, TARGETS))
    services = list(resources(template, "AWS::ECS::Service").values())
    assert (len(services), len(groups)) == (4, 2)
    for service in services:
        assert {t["TargetGroupArn"]["Ref"] for t in service["LoadBalancers"]} == groups
        assert [t["ContainerPort"] for t in service["LoadBalancers"]] == [8500, 8501]
        assert {t["ContainerName"] for t in service["LoadBalancers"]} == {"main"}
        assert service["HealthCheckGracePeriodSeconds"] == 360


def test_grpc_is_told_by_its_services_and_everything_else_is_rest(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    _serve(
        stack,
        cluster,
        inf1,
        LoadBalancerProps(certificate_arn=CERTIFICATE),
        workload=tf_serving(),
    )

    template = template_of(stack)
    groups = {
        group["ProtocolVersion"]: name for name, group in resources(template, TARGETS).items()
    }
    listener = only(template, LISTENER)
    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert listener["Certificates"] == [{"CertificateArn": CERTIFICATE}]
    assert listener["DefaultActions"][0]["TargetGroupArn"] == {"Ref": groups["HTTP1"]}
    rule = only(template, "AWS::ElasticLoadBalancingV2::ListenerRule")
    assert rule["Actions"][0]["TargetGroupArn"] == {"Ref": groups["GRPC"]}
    assert rule["Conditions"] == [
        {
            "Field": "path-pattern",
            "PathPatternConfig": {
                "Values": [
                    "/tensorflow.serving.PredictionService/*",
                    "/tensorflow.serving.ModelService/*",
                ]
            },
        }
    ]


def test_grpc_without_names_is_told_by_its_content_type(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    _serve(
        stack,
        cluster,
        inf2,
        LoadBalancerProps(certificate_arn=CERTIFICATE),
        workload=any_container(ports=(WorkloadPort(name="rest", port=8000), GRPC)),
    )

    rule = only(template_of(stack), "AWS::ElasticLoadBalancingV2::ListenerRule")
    assert rule["Conditions"] == [
        {
            "Field": "http-header",
            "HttpHeaderConfig": {
                "HttpHeaderName": "content-type",
                "Values": ["application/grpc*"],
            },
        }
    ]


def test_grpc_alone_needs_no_rule(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    service = _serve(
        stack,
        cluster,
        inf2,
        LoadBalancerProps(certificate_arn=CERTIFICATE),
        workload=any_container(ports=(GRPC,)),
    )

    template = template_of(stack)
    assert resources(template, "AWS::ElasticLoadBalancingV2::ListenerRule") == {}
    assert only(template, TARGETS)["ProtocolVersion"] == "GRPC"
    assert service.url is not None
    assert service.url.endswith(":443")


def test_health_is_asked_of_each_protocol_on_the_tasks_own_port(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    _serve(
        stack,
        cluster,
        inf1,
        LoadBalancerProps(certificate_arn=CERTIFICATE),
        workload=tf_serving(),
    )

    groups = _by(template_of(stack), TARGETS, "ProtocolVersion")
    assert groups["GRPC"]["Matcher"] == {"GrpcCode": "0,12"}
    assert groups["GRPC"]["HealthCheckPath"] == "/AWS.ALB/healthcheck"
    assert groups["HTTP1"]["Matcher"] == {"HttpCode": "200"}
    assert groups["HTTP1"]["HealthCheckPath"] == "/v1/models/resnet50"
    for group in groups.values():
        assert group["HealthCheckPort"] == "traffic-port"
        assert group["TargetType"] == "instance"


@pytest.mark.parametrize("kind", LoadBalancerKind)
def test_requests_may_run_out_for_as_long_as_the_server_has_to_stop(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool, kind: LoadBalancerKind
) -> None:
    _serve(
        stack,
        cluster,
        inf2,
        LoadBalancerProps(kind=kind),
        workload=any_container(stop_timeout_seconds=75),
    )

    template = template_of(stack)
    attributes = _attributes(only(template, TARGETS), "TargetGroupAttributes")
    assert attributes["deregistration_delay.timeout_seconds"] == "75"
    task = only(template, "AWS::ECS::TaskDefinition")
    assert task["ContainerDefinitions"][0]["StopTimeout"] == 75


def test_an_internal_alb_without_a_certificate_serves_http_to_the_vpc(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    service = _serve(stack, cluster, inf2, LoadBalancerProps())

    template = template_of(stack)
    balancer = only(template, BALANCER)
    assert balancer["Scheme"] == "internal"
    assert balancer["Subnets"] == ["subnet-01010101", "subnet-02020202"]
    attributes = _attributes(balancer, "LoadBalancerAttributes")
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert (only(template, LISTENER)["Port"], only(template, LISTENER)["Protocol"]) == (80, "HTTP")
    (group,) = (
        group
        for group in resources(template, "AWS::EC2::SecurityGroup").values()
        if "clients in" in group["GroupDescription"]
    )
    assert [(r["CidrIp"], r["FromPort"]) for r in group["SecurityGroupIngress"]] == [
        ("10.0.0.0/16", 80)
    ]
    assert stack.resolve(service.url) == {
        "Fn::Join": [
            "",
            ["http://", {"Fn::GetAtt": [next(iter(resources(template, BALANCER))), "DNSName"]}],
        ]
    }


def test_a_public_one_is_open_to_anyone_or_to_the_clients_named(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    _serve(
        stack,
        cluster,
        inf2,
        LoadBalancerProps(public=True, certificate_arn=CERTIFICATE, clients=["192.0.2.0/24"]),
    )

    template = template_of(stack)
    balancer = only(template, BALANCER)
    assert balancer["Scheme"] == "internet-facing"
    assert balancer["Subnets"] == ["subnet-08080808", "subnet-09090909"]
    ingress = [
        rule["CidrIp"]
        for group in resources(template, "AWS::EC2::SecurityGroup").values()
        for rule in group.get("SecurityGroupIngress", [])
    ]
    assert ingress == ["192.0.2.0/24"]


@pytest.mark.parametrize(
    ("mode", "ports"),
    [
        (NetworkMode.BRIDGE, [(32768, 65535)]),
        (NetworkMode.HOST, [(8000, 8000)]),
        (NetworkMode.AWSVPC, [(8000, 8000)]),
    ],
)
@pytest.mark.parametrize("kind", LoadBalancerKind)
def test_only_the_load_balancer_reaches_tasks_and_only_on_their_ports(
    stack: cdk.Stack,
    cluster: EcsCluster,
    inf2: NeuronCapacityPool,
    kind: LoadBalancerKind,
    mode: NetworkMode,
    ports: list[tuple[int, int]],
) -> None:
    pool_in(cluster, "inf1.xlarge")
    _serve(stack, cluster, inf2, LoadBalancerProps(kind=kind), network_mode=mode)

    template = template_of(stack)
    assert _rules_between(template, "Ingress") == ports
    assert _rules_between(template, "Egress") == ports
    (rule,) = resources(template, "AWS::EC2::SecurityGroupIngress").values()
    behind = rule["GroupId"]["Fn::GetAtt"][0]
    assert ("NetworkSecurityGroup" if mode is NetworkMode.AWSVPC else "inf2xlarge") in behind
    assert "LoadBalancer" in rule["SourceSecurityGroupId"]["Fn::GetAtt"][0]


def test_tasks_with_interfaces_are_registered_by_address(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf2, LoadBalancerProps(), network_mode=NetworkMode.AWSVPC)

    assert only(template_of(stack), TARGETS)["TargetType"] == "ip"


def test_a_service_waits_for_listeners_and_rules(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    _serve(
        stack,
        cluster,
        inf1,
        LoadBalancerProps(certificate_arn=CERTIFICATE),
        workload=tf_serving(),
        chips=1,
    )

    template = template_of(stack)
    (service,) = (
        resource
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::ECS::Service"
    )
    rules = resources(template, "AWS::ElasticLoadBalancingV2::ListenerRule")
    assert {*resources(template, LISTENER), *rules} <= set(service["DependsOn"])


def test_an_nlb_listens_on_each_port_and_spreads_over_all_zones(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    service = _serve(
        stack,
        cluster,
        inf1,
        LoadBalancerProps(kind=LoadBalancerKind.NLB),
        workload=tf_serving(),
    )

    template = template_of(stack)
    listeners = _by(template, LISTENER, "Port")
    assert {port: found["Protocol"] for port, found in listeners.items()} == {
        8500: "TCP",
        8501: "TCP",
    }
    attributes = _attributes(only(template, BALANCER), "LoadBalancerAttributes")
    assert attributes["load_balancing.cross_zone.enabled"] == "true"
    assert service.load_balancer is not None
    urls = service.load_balancer.urls
    assert urls["rest"].startswith("http://")
    assert urls["rest"].endswith(":8501")
    assert urls["grpc"].endswith(":8500")
    assert "://" not in urls["grpc"]
    assert service.url == urls["rest"]


def test_an_nlb_with_a_certificate_ends_tls_and_agrees_on_http2_for_grpc(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    _serve(
        stack,
        cluster,
        inf1,
        LoadBalancerProps(kind=LoadBalancerKind.NLB, certificate_arn=CERTIFICATE),
        workload=tf_serving(),
    )

    listeners = _by(template_of(stack), LISTENER, "Port")
    assert {found["Protocol"] for found in listeners.values()} == {"TLS"}
    assert listeners[8500]["AlpnPolicy"] == ["HTTP2Only"]
    assert "AlpnPolicy" not in listeners[8501]
    for listener in listeners.values():
        assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"


def test_an_nlb_checks_rest_by_its_path_and_closes_channels_of_tasks_that_go(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    _serve(
        stack,
        cluster,
        inf1,
        LoadBalancerProps(kind=LoadBalancerKind.NLB),
        workload=tf_serving(),
    )

    groups = _by(template_of(stack), TARGETS, "Port")
    assert groups[8501]["HealthCheckProtocol"] == "HTTP"
    assert groups[8501]["HealthCheckPath"] == "/v1/models/resnet50"
    assert groups[8500]["HealthCheckProtocol"] == "TCP"
    for group in groups.values():
        attributes = _attributes(group, "TargetGroupAttributes")
        assert attributes["deregistration_delay.connection_termination.enabled"] == "true"
        assert attributes["preserve_client_ip.enabled"] == "false"


def test_what_is_kept_has_an_access_log_that_ends(stack: cdk.Stack) -> None:
    cluster = EcsCluster(stack, "Cluster", EcsClusterProps(vpc=vpc_of(stack)))
    _serve(stack, cluster, pool_in(cluster, "inf2.xlarge"), LoadBalancerProps())

    template = template_of(stack)
    ((name, bucket),) = resources(template, "AWS::S3::Bucket").items()
    attributes = _attributes(only(template, BALANCER), "LoadBalancerAttributes")
    assert attributes["access_logs.s3.enabled"] == "true"
    assert attributes["access_logs.s3.bucket"] == {"Ref": name}
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 90
    policy = only(template, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [s.get("Condition") for s in policy]


def test_what_is_destroyed_whole_keeps_none(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf2, LoadBalancerProps())

    assert resources(template_of(stack), "AWS::S3::Bucket") == {}


def test_ports_are_published_by_choice(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf1, LoadBalancerProps(ports=["rest"]), workload=tf_serving(), chips=1)

    template = template_of(stack)
    assert only(template, TARGETS)["Port"] == 8501
    assert [t["ContainerPort"] for t in only(template, "AWS::ECS::Service")["LoadBalancers"]] == [
        8501
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"public": True},
            "certificate_arn must be given where public is set: what is reached from the internet"
            " is encrypted",
        ),
        ({"ports": []}, "ports must name at least one, got none"),
        ({"clients": []}, "clients must name at least one, got none"),
        ({"certificate_arn": ""}, "certificate_arn must be an ARN, got ''"),
        (
            {"clients": ["10.0.0.0/8", "10.0.0.1/8"]},
            "clients must be IPv4 blocks such as 10.0.0.0/16, got '10.0.0.1/8'$",
        ),
        ({"clients": ["10.0.0.1"]}, "clients must be IPv4 blocks .* got '10.0.0.1'"),
        ({"clients": ["::/0"]}, "clients must be IPv4 blocks .* got '::/0'"),
    ],
)
def test_load_balancers_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="invalid LoadBalancerProps: " + message):
        LoadBalancerProps(**wrong)


@pytest.mark.parametrize(
    ("given", "ports", "problem"),
    [
        (
            {},
            (GRPC,),
            "port grpc speaks gRPC, for which an alb needs an HTTPS listener: give load_balancer a"
            " certificate_arn, leave the port out of its ports, or take nlb",
        ),
        (
            {},
            (WorkloadPort(name="a", port=1), WorkloadPort(name="b", port=2)),
            "load_balancer alb publishes one http port, got a, b (choose by ports, or take nlb)",
        ),
        ({}, (), "load_balancer needs a workload with ports, got none"),
        (
            {"ports": ["x"]},
            (GRPC,),
            "ports of load_balancer must be ports of the workload (grpc), got 'x'",
        ),
        (
            {"ports": ["x"]},
            (),
            "ports of load_balancer must be ports of the workload (none), got 'x'",
        ),
    ],
)
def test_workloads_that_it_cannot_publish_are_refused(
    given: dict[str, Any], ports: tuple[WorkloadPort, ...], problem: str
) -> None:
    assert LoadBalancerProps(**given).problems(ports) == [problem]


def test_an_nlb_publishes_grpc_without_a_certificate() -> None:
    assert LoadBalancerProps(kind=LoadBalancerKind.NLB).problems((GRPC,)) == []


def test_an_nlb_publishes_as_many_ports_as_a_service_has_target_groups() -> None:
    ports = [WorkloadPort(name=f"port{number}", port=number) for number in range(1, 7)]
    props = LoadBalancerProps(kind=LoadBalancerKind.NLB)

    assert props.problems(ports[:5]) == []
    assert props.problems(ports) == [
        "load_balancer nlb publishes at most 5 ports, the target groups that a service may have,"
        " got 6 (choose by ports)"
    ]


def test_values_known_at_deployment_only_are_accepted() -> None:
    LoadBalancerProps(certificate_arn=cdk.Aws.STACK_ID, clients=[cdk.Aws.STACK_NAME])
