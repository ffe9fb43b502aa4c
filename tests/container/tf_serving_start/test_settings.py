from __future__ import annotations

from pathlib import Path

import pytest

from tf_serving_start.server import server_command
from tf_serving_start.settings import Settings, SettingsError, read_settings
from tf_serving_start.source import SourceKind

GIVEN = {
    "PATH": "/usr/bin:/bin",
    "MODEL_SERVER": "sh",
    "MODEL_NAME": "ssdresnet",
    "MODEL_BASE_PATH": "/models",
    "MODEL_URI": "s3://artifacts/models/ssdresnet/0123456789abcdef.tar.gz",
    "AWS_REGION": "us-east-1",
    "GRPC_PORT": "8500",
    "REST_PORT": "8501",
}
DIGEST = "0123456789abcdef" * 4


def read(*arguments: str, **changed: str) -> Settings:
    return read_settings({**GIVEN, **changed}, arguments)


def problems(*arguments: str, **changed: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(*arguments, **changed)
    return caught.value.problems


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"MODEL_NAME": ""}, "MODEL_NAME is required"),
        ({"MODEL_NAME": "../x"}, "MODEL_NAME must be 1 to 128 letters"),
        ({"MODEL_BASE_PATH": "models"}, "MODEL_BASE_PATH must be an absolute path, got 'models'"),
        ({"MODEL_URI": ""}, "MODEL_URI is required: no model lies in /models/ssdresnet/1"),
        ({"MODEL_URI": "https://x/y.tar.gz"}, "MODEL_URI must be s3://bucket/key, got 'https"),
        ({"MODEL_URI": "s3://artifacts"}, "MODEL_URI must be s3://bucket/key, got 's3://artifa"),
        ({"MODEL_URI": "s3://UPPER/key"}, "MODEL_URI must be s3://bucket/key, got 's3://UPPER"),
        (
            {"MODEL_URI": "s3://artifacts/ssd_resnet.zip"},
            "MODEL_URI must name a .tar.gz, an index.json or a folder, got 's3://artifacts/ssd",
        ),
        ({"AWS_REGION": ""}, "AWS_REGION is required with MODEL_URI"),
        ({"AWS_REGION": "Frankfurt"}, "AWS_REGION must be a region such as us-east-1, got 'Fra"),
        ({"MODEL_SHA256": "ABC"}, "MODEL_SHA256 must be 64 lower-case hexadecimal digits, got"),
        (
            {"MODEL_SHA256": DIGEST, "MODEL_URI": "s3://artifacts/models/index.json"},
            "MODEL_SHA256 needs the MODEL_URI of an archive, got 's3://artifacts/models/index",
        ),
        ({"MODEL_SERVER": ""}, "MODEL_SERVER is required"),
        ({"MODEL_SERVER": "no-such"}, "MODEL_SERVER must be a program on PATH, got 'no-such'"),
        ({"GRPC_PORT": ""}, "GRPC_PORT is required"),
        ({"GRPC_PORT": "65536"}, "GRPC_PORT must be a port from 1 to 65535, got '65536'"),
        ({"REST_PORT": "0"}, "REST_PORT must be a port from 1 to 65535, got '0'"),
        ({"REST_PORT": "٨٥٠١"}, "REST_PORT must be a port from 1 to 65535"),
        ({"REST_PORT": "8500"}, "GRPC_PORT and REST_PORT must differ, got 8500 for both"),
        (
            {"TENSORFLOW_INTRA_OP_PARALLELISM": "0"},
            "TENSORFLOW_INTRA_OP_PARALLELISM must be a number from 1 to 1024, got '0'",
        ),
        (
            {"TENSORFLOW_INTER_OP_PARALLELISM": "auto"},
            "TENSORFLOW_INTER_OP_PARALLELISM must be a number from 1 to 1024, got 'auto'",
        ),
        ({"GPU_MEMORY_FRACTION": "0.0"}, "GPU_MEMORY_FRACTION must be more than 0 and at most 1"),
        ({"GPU_MEMORY_FRACTION": "1.1"}, "GPU_MEMORY_FRACTION must be more than 0 and at most 1"),
        ({"GPU_MEMORY_FRACTION": "nan"}, "GPU_MEMORY_FRACTION must be more than 0 and at most 1"),
    ],
)
def test_rejects(changed: dict[str, str], problem: str) -> None:
    (found,) = problems(**changed)

    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("argument", "variable"),
    [
        ("--port=9", "GRPC_PORT"),
        ("--rest_api_port=9", "REST_PORT"),
        ("--model_name=x", "MODEL_NAME"),
        ("--model_base_path=/x", "MODEL_BASE_PATH"),
        ("--model_config_file=/x", "MODEL_NAME"),
    ],
)
def test_argument_that_would_contradict_a_variable_is_rejected(
    argument: str, variable: str
) -> None:
    assert problems(argument) == [f"argument '{argument}' must not be given: set {variable}"]


