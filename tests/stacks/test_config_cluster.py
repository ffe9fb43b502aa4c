"""Good cluster sections: what they resolve to, where the limits lie, and what they warn about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from fleet_packing import DeploymentPercents
from inference_constructs.ecs import (
    LoadBalancerKind,
    ModelSource,
    NetworkMode,
    Packing,
    PortProtocol,
    ServiceMetric,
    TfServingNeuron,
    TorchServeNeuronx,
    Workload,
)
from inference_constructs.ecs.workload import CAPABILITIES as ECS_CAPABILITIES
from inference_constructs.ecs.workload_health import LONGEST_LOAD_SECONDS as ECS_LONGEST_LOAD
from stacks.application import build_app
from stacks.config import ClusterPlan, Platform
from stacks.platform.cluster import service_file, workload_file
from stacks.platform.cluster.file import LONGEST_DRAIN_MINUTES
from stacks.platform.cluster.service_file import LoadBalancer
from stacks.platform.cluster.workloads import CAPABILITIES, READY_MADE, READY_MADE_PORTS
from stacks.workload_props import workload

Load = Callable[[str], Platform]
_INF1 = "{name: inf1, instance_type: inf1.6xlarge, max_instances: 4}"
_INF2 = "{name: inf2, instance_type: inf2.xlarge, max_instances: 4, core_metrics: true}"
_MODEL = "model: {uri: s3://models/m, compiled_for: inf2}"
_TORCHSERVE = f"workload: {{kind: torchserve-neuronx}}, {_MODEL}"


def _platform(load: Load, services: str, *, pools: str = f"{_INF1}, {_INF2}") -> Platform:
    return load(
        "platform: test\nregion: us-east-1\n"
        "acknowledge_end_of_life: [inf1, tensorflow-neuron, pytorch-inference-neuronx]\n"
        f"cluster: {{pools: [{pools}], services: [{services}]}}\n"
    )


def _cluster(load: Load, services: str, *, pools: str = f"{_INF1}, {_INF2}") -> ClusterPlan:
    cluster = _platform(load, services, pools=pools).cluster
    assert cluster is not None
    return cluster


def test_smallest_cluster_is_a_pool(load: Load) -> None:
    plan = _cluster(load, "", pools="{name: a, instance_type: inf2.xlarge}")

    (pool,) = plan.pools
    assert (pool.ami.id, pool.root_volume_gib) == ("al2023-neuron", 100)
    assert (pool.section.min_instances, pool.section.max_instances) == (0, 1)
    assert not pool.section.core_metrics
    assert plan.section.problem_detector is None


@pytest.mark.parametrize(
    ("pool", "ami", "volume"),
    [
        ("instance_type: m5.large", "al2023", 30),
        ("instance_type: g4dn.xlarge", "al2023-gpu", 100),
        ("instance_type: m5.large, root_volume_gib: 50", "al2023", 50),
        ("instance_type: trn1.2xlarge, ami: al2023-neuron", "al2023-neuron", 100),
    ],
)
def test_host_image_and_volume_follow_the_type(
    pool: str, ami: str, volume: int, load: Load
) -> None:
    (plan,) = _cluster(load, "", pools=f"{{name: a, {pool}}}").pools

    assert (plan.ami.id, plan.root_volume_gib) == (ami, volume)


def test_chip_slots_are_cut_out_of_what_the_service_owns(load: Load) -> None:
    service = (
        "{name: a, pool: big, chips_per_task: 2, first_chip: 2, chips: 4, min_instances: 0,"
        f" {_TORCHSERVE}}}"
    )
    plan = _cluster(load, service, pools="{name: big, instance_type: inf2.24xlarge}")

    (planned,) = plan.services
    assert [slot.devices for slot in planned.slots] == [
        ("/dev/neuron2", "/dev/neuron3"),
        ("/dev/neuron4", "/dev/neuron5"),
    ]


@pytest.mark.parametrize(
    ("counts", "percents"),
    [
        ("min_instances: 1", (100, 200)),
        ("min_instances: 2", (100, 200)),
        ("min_instances: 3", (50, 100)),
        ("min_instances: 4", (50, 100)),
        ("min_instances: 1, max_instances: 4, scaling: {metric: neuroncore_utilization}", (0, 100)),
        (
            "min_instances: 4, deployment: {minimum_healthy_percent: 75, maximum_percent: 100}",
            (75, 100),
        ),
        (
            "min_instances: 3, deployment: {minimum_healthy_percent: 100, maximum_percent: 150}",
            (100, 150),
        ),
    ],
)
def test_deployments_keep_what_the_hosts_allow(
    counts: str, percents: tuple[int, int], load: Load
) -> None:
    plan = _cluster(load, f"{{name: a, pool: inf2, {counts}, {_TORCHSERVE}}}")

    minimum, maximum = percents
    assert plan.services[0].deployment == DeploymentPercents(minimum=minimum, maximum=maximum)


@pytest.mark.parametrize(
    "service",
    [
        f"pool: inf2, min_instances: 0, {_TORCHSERVE}",
        f"pool: inf2, min_instances: 4, {_TORCHSERVE}",
        f"pool: inf2, network_mode: awsvpc, {_TORCHSERVE}",
        f"pool: inf2, network_mode: host, load_balancer: {{}}, {_TORCHSERVE}",
        f"pool: inf2, packing: whole-instance, chips_per_task: 1, first_chip: 0, {_TORCHSERVE}",
        f"pool: inf2, load_balancer: {{kind: nlb, clients: [10.0.0.0/8]}}, {_TORCHSERVE}",
        f"pool: inf2, max_instances: 4, load_balancer: {{}}, scaling: {{}}, {_TORCHSERVE}",
        f"pool: inf2, min_instances: 0, max_instances: 1, scaling: {{metric: off, schedules:"
        f" [{{name: a, cron: 0 8 ? * * *, min_instances: 0, max_instances: 0}}]}}, {_TORCHSERVE}",
        f"pool: inf2, workload: {{kind: torchserve-neuronx, load_seconds: 3300}}, {_MODEL}",
        "pool: inf1, workload: {kind: tf-serving-neuron}, load_balancer: {kind: nlb},"
        " model: {uri: s3://models/m/, compiled_for: inf1}",
        "pool: inf1, workload: {kind: container, image: own/image@sha256:0123, health_check:"
        " {command: a, timeout_seconds: 60}, ports: [{name: a, port: 31004}]}",
    ],
)
def test_services_on_the_limit_are_accepted_and_can_be_built(
    service: str, load: Load, context: dict[str, Any], tmp_path: Path
) -> None:
    platform = _platform(load, f"{{name: a, {service}}}")

    # The pool that the service leaves idle is all there is to warn of.
    (warning,) = platform.warnings
    assert "nothing runs on pool" in warning
    build_app(platform, context=context, outdir=tmp_path)


def test_artifacts_of_one_generation_serve_all_its_families(load: Load) -> None:
    plan = _cluster(
        load,
        f"{{name: a, pool: trn1, {_TORCHSERVE}}}",
        pools="{name: trn1, instance_type: trn1.2xlarge}",
    )

    assert plan.services[0].pool.instance.name == "trn1.2xlarge"


def test_legacy_chips_and_images_warn_until_they_are_acknowledged(load: Load) -> None:
    text = (
        "platform: test\nregion: us-east-1\n{}cluster:\n"
        "  pools: [{{name: inf1, instance_type: inf1.xlarge}}]\n"
        "  services: [{{name: a, pool: inf1, workload: {{kind: tf-serving-neuron}},"
        " model: {{uri: s3://models/m, compiled_for: inf1}}}}]\n"
    )
    warned = load(text.format("")).warnings
    silent = load(text.format("acknowledge_end_of_life: [inf1, tensorflow-neuron]\n")).warnings

    assert len(warned) == 2
    assert "cluster.pools[0].instance_type: Inferentia1 (Inf1), whose last Neuron SDK" in warned[0]
    assert "use Inf2 or Trn1 (https://" in warned[0]
    assert "cluster.services[0].workload.kind: TensorFlow 1 on Inferentia" in warned[1]
    assert silent == ()


def test_an_idle_pool_warns(load: Load) -> None:
    platform = _platform(load, "", pools="{name: a, instance_type: inf2.xlarge}")

    (warning,) = platform.warnings
    assert warning.endswith("cluster.pools[0]: nothing runs on pool a")


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (service_file.PackingWord, {packing.value for packing in Packing}),
        (service_file.NetworkModeWord, {mode.value for mode in NetworkMode}),
        (service_file.ServiceMetricWord, {metric.value for metric in ServiceMetric}),
        (
            LoadBalancer.model_fields["kind"].annotation,
            {kind.value for kind in LoadBalancerKind},
        ),
        (workload_file.PortProtocolWord, {each.value for each in PortProtocol}),
        (workload_file.WorkloadKind, {*READY_MADE, "container"}),
    ],
)
def test_words_of_the_section_are_those_of_the_constructs(words: object, known: set[str]) -> None:
    assert set(get_args(words)) == known


def test_limits_of_the_section_are_those_of_the_constructs() -> None:
    assert CAPABILITIES == ECS_CAPABILITIES
    assert workload_file.LONGEST_LOAD_SECONDS == ECS_LONGEST_LOAD
    assert LONGEST_DRAIN_MINUTES == 55


@pytest.mark.parametrize("kind", READY_MADE)
def test_ports_of_ready_made_servers_are_those_they_listen_on(kind: str) -> None:
    model = ModelSource(uri="s3://models/m", compiled_for="inf1")
    servers: dict[str, Workload] = {
        "tf-serving-neuron": TfServingNeuron(model_name="m", model=model),
        "torchserve-neuronx": TorchServeNeuronx(model=model),
    }
    container = servers[kind].container()

    assert [(port.name, port.port, port.protocol.value) for port in container.ports] == [
        (port.name, port.port, port.protocol) for port in READY_MADE_PORTS[kind]
    ]
    assert container.image.core_versions is not None


def test_the_name_that_clients_call_is_the_services_unless_written(load: Load) -> None:
    section = "pool: inf1, workload: {kind: tf-serving-neuron}"
    model = "model: {uri: s3://models/m, compiled_for: inf1}, chips: 2"
    named = section.replace("neuron}", "neuron, model_name: resnet}")
    plan = _cluster(
        load, f"{{name: a, {section}, {model}}}, {{name: b, {named}, first_chip: 2, {model}}}"
    )

    names = [
        workload(service, None).container().environment["MODEL_NAME"] for service in plan.services
    ]
    assert names == ["a", "resnet"]
