"""What the comparison promises: the article's servers, an accelerator, one client and no way in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import pytest

from inference_constructs.tf_serving import MOST_SHARES, GpuShare
from load_client.inputs import read_inputs
from stacks.config import Platform
from stacks.platform.comparison import file as comparison_file

_ALL = ("comparison", "elastic_inference", "china_comparison")
_KMP = {
    "KMP_SETTINGS": "0",
    "KMP_AFFINITY": "granularity=fine,compact,1,0",
    "KMP_BLOCKTIME": "0",
    "OMP_NUM_THREADS": "1",
    "TENSORFLOW_INTRA_OP_PARALLELISM": "2",
    "TENSORFLOW_INTER_OP_PARALLELISM": "2",
}


@pytest.fixture(params=_ALL)
def any_accelerator(request: pytest.FixtureRequest) -> Any:
    """The platform of each accelerator."""
    return request.getfixturevalue(request.param)


def _containers(synthesized: Any) -> dict[str, dict[str, Any]]:
    task = synthesized.properties("comparison", "AWS::ECS::TaskDefinition")
    return {container["Name"]: container for container in task["ContainerDefinitions"]}


def _environment(container: dict[str, Any]) -> dict[str, str]:
    return {entry["Name"]: entry["Value"] for entry in container["Environment"]}


def _instance(synthesized: Any, name: str) -> dict[str, Any]:
    """``Host`` or ``Client``."""
    (found,) = (
        resource["Properties"]
        for resource in synthesized.resources("comparison", "AWS::EC2::Instance")
        if resource["Properties"]["Tags"][0]["Value"].endswith(f"/{name}")
    )
    return dict(found)


def _statements(synthesized: Any, role: str) -> Iterator[dict[str, Any]]:
    """Every statement of the policies of the roles whose logical id holds ``role``."""
    for resource in synthesized.resources("comparison", "AWS::IAM::Policy"):
        if any(role in attached["Ref"] for attached in resource["Properties"]["Roles"]):
            yield from resource["Properties"]["PolicyDocument"]["Statement"]


def _actions(synthesized: Any, role: str) -> set[str]:
    actions: set[str] = set()
    for statement in _statements(synthesized, role):
        given = statement["Action"]
        actions |= {given} if isinstance(given, str) else set(given)
    return actions


@pytest.mark.parametrize(
    ("platform", "family", "names"),
    [
        ("elastic_inference", "ei-ecs-ubuntu-tfs-bridge-s3", ["ubuntu-tfs", "ubuntu-tfs-ei"]),
        ("china_comparison", "gpu-ecs-ubuntu-tfs-bridge-s3", ["ubuntu-tfs", "ubuntu-tfs-gpu"]),
        (
            "comparison",
            "gpu-shared-ecs-ubuntu-tfs-bridge-s3",
            ["ubuntu-tfs", "ubuntu-tfs-gpu-1", "ubuntu-tfs-gpu-2"],
        ),
    ],
)
def test_one_task_holds_all_servers(
    platform: str, family: str, names: list[str], request: pytest.FixtureRequest
) -> None:
    synthesized = request.getfixturevalue(platform)
    task = synthesized.properties("comparison", "AWS::ECS::TaskDefinition")

    assert task["Family"] == family
    assert (task["NetworkMode"], task["RequiresCompatibilities"]) == ("bridge", ["EC2"])
    assert [container["Name"] for container in task["ContainerDefinitions"]] == names
    assert all(container["Essential"] for container in task["ContainerDefinitions"])
    assert all(container["Cpu"] == 0 for container in task["ContainerDefinitions"])
    assert "Volumes" not in task and "PlacementConstraints" not in task


def test_the_articles_task_has_two_gib_and_a_gpus_more(
    comparison: Any, elastic_inference: Any, china_comparison: Any
) -> None:
    memory = [
        synthesized.properties("comparison", "AWS::ECS::TaskDefinition")["Memory"]
        for synthesized in (elastic_inference, china_comparison, comparison)
    ]

    assert memory == ["2048", "6144", "10240"]


def test_plain_server_is_the_articles(any_accelerator: Any) -> None:
    environment = _environment(_containers(any_accelerator)["ubuntu-tfs"])

    assert {name: environment[name] for name in _KMP} == _KMP
    assert (environment["MODEL_NAME"], environment["MODEL_BASE_PATH"]) == ("ssdresnet", "/models")


def test_every_server_has_the_same_port_inside_and_out(any_accelerator: Any) -> None:
    ports: list[int] = []
    for container in _containers(any_accelerator).values():
        environment = _environment(container)
        mapped = [(one["HostPort"], one["ContainerPort"]) for one in container["PortMappings"]]
        grpc, rest = int(environment["GRPC_PORT"]), int(environment["REST_PORT"])
        assert mapped == [(grpc, grpc), (rest, rest)]
        ports += [grpc, rest]

    assert ports[:4] == [8500, 8501, 9000, 9001]
    assert len(set(ports)) == len(ports)


def test_every_server_serves_the_same_model_and_says_whether_it_does(any_accelerator: Any) -> None:
    containers = _containers(any_accelerator).values()

    models = {_environment(container)["MODEL_URI"] for container in containers}
    assert len(models) == 1
    for container in containers:
        assert "tf_serving_start.health" in container["HealthCheck"]["Command"][-1]
        assert container["LinuxParameters"]["InitProcessEnabled"] is True


def test_server_of_elastic_inference_does_not_see_the_tasks_metadata(
    elastic_inference: Any,
) -> None:
    containers = _containers(elastic_inference)

    command = containers["ubuntu-tfs-ei"]["EntryPoint"]
    hidden = ["ECS_CONTAINER_METADATA_URI", "ECS_CONTAINER_METADATA_URI_V4"]
    assert command[:5] == ["/usr/bin/env", "-u", hidden[0], "-u", hidden[1]]
    assert command[5:] == containers["ubuntu-tfs"]["EntryPoint"]


def test_accelerator_is_attached_to_the_container_instance_itself(elastic_inference: Any) -> None:
    host = _instance(elastic_inference, "Host")

    assert host["ElasticInferenceAccelerators"] == [{"Type": "eia2.medium", "Count": 1}]
    assert "ElasticInferenceAccelerators" not in _instance(elastic_inference, "Client")
    text = json.dumps(elastic_inference.templates)
    assert "InferenceAccelerators" not in text.replace("ElasticInferenceAccelerators", "")
    assert "AWS::EC2::LaunchTemplate" not in text


def test_whole_gpu_is_one_containers_requirement(china_comparison: Any) -> None:
    containers = _containers(china_comparison)

    assert containers["ubuntu-tfs-gpu"]["ResourceRequirements"] == [{"Type": "GPU", "Value": "1"}]
    assert "ResourceRequirements" not in containers["ubuntu-tfs"]


def test_shared_gpu_is_divided_by_mps(comparison: Any) -> None:
    containers = _containers(comparison)

    share = {"NvidiaMps": {"Memory": 7168, "MaxComputePercent": 50}}
    for name in ("ubuntu-tfs-gpu-1", "ubuntu-tfs-gpu-2"):
        assert containers[name]["ResourceRequirements"] == [
            {"Type": "GPU", "SharingStrategy": share}
        ]
        # Else the first server would take the memory of both.
        assert _environment(containers[name])["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    assert "ResourceRequirements" not in containers["ubuntu-tfs"]


@pytest.mark.parametrize(
    ("platform", "image"),
    [
        ("comparison", "/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu/recommended/image_id"),
        ("elastic_inference", "ami-0123456789abcdef0"),
    ],
)
def test_host_boots_the_image_with_its_drivers_or_the_pinned_one(
    platform: str, image: str, request: pytest.FixtureRequest
) -> None:
    synthesized = request.getfixturevalue(platform)
    found = _instance(synthesized, "Host")["ImageId"]
    if isinstance(found, dict):
        found = synthesized.templates["comparison"]["Parameters"][found["Ref"]]["Default"]

    assert found == image


def test_client_boots_the_deep_learning_image_newest_or_pinned(
    comparison: Any, elastic_inference: Any
) -> None:
    name = (
        "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-amazon-linux-2023"
        "/latest/ami-id"
    )
    newest = _instance(comparison, "Client")["ImageId"]["Ref"]

    assert comparison.templates["comparison"]["Parameters"][newest]["Default"] == name
    pinned = _instance(elastic_inference, "Client")["ImageId"]
    assert pinned == f"{{{{resolve:ssm:{name}:7}}}}"


def test_metadata_asks_for_a_token_and_reaches_containers_only_for_elastic_inference(
    comparison: Any, elastic_inference: Any, china_comparison: Any
) -> None:
    hops = {}
    for synthesized in (comparison, elastic_inference, china_comparison):
        for name in ("Host", "Client"):
            options = _instance(synthesized, name)["MetadataOptions"]
            assert options["HttpTokens"] == "required"
            hops[synthesized.platform.name, name] = options["HttpPutResponseHopLimit"]

    assert [key for key, limit in hops.items() if limit != 1] == [("comparison-2019", "Host")]
    assert hops["comparison-2019", "Host"] == 2


def test_only_the_client_comes_in_and_only_to_the_servers_ports(any_accelerator: Any) -> None:
    groups = any_accelerator.resources("comparison", "AWS::EC2::SecurityGroup")
    assert all("SecurityGroupIngress" not in group["Properties"] for group in groups)
    assert len(groups) == 2
    rules = [
        rule["Properties"]
        for rule in any_accelerator.resources("comparison", "AWS::EC2::SecurityGroupIngress")
    ]

    for rule in rules:
        assert "CidrIp" not in rule
        assert "Client" in rule["SourceSecurityGroupId"]["Fn::GetAtt"][0]
        assert "Host" in rule["GroupId"]["Fn::GetAtt"][0]
    admitted = sorted((rule["FromPort"], rule["ToPort"]) for rule in rules)
    assert admitted[:2] == [(8500, 8501), (9000, 9001)]
    assert len(admitted) == len(_containers(any_accelerator))


def test_what_goes_out_is_https_and_the_client_to_the_servers(any_accelerator: Any) -> None:
    for group in any_accelerator.resources("comparison", "AWS::EC2::SecurityGroup"):
        ports = [rule["ToPort"] for rule in group["Properties"]["SecurityGroupEgress"]]
        assert ports == [443]
    for rule in any_accelerator.resources("comparison", "AWS::EC2::SecurityGroupEgress"):
        assert "Host" in rule["Properties"]["DestinationSecurityGroupId"]["Fn::GetAtt"][0]


def test_no_instance_has_a_key_or_a_public_address(any_accelerator: Any) -> None:
    for name in ("Host", "Client"):
        instance = _instance(any_accelerator, name)

        assert "KeyName" not in instance and "NetworkInterfaces" not in instance
        assert "PrivateSubnet" in json.dumps(instance["SubnetId"])
    assert '"FromPort": 22' not in json.dumps(any_accelerator.templates)


def test_both_instances_are_in_the_zone_of_the_file(elastic_inference: Any) -> None:
    for name in ("Host", "Client"):
        subnet = json.dumps(_instance(elastic_inference, name)["SubnetId"])
        assert "PrivateSubnet2" in subnet


def test_sessions_are_all_that_systems_manager_may(any_accelerator: Any) -> None:
    sessions = {
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    }
    for role in ("HostRole", "ClientRole"):
        actions = _actions(any_accelerator, role)
        assert {a for a in actions if a.startswith(("ssm", "ec2messages"))} == sessions


def test_client_fetches_its_packages_and_ships_and_reads_nothing_else(
    any_accelerator: Any,
) -> None:
    by_sid = {statement["Sid"]: statement for statement in _statements(any_accelerator, "Client")}

    assert set(by_sid) == {
        *("CarrySessions", "FetchClient", "RegisterForSessions", "ShipLog", "ShipReports"),
    }
    packages = by_sid["FetchClient"]["Resource"]
    assert len(packages) == 2
    for arn in map(json.dumps, packages):
        assert '.zip"' in arn and "*" not in arn
    assert "/reports/*" in json.dumps(by_sid["ShipReports"]["Resource"])
    assert by_sid["ShipReports"]["Action"] == "s3:PutObject"


def test_task_role_of_elastic_inference_connects_and_reads_one_archive(
    elastic_inference: Any,
) -> None:
    assert _actions(elastic_inference, "TaskRole") == {"elastic-inference:Connect", "s3:GetObject"}
    (read,) = (s for s in _statements(elastic_inference, "TaskRole") if s["Sid"] == "ReadModel")
    assert read["Resource"] == "arn:aws:s3:::aws-tf-serving-ei-example/ssd-resnet.tar.gz"


def test_task_role_reads_exactly_its_folder(comparison: Any) -> None:
    by_sid = {statement["Sid"]: statement for statement in _statements(comparison, "TaskRole")}

    bucket = "arn:aws:s3:::inference-models-dev"
    assert set(by_sid) == {"ListModel", "ReadModel"}
    assert by_sid["ReadModel"]["Resource"] == f"{bucket}/ssdresnet/*"
    assert by_sid["ListModel"]["Resource"] == bucket
    assert by_sid["ListModel"]["Condition"] == {"StringLike": {"s3:prefix": ["ssdresnet/*"]}}


def test_task_role_reads_an_index_and_the_archives_of_its_model(china_comparison: Any) -> None:
    by_sid = {s["Sid"]: s for s in _statements(china_comparison, "TaskRole")}

    assert by_sid["ReadModel"]["Resource"] == [
        "arn:aws-cn:s3:::models/ssdresnet/index.json",
        "arn:aws-cn:s3:::models/ssdresnet/ssdresnet/*",
    ]
    assert by_sid["DecryptModel"]["Resource"] == "arn:aws-cn:kms:cn-north-1:111122223333:key/1234"


def test_service_keeps_one_task_and_replaces_it_on_its_own_ports(any_accelerator: Any) -> None:
    service = any_accelerator.properties("comparison", "AWS::ECS::Service")

    assert (service["DesiredCount"], service["LaunchType"]) == (1, "EC2")
    deployment = service["DeploymentConfiguration"]
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (0, 100)


def test_service_goes_before_its_host_and_the_client_before_both(any_accelerator: Any) -> None:
    resources = any_accelerator.templates["comparison"]["Resources"]
    (service,) = (name for name, one in resources.items() if one["Type"] == "AWS::ECS::Service")
    instances = [name for name, one in resources.items() if one["Type"] == "AWS::EC2::Instance"]
    (host,) = (name for name in instances if "HostInstance" in name)
    (client,) = (name for name in instances if "ClientInstance" in name)

    assert host in resources[service]["DependsOn"]
    assert service in resources[client]["DependsOn"]


def test_host_joins_the_stacks_own_cluster(any_accelerator: Any) -> None:
    data = json.dumps(_instance(any_accelerator, "Host")["UserData"])

    assert "ECS_CLUSTER=" in data and "/etc/ecs/ecs.config" in data
    resources = any_accelerator.templates["comparison"]["Resources"]
    (cluster,) = (name for name, one in resources.items() if one["Type"] == "AWS::ECS::Cluster")
    assert f'{{"Ref": "{cluster}"}}' in data


def test_network_has_the_endpoint_only_for_elastic_inference(
    comparison: Any, elastic_inference: Any
) -> None:
    name = "com.amazonaws.us-east-1.elastic-inference.runtime"

    assert name in json.dumps(elastic_inference.templates["network"])
    assert name not in json.dumps(comparison.templates["network"])


def test_network_has_an_internet_gateway(any_accelerator: Any) -> None:
    assert any_accelerator.resources("network", "AWS::EC2::InternetGateway")


def test_reports_go_into_an_encrypted_bucket_over_tls_only(any_accelerator: Any) -> None:
    bucket = any_accelerator.properties("comparison", "AWS::S3::Bucket")
    policy = json.dumps(any_accelerator.properties("comparison", "AWS::S3::BucketPolicy"))

    assert bucket["BucketEncryption"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert '"aws:SecureTransport": "false"' in policy


def test_logs_end_some_day(any_accelerator: Any) -> None:
    for group in any_accelerator.resources("comparison", "AWS::Logs::LogGroup"):
        assert group["Properties"]["RetentionInDays"] == 30


def test_troubleshooting_adds_the_articles_actions_to_the_servers(
    load: Callable[[str], Platform], synthesize: Callable[[Platform], Any]
) -> None:
    synthesized = synthesize(
        load(
            "platform: trouble\nregion: us-east-1\nremoval: destroy\n"
            "acknowledge_end_of_life: [elastic-inference]\n"
            "comparison:\n  accelerator: elastic-inference\n  troubleshooting: true\n"
            "  model: {uri: s3://models/m.tar.gz}\n  images: {accelerated: tf-serving-ei:1}\n"
        )
    )

    assert _actions(synthesized, "TaskRole") == {
        *("ec2:Describe*", "ec2:Get*", "elastic-inference:Connect", "iam:Get*", "iam:List*"),
        "s3:GetObject",
    }
    report = json.loads((synthesized.directory / "validation-report.json").read_text())
    assert [one for one in report["pluginReports"] if one["pluginName"] == "AwsSolutions"] == []


def test_platform_file_and_construct_say_the_same_of_shares_and_inputs() -> None:
    assert comparison_file.MOST_SHARES == MOST_SHARES
    words = set(comparison_file.GpuShare.model_fields)
    assert words == {field.name for field in fields(GpuShare)}
    default = comparison_file.ComparingClient()
    assert read_inputs(None, default.inputs)["inputs"].shape == (1, 640, 640, 3)


@pytest.mark.parametrize("accelerator", ["gpu", "gpu-shared", "elastic-inference"])
def test_smallest_section_names_an_accelerator_and_a_model(
    accelerator: str, load: Callable[[str], Platform], synthesize: Callable[[Platform], Any]
) -> None:
    images = "{accelerated: tf-serving-ei:1}" if accelerator == "elastic-inference" else "{}"
    platform = load(
        "platform: small\nregion: us-east-1\nacknowledge_end_of_life: [elastic-inference]\n"
        f"comparison: {{accelerator: {accelerator}, model: {{uri: s3://models/m}},"
        f" images: {images}}}\n"
    )

    assert platform.comparison is not None
    assert synthesize(platform).resources("comparison", "AWS::ECS::Service")