def test_all_problems_come_in_one_message() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"MODEL_SHA256": "x"}, ["--port=1"])

    assert len(caught.value.problems) == 7
    assert str(caught.value).startswith("tf-serving cannot start: MODEL_NAME is required; ")


def test_model_of_the_image_needs_no_uri_and_no_region(tmp_path: Path) -> None:
    (tmp_path / "ssdresnet" / "1").mkdir(parents=True)

    settings = read(MODEL_BASE_PATH=str(tmp_path), MODEL_URI="", AWS_REGION="")

    assert settings.source is None


@pytest.mark.parametrize(
    ("uri", "kind", "key"),
    [
        ("s3://artifacts/a/b.tar.gz", SourceKind.ARCHIVE, "a/b.tar.gz"),
        ("s3://artifacts/b.tgz", SourceKind.ARCHIVE, "b.tgz"),
        ("s3://artifacts/a/index.json", SourceKind.INDEX, "a/index.json"),
        ("s3://artifacts/index.json", SourceKind.INDEX, "index.json"),
        ("s3://artifacts/models/1", SourceKind.FOLDER, "models/1/"),
        ("s3://artifacts/models/1/", SourceKind.FOLDER, "models/1/"),
        ("s3://artifacts/reindex.json", SourceKind.FOLDER, "reindex.json/"),
    ],
)
def test_uri_names_an_archive_an_index_or_a_folder(uri: str, kind: SourceKind, key: str) -> None:
    source = read(MODEL_URI=uri).source

    assert source is not None
    assert (source.kind, source.bucket, source.key) == (kind, "artifacts", key)


def test_server_gets_every_setting_as_a_flag_and_our_arguments_last() -> None:
    settings = read(
        "--enable_batching=true",
        TENSORFLOW_INTRA_OP_PARALLELISM="2",
        TENSORFLOW_INTER_OP_PARALLELISM="4",
        GPU_MEMORY_FRACTION="0.45",
    )

    program, *arguments = server_command(settings)

    assert Path(program).is_absolute() and Path(program).name == "sh"
    assert arguments == [
        "--port=8500",
        "--rest_api_port=8501",
        "--model_name=ssdresnet",
        "--model_base_path=/models/ssdresnet",
        "--tensorflow_intra_op_parallelism=2",
        "--tensorflow_inter_op_parallelism=4",
        "--per_process_gpu_memory_fraction=0.45",
        "--enable_batching=true",
    ]


def test_server_decides_what_is_not_set() -> None:
    assert len(server_command(read())) == 5


@pytest.mark.parametrize("fraction", ["1", "1.0", ".5", "0.000001"])
def test_every_share_of_the_gpu_up_to_all_of_it_is_accepted(fraction: str) -> None:
    assert read(GPU_MEMORY_FRACTION=fraction).gpu_memory_fraction == fraction
