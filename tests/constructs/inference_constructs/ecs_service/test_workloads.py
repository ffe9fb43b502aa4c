"""The ready-made workloads, and what no workload may say."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from inference_constructs.ecs.workload_health import ContainerHealth
from inference_constructs.ecs.workload_image import WorkloadImage
from inference_constructs.ecs.workload_model import ModelSource
from inference_constructs.ecs.workload_port import PortProtocol, WorkloadPort
from tests.constructs.inference_constructs.ecs_service.support import (
    MIRROR,
    any_container,
    tf_serving,
    torchserve,
)


def test_tf_serving_listens_where_it_publishes() -> None:
    container = tf_serving().container()

    assert {port.name: port.port for port in container.ports} == {"grpc": 8500, "rest": 8501}
    assert [port.protocol for port in container.ports] == [PortProtocol.GRPC, PortProtocol.HTTP]
    assert {"--port=8500", "--rest_api_port=8501"} <= set(container.command)
    assert container.health is not None
    assert "http://localhost:8501/v1/models/resnet50 " in container.health.command


def test_tf_serving_loads_its_model_from_s3_and_ends_with_its_server() -> None:
    container = tf_serving().container()

    assert container.entry_point == ("/usr/local/bin/entrypoint.sh",)
    assert "--model_base_path=s3://models/resnet50_neuron/" in container.command
    assert "--model_name=resnet50" in container.command
    assert container.environment == {"MODEL_NAME": "resnet50"}


def test_tf_serving_is_unhealthy_with_a_model_that_did_not_load() -> None:
    health = tf_serving().container().health

    assert health is not None
    assert "grep -q AVAILABLE" in health.command


def test_torchserve_fetches_its_models_and_runs_in_the_foreground() -> None:
    container = torchserve().container()

    (command,) = container.command
    assert command.startswith("aws s3 cp --recursive --only-show-errors 's3://models/yolo/v4/'")
    assert "&& exec torchserve --start --foreground" in command
    assert [port.port for port in container.ports] == [8080]
    assert container.health is not None
    assert "http://localhost:8080/ping" in container.health.command


def test_torchserve_starts_one_worker_and_hides_its_management() -> None:
    environment = torchserve().container().environment

    assert environment["TS_DEFAULT_WORKERS_PER_MODEL"] == "1"
    assert environment["TS_MANAGEMENT_ADDRESS"] == "http://127.0.0.1:8081"


@pytest.mark.parametrize("registry", [MIRROR, f"{MIRROR}/neuron/"])
def test_images_are_taken_from_a_mirror(elsewhere: cdk.Stack, registry: str) -> None:
    image = torchserve(registry=registry).container().image.bind(elsewhere)

    assert image.uri == (
        f"{registry.rstrip('/')}/pytorch-inference-neuronx:"
        "2.9.0-neuronx-py312-sdk2.31.1-ubuntu24.04"
    )
    assert image.repository_arn is not None
    assert image.repository_arn.endswith("/pytorch-inference-neuronx")


def test_an_image_of_the_catalogue_needs_a_region(tmp_path: Any) -> None:
    agnostic = cdk.Stack(cdk.App(outdir=str(tmp_path)), "Agnostic")

    with pytest.raises(ValueError, match="the stack needs a region known at synthesis"):
        tf_serving().container().image.bind(agnostic)


@pytest.mark.parametrize("registry", ["", "/"])
def test_a_mirror_without_a_name_is_refused(registry: str) -> None:
    with pytest.raises(ValueError, match=f"registry must name a registry, got '{registry}'"):
        WorkloadImage.catalogued("pytorch-inference-neuronx", registry=registry)


def test_an_unknown_image_is_refused() -> None:
    with pytest.raises(ValueError, match=r"image_id must be one of tensorflow-.*, got 'triton'"):
        WorkloadImage.catalogued("triton")


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("", "uri must name an image, got ''"),
        ("a b", "uri must name an image, got 'a b'"),
        (cdk.Token.as_string({"Ref": "X"}), "uri must be known at synthesis, got a token"),
    ],
)
def test_a_name_that_is_none_is_refused(uri: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WorkloadImage.of(uri)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"ports": (WorkloadPort(name="a", port=1), WorkloadPort(name="a", port=2))},
            r"ports must have distinct names, got \['a', 'a'\]",
        ),
        (
            {"ports": (WorkloadPort(name="a", port=1), WorkloadPort(name="b", port=1))},
            r"ports must have distinct numbers, got \[1, 1\]",
        ),
        (
            {"environment": {"NEURON_RT_VISIBLE_CORES": "0"}},
            r"environment must leave out NEURON_RT_VISIBLE_CORES \(the slot decides which cores a"
            r" task owns\), got '0'",
        ),
        (
            {"environment": {"NEURON_LOGICAL_NC_CONFIG": "1"}},
            "environment must leave out NEURON_LOGICAL_NC_CONFIG",
        ),
        (
            {"environment": {"AWS_NEURON_VISIBLE_DEVICES": "ALL"}},
            r"environment must leave out AWS_NEURON_VISIBLE_DEVICES \(the agent would map",
        ),
        (
            {"capabilities": frozenset({"ALL", "IPC_LOCK"})},
            "capabilities must be single ones that ECS knows, got ALL",
        ),
        ({"writable_paths": ("tmp",)}, "writable_paths must be absolute .* got 'tmp'"),
        ({"writable_paths": ("/",)}, "writable_paths must be .* not the root, got '/'"),
        (
            {"writable_paths": ("/tmp", "/tmp")},
            r"writable_paths must be distinct, got \['/tmp', '/tmp'\]",
        ),
        ({"stop_timeout_seconds": 1}, "stop_timeout_seconds must be 2 to 3600, got 1"),
    ],
)
def test_containers_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        any_container(**wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"port": 0}, "port must be 1 to 65535, got 0"),
        ({"name": "a b"}, "name must be letters, digits and hyphens, got 'a b'"),
        ({"name": "grö"}, "name must be letters, digits and hyphens, got 'grö'"),
        ({"name": "--"}, "name must be letters, digits and hyphens, got '--'"),
        (
            {"health_path": "ping"},
            r"health_path must start with '/', got 'ping' \(did you mean '/ping'\?\)",
        ),
        (
            {"grpc_services": ("a.B",)},
            "grpc_services belong to a port of protocol grpc, got http",
        ),
    ],
)
def test_ports_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WorkloadPort(**{"name": "http", "port": 80, **wrong})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"command": " "}, "command must say what to run, got nothing"),
        ({"load_seconds": 0}, "load_seconds must be 1 to 3300, .* got 0"),
        ({"load_seconds": 3301}, "load_seconds must be 1 to 3300, .* got 3301"),
        ({"timeout_seconds": 1}, "timeout_seconds must be 2 to 60, got 1"),
    ],
)
def test_health_checks_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ContainerHealth(**{"command": "true", **wrong})


@pytest.mark.parametrize("load_seconds", [1, 299, 300, 301, 450, 600, 601, 1200, 3300])
def test_checks_outlast_the_load_within_the_limits_of_ecs(load_seconds: int) -> None:
    health = ContainerHealth(command="true", load_seconds=load_seconds)

    assert 0 <= health.start_period_seconds <= 300
    assert 1 <= health.retries <= 10
    assert 5 <= health.interval_seconds <= 300
    counted = health.retries * health.interval_seconds
    assert health.start_period_seconds + counted >= load_seconds
    assert health.grace_seconds > load_seconds


def test_a_server_that_dies_is_found_out_within_two_minutes_unless_it_loads_slowly() -> None:
    health = ContainerHealth(command="true", load_seconds=300)

    assert health.retries * health.interval_seconds <= 120


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"uri": "models/m"}, "uri must start with 's3://', got 'models/m'"),
        ({"uri": "s3://models"}, "uri must name a prefix below the bucket .* got 's3://models'"),
        ({"uri": "s3://models//"}, "uri must name a prefix below the bucket"),
        ({"uri": "s3://Models/m"}, "uri must name a bucket, got 'Models' in 's3://Models/m'"),
        *(
            (
                {"uri": f"s3://models/{part}"},
                r"uri must hold no '\*', '\?', '\$', quote, backslash, space or empty folder, got",
            )
            for part in ("*", "a?", "${aws:username}", "it's", 'a"b', "a\\b", "a b")
        ),
        ({"uri": "s3://models/a//b"}, r"uri must hold no .* got 's3://models/a//b'"),
        (
            {"compiled_for": "gpu"},
            "compiled_for must be one of inf1, inf2, trn1, trn1n, trn2, got 'gpu'",
        ),
    ],
)
def test_models_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ModelSource(**{"uri": "s3://models/m", "compiled_for": "inf2", **wrong})


def test_a_bucket_known_at_deployment_only_is_accepted() -> None:
    bucket = cdk.Token.as_string({"Ref": "Bucket"})

    source = ModelSource(uri=f"s3://{bucket}/a/b/", compiled_for="inf2")

    assert (source.bucket, source.prefix) == (bucket, "a/b/")


def test_a_model_name_that_would_end_up_in_a_shell_is_refused() -> None:
    with pytest.raises(ValueError, match=r"model_name must be letters, .* got 'a; b'"):
        tf_serving(model_name="a; b")
