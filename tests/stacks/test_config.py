"""Good platform files: what they resolve to, where the limits lie, and what they warn about."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.config import Platform, load_platform

_ROOT = Path(__file__).parents[2]
_MODELS = Path(__file__).parent / "wrong_platforms" / "models"
_MINIMAL = "platform: test\nregion: us-east-1\n"


def _load(text: str, folder: Path) -> Platform:
    path = folder / "platform.yaml"
    path.write_text(text, encoding="utf-8")
    return load_platform(path, models_root=_MODELS)


def _endpoint(section: str, folder: Path, *, region: str = "us-east-1") -> Platform:
    return _load(
        f"platform: test\nregion: {region}\nendpoint: {{{section}}}\nmodels: [{{name: text}}]\n",
        folder,
    )


@pytest.mark.parametrize("name", ["laptop", "dev", "prod"])
def test_shipped_platform_is_valid_and_warns_of_nothing(name: str) -> None:
    platform = load_platform(_ROOT / "platforms" / f"{name}.yaml", models_root=_ROOT / "models")

    assert platform.name == name
    assert platform.warnings == ()
    first = platform.path.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=./schema.json"


def test_laptop_is_the_platform_of_the_reference_articles() -> None:
    platform = load_platform(_ROOT / "platforms/laptop.yaml", models_root=_ROOT / "models")

    assert platform.deploy_to == "embedded"
    assert platform.removal == "destroy"
    assert [(model.name, model.build.name, model.target) for model in platform.models] == [
        ("minilm", "laptop", "cpu"),
        ("resnet50", "laptop", "cpu"),
        ("inception", "laptop", "cpu"),
    ]
    assert platform.endpoint is not None
    assert platform.endpoint.instance.name == "ml.g4dn.4xlarge"
    assert platform.endpoint.section.initial_instance_count == 2
    scaling = platform.endpoint.section.scaling
    assert scaling is not None
    assert (scaling.min_instances, scaling.max_instances, scaling.target_value) == (1, 5, 60.0)
    assert scaling.scale_in_cooldown_seconds == 600
    assert scaling.scale_out_cooldown_seconds == 200


def test_smallest_platform_is_a_network(tmp_path: Path) -> None:
    platform = _load(_MINIMAL, tmp_path)

    assert platform.endpoint is None
    assert platform.models == ()
    assert platform.account is None
    assert platform.removal == "retain"
    assert platform.network.subnets == ("public", "private")
    assert (platform.fleet, platform.prefix) == ("test-models", "test-models/")
    assert platform.serving_image == "26.05-py3"
    assert platform.warnings == ()


def test_empty_endpoint_section_takes_the_defaults_of_the_articles(tmp_path: Path) -> None:
    platform = _endpoint("", tmp_path)

    plan = platform.endpoint
    assert plan is not None
    assert plan.name == platform.fleet == "test-models"
    assert plan.instance.name == "ml.g4dn.4xlarge"
    assert plan.section.initial_instance_count == 2
    assert plan.inference_ami_version == "al2023-ami-sagemaker-inference-gpu-4-1"
    assert plan.image_uri == (
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/sagemaker-tritonserver:26.05-py3"
    )
    assert plan.section.scaling is not None and plan.section.scaling.target_value == 60.0


def test_named_endpoint_gives_the_fleet_its_name(tmp_path: Path) -> None:
    platform = _endpoint("name: Answers-1", tmp_path)

    assert (platform.fleet, platform.prefix) == ("Answers-1", "Answers-1/")


@pytest.mark.parametrize("word", ["off", "'off'"])
def test_off_means_no_scaling_and_no_flow_logs(word: str, tmp_path: Path) -> None:
    platform = _load(
        f"{_MINIMAL}network: {{flow_logs: {word}}}\nendpoint: {{scaling: {word}}}\n", tmp_path
    )

    assert platform.network.flow_logs is None
    assert platform.endpoint is not None
    assert platform.endpoint.section.scaling is None


def test_interface_endpoints_auto_is_not_an_empty_list(tmp_path: Path) -> None:
    auto = _load(f"{_MINIMAL}network: {{interface_endpoints: auto}}\n", tmp_path)
    none = _load(f"{_MINIMAL}network: {{interface_endpoints: []}}\n", tmp_path)

    assert auto.network.interface_endpoints is None
    assert none.network.interface_endpoints == ()


@pytest.mark.parametrize(
    "section",
    [
        "initial_instance_count: 1, scaling: {min_instances: 1, max_instances: 1}",
        "initial_instance_count: 5",
        "model_data_download_timeout_seconds: 60",
        "container_startup_health_check_timeout_seconds: 3600",
        "scaling: {target: 100}",
        "scaling: {target: 1}",
        "scaling: {metric: invocations_per_instance, target: 0.5}",
        "scaling: {scale_in_cooldown_seconds: 0, scale_out_cooldown_seconds: 86400}",
        "volume_size_gb: null",
        "environment: {" + ", ".join(f"V{number}: x" for number in range(98)) + "}",
        "environment: {LONG: " + "x" * 1024 + "}",
        "environment: {HTTPS_PROXY: 'http://proxy'}, network_isolation: false",
        "name: " + "a" * 63,
    ],
)
def test_values_on_the_limit_are_accepted(section: str, tmp_path: Path) -> None:
    assert _endpoint(section, tmp_path).warnings == ()


@pytest.mark.parametrize("size", [1, 512])
def test_volume_on_the_limit_is_accepted_without_nvme(size: int, tmp_path: Path) -> None:
    platform = _load(
        f"{_MINIMAL}endpoint: {{instance_type: ml.p3.2xlarge, image: {{tag: 24.09-py3}},"
        f" volume_size_gb: {size}}}\n",
        tmp_path,
    )

    assert platform.endpoint is not None
    assert platform.endpoint.section.volume_size_gb == size


@pytest.mark.parametrize(
    "section",
    [
        "cidr: 10.0.0.0/25, availability_zones: 3",
        "cidr: 10.0.0.0/27, subnets: [isolated], nat_gateways: 0",
        "availability_zones: 6, nat_gateways: 6",
        "subnets: [isolated], nat_gateways: 0",
        "flow_logs: {retention_days: 3653}",
    ],
)
def test_networks_on_the_limit(section: str, tmp_path: Path) -> None:
    assert _load(f"{_MINIMAL}network: {{{section}}}\n", tmp_path).warnings == ()


def test_longest_platform_name_still_names_an_endpoint(tmp_path: Path) -> None:
    platform = _load(f"platform: {'a' * 56}\nregion: us-east-1\n", tmp_path)

    assert len(platform.fleet) == 63


def test_largest_request_is_the_limit_of_sagemaker(tmp_path: Path) -> None:
    platform = _load(
        f"{_MINIMAL}endpoint: {{}}\nmodels: [{{name: text, max_request_bytes: 6291456}}]\n",
        tmp_path,
    )

    assert platform.models[0].max_request_bytes == 6_291_456


@pytest.mark.parametrize(
    ("region", "tag", "registry"),
    [
        ("us-east-1", "23.03-py3", "785573368785.dkr.ecr.us-east-1.amazonaws.com"),
        ("cn-north-1", "25.04-py3", "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "26.05-py3", "442386744353.dkr.ecr.us-gov-west-1.amazonaws.com"),
    ],
)
def test_image_resolves_in_every_partition(
    region: str, tag: str, registry: str, tmp_path: Path
) -> None:
    plan = _endpoint(f"image: {{tag: {tag}}}", tmp_path, region=region).endpoint

    assert plan is not None
    assert plan.image_uri == f"{registry}/sagemaker-tritonserver:{tag}"


def test_own_registry_makes_the_newest_image_usable_in_china(tmp_path: Path) -> None:
    plan = _endpoint(
        'image: {tag: 26.05-py3, account: "210987654321"}', tmp_path, region="cn-north-1"
    ).endpoint

    assert plan is not None
    assert plan.image_uri.startswith("210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn/")


@pytest.mark.parametrize(
    ("section", "version"),
    [
        ("image: {tag: 25.04-py3}", "al2-ami-sagemaker-inference-gpu-3-1"),
        ("image: {tag: 23.03-py3}, inference_ami: default", None),
        (
            "image: {tag: 24.09-py3}, inference_ami: al2-ami-sagemaker-inference-gpu-2",
            "al2-ami-sagemaker-inference-gpu-2",
        ),
    ],
)
def test_host_image_is_chosen_or_taken_as_written(
    section: str, version: str | None, tmp_path: Path
) -> None:
    plan = _endpoint(section, tmp_path).endpoint

    assert plan is not None
    assert plan.inference_ami_version == version


@pytest.mark.parametrize(
    ("build", "deploy_to", "chosen", "target"),
    [
        ("", "embedded", "laptop", "cpu"),
        ("", "aws", "gpu-onnx", "g4dn"),
        (", build: gpu-onnx", "aws", "gpu-onnx", "g4dn"),
        (", build: laptop, target: cpu", "aws", "laptop", "cpu"),
    ],
)
def test_build_and_target_follow_where_the_platform_is_deployed(
    build: str, deploy_to: str, chosen: str, target: str, tmp_path: Path
) -> None:
    platform = _load(
        f"{_MINIMAL}deploy_to: {deploy_to}\nendpoint: {{}}\nmodels: [{{name: text{build}}}]\n",
        tmp_path,
    )

    (model,) = platform.models
    assert (model.build.name, model.target) == (chosen, target)


def test_schedule_is_what_application_auto_scaling_takes(tmp_path: Path) -> None:
    plan = _endpoint(
        "scaling: {schedules: [{name: day, cron: 0 8 ? * MON-FRI *,"
        " min_instances: 2, max_instances: 2}]}",
        tmp_path,
    ).endpoint

    assert plan is not None and plan.section.scaling is not None
    assert plan.section.scaling.schedules[0].expression == "cron(0 8 ? * MON-FRI *)"
