from __future__ import annotations

from pathlib import Path

import pytest

from inferctl.localaws.serving.serve_flags import serve_arguments, serve_port


def arguments(**environment: str) -> list[str]:
    return serve_arguments(environment, empty_repository=Path("/empty"), backends=Path("/b"))


def test_the_defaults_are_those_of_multi_model_mode() -> None:
    assert arguments() == [
        "--allow-sagemaker=true",
        "--allow-http=false",
        "--allow-grpc=false",
        "--allow-metrics=false",
        "--model-control-mode=explicit",
        "--model-repository=/empty",
        "--model-namespacing=true",
        "--sagemaker-port=8080",
        "--log-verbose=false",
        "--backend-directory=/b",
        "--backend-config=python,shm-default-byte-size=16777216",
        "--backend-config=python,shm-growth-byte-size=1048576",
    ]


@pytest.mark.parametrize(
    ("variable", "value", "flag"),
    [
        ("SAGEMAKER_TRITON_ALLOW_GRPC", "true", "--allow-grpc=true"),
        ("SAGEMAKER_TRITON_ALLOW_METRICS", "true", "--allow-metrics=true"),
        ("SAGEMAKER_TRITON_GRPC_PORT", "9001", "--grpc-port=9001"),
        ("SAGEMAKER_TRITON_METRICS_PORT", "9002", "--metrics-port=9002"),
        (
            "SAGEMAKER_TRITON_DISABLE_MODEL_NAMESPACING",
            "false",
            "--model-namespacing=false",
        ),
        (
            "SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE",
            "1048576",
            "--backend-config=python,shm-default-byte-size=1048576",
        ),
        (
            "SAGEMAKER_TRITON_SHM_GROWTH_BYTE_SIZE",
            "65536",
            "--backend-config=python,shm-growth-byte-size=65536",
        ),
        ("SAGEMAKER_TRITON_LOG_VERBOSE", "true", "--log-verbose=true"),
        ("SAGEMAKER_TRITON_LOG_INFO", "false", "--log-info=false"),
        ("SAGEMAKER_TRITON_LOG_WARNING", "false", "--log-warning=false"),
        ("SAGEMAKER_TRITON_LOG_ERROR", "false", "--log-error=false"),
        ("SAGEMAKER_TRITON_THREAD_COUNT", "4", "--sagemaker-thread-count=4"),
        (
            "SAGEMAKER_TRITON_BUFFER_MANAGER_THREAD_COUNT",
            "2",
            "--buffer-manager-thread-count=2",
        ),
        ("SAGEMAKER_SAFE_PORT_RANGE", "8080-8090", "--sagemaker-safe-port-range=8080-8090"),
        ("SAGEMAKER_BIND_TO_PORT", "8085", "--sagemaker-port=8085"),
    ],
)
def test_a_variable_becomes_a_flag(variable: str, value: str, flag: str) -> None:
    assert flag in arguments(**{variable: value})


def test_additional_arguments_come_last_and_are_split_like_a_shell_does() -> None:
    found = arguments(SAGEMAKER_TRITON_ADDITIONAL_ARGS="--a=1 --b='x y'")

    assert found[-2:] == ["--a=1", "--b=x y"]


def test_variables_of_gpus_and_other_programs_change_nothing() -> None:
    assert arguments(SAGEMAKER_TRITON_MODEL_LOAD_GPU_LIMIT="0.8", OTHER="1") == arguments()


def test_the_port_is_the_platform_s_unless_named() -> None:
    assert serve_port({}) == 8080
    assert serve_port({"SAGEMAKER_BIND_TO_PORT": "9000"}) == 9000
