"""The command line of tritonserver, as the SageMaker image's ``serve`` script makes it.

Source: triton-inference-server/server, docker/sagemaker/serve. Differences, on purpose: verbose
logging is off unless asked for (the script's default logs every request), and a GPU memory limit
is dropped, because there is no GPU.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

DEFAULT_PORT = 8080
_PREFIX = "SAGEMAKER_TRITON_"
# variable without prefix -> flag, passed when set
_PLAIN = {
    "LOG_INFO": "--log-info",
    "LOG_WARNING": "--log-warning",
    "LOG_ERROR": "--log-error",
    "THREAD_COUNT": "--sagemaker-thread-count",
    "BUFFER_MANAGER_THREAD_COUNT": "--buffer-manager-thread-count",
    "GRPC_PORT": "--grpc-port",
    "METRICS_PORT": "--metrics-port",
}


def serve_port(environment: Mapping[str, str]) -> int:
    """The container's port; raises `ValueError` when it is no number."""
    return int(environment.get("SAGEMAKER_BIND_TO_PORT", DEFAULT_PORT))


def serve_arguments(
    environment: Mapping[str, str], *, empty_repository: Path, backends: Path
) -> list[str]:
    """Arguments after the program's name, for multi-model mode."""

    def variable(name: str, default: str) -> str:
        return environment.get(f"{_PREFIX}{name}", default)

    arguments = [
        "--allow-sagemaker=true",
        "--allow-http=false",
        f"--allow-grpc={variable('ALLOW_GRPC', 'false')}",
        f"--allow-metrics={variable('ALLOW_METRICS', 'false')}",
        "--model-control-mode=explicit",
        f"--model-repository={empty_repository}",
        # the variable's name misleads: its value is what the script passes on
        f"--model-namespacing={variable('DISABLE_MODEL_NAMESPACING', 'true')}",
        f"--sagemaker-port={serve_port(environment)}",
        f"--log-verbose={variable('LOG_VERBOSE', 'false')}",
        f"--backend-directory={backends}",
        "--backend-config=python,shm-default-byte-size="
        + variable("SHM_DEFAULT_BYTE_SIZE", "16777216"),
        "--backend-config=python,shm-growth-byte-size="
        + variable("SHM_GROWTH_BYTE_SIZE", "1048576"),
    ]
    if "SAGEMAKER_SAFE_PORT_RANGE" in environment:
        arguments.append(f"--sagemaker-safe-port-range={environment['SAGEMAKER_SAFE_PORT_RANGE']}")
    for name, flag in _PLAIN.items():
        if f"{_PREFIX}{name}" in environment:
            arguments.append(f"{flag}={environment[f'{_PREFIX}{name}']}")
    return arguments + shlex.split(variable("ADDITIONAL_ARGS", ""))
