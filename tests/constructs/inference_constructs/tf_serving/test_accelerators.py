"""The strategies: what each puts beside the plain server, and what it refuses."""

from __future__ import annotations

import pytest

from accelerator_catalog import CPU_INSTANCES, GPU_EC2_INSTANCES
from accelerator_catalog.elastic_inference import ELASTIC_INFERENCE_ACCELERATORS
from accelerator_catalog.gpu_sharing import shareable_mib
from inference_constructs.tf_serving import (
    MOST_SHARES,
    PLAIN_SERVER,
    Accelerator,
    ElasticInference,
    GpuShare,
    SharedGpu,
    WholeGpu,
    equal_shares,
)

T4 = GPU_EC2_INSTANCES["g4dn.xlarge"]
EIA2 = ELASTIC_INFERENCE_ACCELERATORS["eia2.medium"]
ALL: tuple[Accelerator, ...] = (
    ElasticInference(CPU_INSTANCES["c5.large"], EIA2),
    WholeGpu(T4),
    SharedGpu(T4, equal_shares(T4, MOST_SHARES)),
)


@pytest.mark.parametrize("accelerator", ALL, ids=lambda one: one.id)
def test_no_two_servers_of_a_host_want_the_same_port(accelerator: Accelerator) -> None:
    servers = [PLAIN_SERVER, *accelerator.servers]
    ports = [port for server in servers for port in (server.grpc_port, server.rest_port)]

    assert ports[:4] == [8500, 8501, 9000, 9001]
    assert len(set(ports)) == len(ports)
    assert len({server.name for server in servers}) == len(servers)
    assert len({server.label for server in servers}) == len(servers)


@pytest.mark.parametrize("accelerator", ALL, ids=lambda one: one.id)
def test_only_elastic_inference_needs_its_service_and_the_instances_metadata(
    accelerator: Accelerator,
) -> None:
    is_network = accelerator.id == "elastic-inference"

    assert accelerator.connects is is_network
    assert accelerator.metadata_hop_limit == (2 if is_network else 1)
    assert bool(accelerator.attachments) is is_network
    assert accelerator.ami.id == ("al2023" if is_network else "al2023-gpu")


def test_only_one_gpu_is_compared() -> None:
    for make in (WholeGpu, lambda instance: SharedGpu(instance, equal_shares(instance))):
        with pytest.raises(ValueError, match=r"must have one GPU, got 'g4dn.12xlarge' with 4"):
            make(GPU_EC2_INSTANCES["g4dn.12xlarge"])


@pytest.mark.parametrize(
    ("shares", "problem"),
    [
        ([(512, 50)], "shares must be 2 to 8, got 1"),
        ([(512, 10)] * 9, "shares must be 2 to 8, got 9"),
        ([(8000, 50)] * 2, "shares must be 15238 MiB together at most, got 16000"),
        ([(512, 60)] * 2, "shares must be 100 percent together at most, got 120"),
        ([(512, 50), (0, 50)], "shares must have memory and compute"),
    ],
)
def test_shares_are_no_more_than_the_gpu(shares: list[tuple[int, int]], problem: str) -> None:
    parts = [GpuShare(memory_mib=memory, compute_percent=percent) for memory, percent in shares]

    with pytest.raises(ValueError, match=problem):
        SharedGpu(T4, parts)


@pytest.mark.parametrize("count", range(2, MOST_SHARES + 1))
def test_equal_shares_are_accepted_on_every_type_with_one_gpu(count: int) -> None:
    for instance in GPU_EC2_INSTANCES.values():
        if instance.gpu_count == 1:
            shares = equal_shares(instance, count)
            assert len(SharedGpu(instance, shares).servers) == count
            assert sum(share.memory_mib for share in shares) <= shareable_mib(instance)
