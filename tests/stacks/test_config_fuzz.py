"""No platform file, however broken, raises anything but PlatformFileError."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stacks.config import Platform, PlatformFileError, load_platform

_MODELS = Path(__file__).parent / "wrong_platforms" / "models"
_VALID: dict[str, Any] = {
    "platform": "test",
    "deploy_to": "embedded",
    "region": "us-east-1",
    "account": "123456789012",
    "removal": "destroy",
    "acknowledge_end_of_life": ["elastic-inference"],
    "network": {
        "cidr": "10.0.0.0/16",
        "availability_zones": 2,
        "subnets": ["public", "private", "isolated"],
        "nat_gateways": 1,
        "flow_logs": {"retention_days": 30},
        "s3_gateway_endpoint": True,
        "interface_endpoints": ["logs"],
        "elastic_inference_endpoint": True,
    },
    "endpoint": {
        "name": "test-models",
        "instance_type": "ml.g4dn.4xlarge",
        "initial_instance_count": 2,
        "image": {"tag": "26.05-py3", "kind": "stock", "account": "763104351884"},
        "inference_ami": "auto",
        "volume_size_gb": None,
        "model_cache": "enabled",
        "network_isolation": True,
        "subnets": "private",
        "environment": {"OMP_NUM_THREADS": "4"},
        "model_data_download_timeout_seconds": 600,
        "container_startup_health_check_timeout_seconds": 600,
        "scaling": {
            "min_instances": 1,
            "max_instances": 5,
            "metric": "gpu_utilization",
            "target": 60,
            "scale_in_cooldown_seconds": 600,
            "scale_out_cooldown_seconds": 200,
            "schedules": [
                {
                    "name": "day",
                    "cron": "0 8 ? * MON-FRI *",
                    "min_instances": 1,
                    "max_instances": 5,
                }
            ],
        },
    },
    "models": [
        {"name": "text", "build": "laptop", "target": "cpu", "max_request_bytes": 1024},
        {"name": "single"},
    ],
    "cluster": {
        "subnets": "private",
        "awsvpc_trunking": False,
        "drain_minutes": 30,
        "log_retention_days": 30,
        "problem_detector": {"recover": True, "detector_image": "own/npd:1"},
        "pools": [
            {
                "name": "inf1",
                "instance_type": "inf1.6xlarge",
                "capacity": "ec2",
                "ami": "auto",
                "image": "ami-12345678",
                "min_instances": 0,
                "max_instances": 2,
                "target_capacity_percent": 100,
                "spot": {"on_demand_base": 1, "on_demand_percent": 50},
                "root_volume_gib": 100,
            },
            {"name": "cpu", "instance_type": "m5.xlarge"},
            {"name": "own", "instance_type": "trn1.2xlarge", "capacity": "managed-instances"},
        ],
        "services": [
            {
                "name": "resnet50",
                "pool": "inf1",
                "workload": {"kind": "tf-serving-neuron", "model_name": "a", "load_seconds": 60},
                "model": {"uri": "s3://models/a", "compiled_for": "inf1"},
                "chips_per_task": 1,
                "first_chip": 0,
                "chips": 2,
                "network_mode": "bridge",
                "min_instances": 1,
                "max_instances": 2,
                "scaling": {
                    "metric": "requests",
                    "target": 100,
                    "port": "rest",
                    "schedules": [
                        {
                            "name": "day",
                            "cron": "0 8 ? * MON-FRI *",
                            "min_instances": 1,
                            "max_instances": 2,
                        }
                    ],
                },
                "load_balancer": {"kind": "alb", "ports": ["rest"], "clients": ["10.0.0.0/8"]},
                "deployment": {"minimum_healthy_percent": 0, "maximum_percent": 100},
            },
            {
                "name": "whole",
                "pool": "own",
                "packing": "managed-instances",
                "workload": {
                    "kind": "container",
                    "image": "own:1-sdk2.31.1",
                    "ports": [{"name": "api", "port": 80, "protocol": "grpc"}],
                    "health_check": {"command": "true", "timeout_seconds": 5},
                    "capabilities": ["IPC_LOCK"],
                    "writable_paths": ["/tmp"],
                },
            },
        ],
        "tasks": [
            {
                "name": "probe",
                "pool": "inf1",
                "first_chip": 2,
                "chips_per_task": 2,
                "workload": {"kind": "container", "image": "pytorch-inference-neuron"},
            },
            {
                "name": "train",
                "pool": "cpu",
                "memory_mib": 512,
                "cpu_units": 256,
                "workload": {
                    "kind": "container",
                    "image": "python:3.11",
                    "environment": {"OMP_NUM_THREADS": "4"},
                },
            },
        ],
    },
}


def _places(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    return [place, *(found for key, child in children for found in _places(child, (*place, key)))]


# Values that are right somewhere else in the file get deeper than arbitrary ones do.
_PLAUSIBLE = st.sampled_from(
    [
        "off",
        "auto",
        "default",
        "g5",
        "cpu",
        "us-gov-west-1",
        "cn-north-1",
        "ml.p3.2xlarge",
        "ml.g5.12xlarge",
        "23.03-py3",
        "25.04-py3",
        "bad-file",
        "gpu-tensorrt",
        "no-overlay",
        "unlocked",
        "..",
        ".",
        "a/b",
        "aws",
        "isolated",
        "10.0.0.0/28",
        "inf1",
        "inf2",
        "own",
        "Inf2.xlarge",
        "trn2.48xlarge",
        "g4dn.xlarge",
        "managed-instances",
        "whole-instance",
        "host",
        "awsvpc",
        "torchserve-neuronx",
        "container",
        "al2-inf",
        "nlb",
        "neuroncore_utilization",
        "s3://b/c",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/a:1-sdk9.9",
        "NEURON_RT_VISIBLE_CORES",
        "\u00e9",
        "\x1b[2J",
    ]
)
_SCALARS = st.one_of(
    _PLAUSIBLE,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=4),
    st.dates(),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    """The valid file with one to four values replaced, removed, doubled or renamed."""
    value = copy.deepcopy(_VALID)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from([place for place in _places(value) if place]))
        parent: Any = value
        for key in place[:-1]:
            parent = parent[key]
        action = draw(st.sampled_from(["replace", "replace", "remove", "double", "rename"]))
        if action == "replace":
            parent[place[-1]] = draw(_VALUES)
        elif action == "remove":
            del parent[place[-1]]
        elif isinstance(parent, list):
            parent.append(copy.deepcopy(parent[int(place[-1])]))
        else:
            parent[draw(st.text(min_size=1, max_size=12))] = parent.pop(place[-1])
    return yaml.dump(value, allow_unicode=True)


def _load(content: bytes, folder: Path) -> None:
    path = folder / "platform.yaml"
    path.write_bytes(content)
    try:
        platform = load_platform(path, models_root=_MODELS)
    except PlatformFileError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.rule and problem.fix
            assert "\n" not in str(problem)
    else:
        assert isinstance(platform, Platform)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


_SETTINGS = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def test_the_file_that_is_mutated_is_valid(folder: Path) -> None:
    path = folder / "valid.yaml"
    path.write_text(yaml.dump(_VALID), encoding="utf-8")

    assert load_platform(path, models_root=_MODELS).models


@settings(_SETTINGS, max_examples=1600)
@given(text=_mutated())
def test_mutated_platform_is_loaded_or_refused(text: str, folder: Path) -> None:
    _load(text.encode(errors="replace"), folder)


@settings(_SETTINGS, max_examples=150)
@given(value=_VALUES)
def test_arbitrary_yaml_is_loaded_or_refused(value: Any, folder: Path) -> None:
    _load(yaml.dump(value).encode(errors="replace"), folder)


@settings(_SETTINGS, max_examples=150)
@given(content=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode()))
@example(content=b"? ")
@example(content=b"&a [*a]")
@example(content=b"platform: !!binary aaaa")
def test_arbitrary_bytes_are_loaded_or_refused(content: bytes, folder: Path) -> None:
    _load(content, folder)
