"""Reports as ``neuron-monitor`` writes them, keys and nesting as recorded on Inf1 and Inf2 hosts.

On Inf1 a process lists every core of its chip, with 0 for those that others use; from within a
container the process itself is invisible, which the monitor says as an error of the CPU group.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_NO_MEMORY = {
    "constants": 0,
    "model_code": 0,
    "model_shared_scratchpad": 0,
    "runtime_memory": 0,
    "tensors": 0,
}


def runtime(
    utilization: Mapping[int, float],
    *,
    pid: int = 20_843,
    memory: Mapping[int, int] | None = None,
    errors: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """One process; ``memory`` holds bytes of model constants by core."""
    memory = dict.fromkeys(utilization, 0) if memory is None else memory
    summary = dict.fromkeys(
        ("generic", "numerical", "transient", "model", "runtime", "hardware"), 0
    )
    return {
        "pid": pid,
        "neuron_runtime_tag": str(pid),
        "error": "",
        "report": {
            "execution_stats": {
                "period": 5.000747861,
                "error_summary": {**summary, **(errors or {})},
                "execution_summary": {
                    "completed": 50,
                    "completed_with_err": 0,
                    "completed_with_num_err": 0,
                    "timed_out": 0,
                    "incorrect_input": 0,
                    "failed_to_queue": 0,
                },
                "latency_stats": {"total_latency": None, "device_latency": None},
                "error": "",
            },
            "memory_used": {
                "period": 5.000727574,
                "neuron_runtime_used_bytes": {
                    "host": 2_605_992,
                    "neuron_device": sum(memory.values()),
                    "usage_breakdown": {
                        "host": {
                            "application_memory": 12_328,
                            "constants": 0,
                            "dma_buffers": 16_384,
                            "tensors": 2_577_280,
                        },
                        "neuroncore_memory_usage": {
                            str(core): {**_NO_MEMORY, "constants": amount}
                            for core, amount in memory.items()
                        },
                    },
                },
                "loaded_models": [],
                "error": "",
            },
            "neuron_runtime_vcpu_usage": {
                "period": 5.000760034,
                "vcpu_usage": {"user": 0, "system": 0},
                "error": f"open /proc/{pid}/stat: no such file or directory",
            },
            "neuroncore_counters": {
                "period": 5.000727893,
                "neuroncores_in_use": {
                    str(core): {"neuroncore_utilization": value, "flops": 1_234_567}
                    for core, value in utilization.items()
                },
                "error": "",
            },
        },
    }


def report(*runtimes: dict[str, Any], hardware_error: str = "") -> dict[str, Any]:
    """A whole report of an inf1.6xlarge."""
    return {
        "neuron_runtime_data": list(runtimes) or None,
        "system_data": {
            "memory_info": {
                "period": 5.346411129,
                "memory_total_bytes": 49_345_835_008,
                "memory_used_bytes": 16_042_344_448,
                "swap_total_bytes": 0,
                "swap_used_bytes": 0,
                "error": "",
            }
        },
        "instance_info": {
            "instance_name": "",
            "instance_id": "i-0011223344556677a",
            "instance_type": "inf1.6xlarge",
            "instance_availability_zone": "us-east-1d",
            "instance_availability_zone_id": "use1-az6",
            "instance_region": "us-east-1",
            "ami_id": "ami-0011223344556677b",
            "subnet_id": "subnet-112233ee",
            "error": "",
        },
        "neuron_hardware_info": {
            "neuron_device_count": 4,
            "neuroncore_per_device_count": 4,
            "error": hardware_error,
        },
    }


def line(*runtimes: dict[str, Any]) -> str:
    """The report as the monitor's output has it."""
    return json.dumps(report(*runtimes), separators=(",", ":"))
