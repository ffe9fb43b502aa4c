"""The Dockerfiles, read: pinned, not root, and what the constructs believe of them."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tf_serving_images import (
    BUILD_CONTEXTS,
    ELASTIC_INFERENCE_IMAGE,
    GPU_IMAGE,
    HIDDEN_FROM_ELASTIC_INFERENCE,
    IMAGES,
    PLAIN_IMAGE,
    TfServingImage,
)
from tf_serving_images.contract import DEFAULT_MODEL_BASE_PATH, ENTRY_POINT, HEALTH_COMMAND, USER_ID

ROOT = Path(__file__).resolve().parents[3]
START = ROOT / "container" / "tf_serving_start"
INSTALLED = {"boto3", "botocore", "model_artifacts", "tf_serving_start", "mypy_boto3_s3"}

each_image = pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.folder)


def dockerfile(image: TfServingImage) -> str:
    return (ROOT / "container" / image.folder / "Dockerfile").read_text()


def instructions(image: TfServingImage) -> list[str]:
    text = re.sub(r"^#.*\n", "", dockerfile(image), flags=re.M).replace("\\\n", " ")
    return [line for line in text.splitlines() if line]


def last_stage(image: TfServingImage) -> list[str]:
    lines = instructions(image)
    return lines[max(i for i, line in enumerate(lines) if line.startswith("FROM ")) :]


def environment(image: TfServingImage) -> dict[str, str]:
    (line,) = [line for line in last_stage(image) if line.startswith("ENV ")]
    return dict(pair.split("=", 1) for pair in line.split()[1:])


def default(image: TfServingImage, name: str) -> str:
    (value,) = re.findall(rf"^ARG {name}=(\S+)$", dockerfile(image), re.M)
    return str(value)


@each_image
def test_every_base_is_an_exact_version_that_a_build_can_pin_by_digest(
    image: TfServingImage,
) -> None:
    bases = re.findall(r"^FROM (\S+)", dockerfile(image), re.M)

    assert set(bases) == {"${SERVING_IMAGE}", "${BUILDER_IMAGE}"}
    assert bases[-1] == "${SERVING_IMAGE}"
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", default(image, "BUILDER_IMAGE"))
    assert "latest" not in "\n".join(instructions(image)).replace("/ubuntu/latest/", "")


def test_plain_and_gpu_serve_with_one_version_of_the_server() -> None:
    plain, gpu = (default(image, "SERVING_IMAGE") for image in (PLAIN_IMAGE, GPU_IMAGE))

    assert re.fullmatch(r"tensorflow/serving:\d+\.\d+\.\d+", plain)
    assert gpu == f"{plain}-gpu"


def test_elastic_inference_is_built_on_the_articles_image_with_a_checked_server() -> None:
    text = dockerfile(ELASTIC_INFERENCE_IMAGE)

    assert default(ELASTIC_INFERENCE_IMAGE, "SERVING_IMAGE") == (
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/"
        "tensorflow-inference:1.13-cpu-py27-ubuntu16.04"
    )
    assert default(ELASTIC_INFERENCE_IMAGE, "SERVER_URL").endswith(
        "/tensorflow-serving-1-13-1-ubuntu-ei-1-1.tar.gz"
    )
    # no default: the checksum is the builder's to know
    assert re.search(r"^ARG SERVER_SHA256$", text, re.M)
    assert text.index("sha256sum --check --strict") < text.index("tar --extract")


def test_the_check_of_the_server_refuses_a_missing_and_a_wrong_checksum(tmp_path: Path) -> None:
    (line,) = [x for x in instructions(ELASTIC_INFERENCE_IMAGE) if "sha256sum" in x]
    check = line.removeprefix("RUN ").split("&&")[0]
    (tmp_path / "server.tar.gz").write_bytes(b"server")
    check = check.replace("/tmp/server.tar.gz", str(tmp_path / "server.tar.gz"))
    right = subprocess.run(
        ["sha256sum", str(tmp_path / "server.tar.gz")], capture_output=True, text=True, check=True
    ).stdout.split()[0]

    statuses = [
        subprocess.run(["sh", "-c", check], env={"SERVER_SHA256": value}, check=False).returncode
        for value in (right, "0" * 64, "")
    ]

    assert statuses[0] == 0
    assert 0 not in statuses[1:]


@each_image
def test_it_does_not_run_as_root_and_its_user_owns_the_models(image: TfServingImage) -> None:
    stage = last_stage(image)

    assert [x for x in stage if x.startswith("USER ")] == [f"USER {USER_ID}:{USER_ID}"]
    assert any(
        f"--owner={USER_ID} --group={USER_ID} {DEFAULT_MODEL_BASE_PATH}" in line for line in stage
    )


@each_image
def test_its_ports_and_environment_are_those_of_the_constructs(image: TfServingImage) -> None:
    assert f"EXPOSE {image.grpc_port} {image.rest_port}" in last_stage(image)
    assert environment(image) == {
        "MODEL_SERVER": image.server,
        # the base images say "model"
        "MODEL_NAME": "",
        "MODEL_BASE_PATH": DEFAULT_MODEL_BASE_PATH,
        **image.ports,
        **image.environment,
    }


def test_ports_and_environment_are_the_articles() -> None:
    assert (PLAIN_IMAGE.grpc_port, PLAIN_IMAGE.rest_port) == (8500, 8501)
    assert (ELASTIC_INFERENCE_IMAGE.grpc_port, ELASTIC_INFERENCE_IMAGE.rest_port) == (9000, 9001)
    assert PLAIN_IMAGE.environment == {
        "KMP_SETTINGS": "0",
        "KMP_AFFINITY": "granularity=fine,compact,1,0",
        "KMP_BLOCKTIME": "0",
        "OMP_NUM_THREADS": "1",
        "TENSORFLOW_INTRA_OP_PARALLELISM": "2",
        "TENSORFLOW_INTER_OP_PARALLELISM": "2",
    }


@each_image
def test_it_starts_by_the_entry_point_and_has_no_health_check_that_ecs_ignores(
    image: TfServingImage,
) -> None:
    (line,) = [x for x in last_stage(image) if x.startswith("ENTRYPOINT ")]

    assert tuple(json.loads(line.removeprefix("ENTRYPOINT "))) == ENTRY_POINT
    assert "HEALTHCHECK" not in "\n".join(instructions(image))
    assert (*ENTRY_POINT[:-1], f"{ENTRY_POINT[-1]}.health") == HEALTH_COMMAND


def test_the_start_up_code_gets_into_every_image_by_the_same_instructions() -> None:
    stages = {
        re.search(r"^FROM \S+ AS python\n.*?(?=\n\n)", dockerfile(image), re.M | re.S)[0]  # type: ignore[index]
        for image in IMAGES
    }

    (stage,) = stages
    assert re.search(r"\buv==\d+\.\d+\.\d+ ", stage)
    assert "ARG PYTHON_VERSION=3.11." in stage and "python3.11/site-packages" in stage


@each_image
def test_its_contexts_contain_what_it_copies(image: TfServingImage) -> None:
    contexts = {**BUILD_CONTEXTS, "": f"container/{image.folder}"}
    copied = re.findall(
        r"^COPY (?:--chmod=\S+ )?(?:--from=(\S+) )?(\S+) \S+$", dockerfile(image), re.M
    )
    stages = set(re.findall(r" AS (\S+)$", dockerfile(image), re.M))

    from_contexts = [(name, path) for name, path in copied if name not in stages]
    assert ("start", "tf_serving_start") in from_contexts
    assert ("lambda", "model_artifacts") in from_contexts
    for name, path in from_contexts:
        assert (ROOT / contexts[name] / path).exists()
    for name, path in BUILD_CONTEXTS.items():
        assert f"--build-context {name}={path}" in dockerfile(image)


def test_packages_are_pinned_to_the_projects_versions() -> None:
    def pins(path: Path) -> set[str]:
        return {line for line in path.read_text().splitlines() if line and line[0] not in "#-"}

    assert pins(START / "requirements.txt")
    assert pins(START / "requirements.txt") <= pins(ROOT / "requirements.txt")


def test_the_package_imports_only_what_the_images_have() -> None:
    imported: set[str] = set()
    for path in (START / "tf_serving_start").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])

    assert imported - set(sys.stdlib_module_names) <= INSTALLED


def test_the_health_command_loads_nothing_but_the_standard_library() -> None:
    loaded = subprocess.run(
        [
            *(sys.executable, "-I", "-c"),
            f"import sys; sys.path.insert(0, {str(START)!r}); import tf_serving_start.health;"
            " print(*{name.split('.')[0] for name in sys.modules})",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert "tf_serving_start" in loaded
    assert {"boto3", "botocore", "model_artifacts"}.isdisjoint(loaded)


@pytest.mark.parametrize("shell", [x for x in ("dash", "bash") if shutil.which(x)])
def test_the_accelerated_server_does_not_see_the_tasks_metadata(shell: str, tmp_path: Path) -> None:
    server = tmp_path / "amazonei_tensorflow_model_server"
    server.write_text('#!/bin/sh\necho "$$ $*"\nenv | cut -d= -f1\nexit 7\n')
    server.chmod(0o755)
    wrapper = ROOT / "container" / ELASTIC_INFERENCE_IMAGE.folder / ELASTIC_INFERENCE_IMAGE.server

    process = subprocess.Popen(
        [str(shutil.which(shell)), str(wrapper), "--port=9000", "--model_name=a b"],
        env={
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials",
            **dict.fromkeys(HIDDEN_FROM_ELASTIC_INFERENCE, "http://169.254.170.2/v4"),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    output, _ = process.communicate(timeout=10)

    # the server is the very process that the start-up code became
    assert output.splitlines()[0] == f"{process.pid} --port=9000 --model_name=a b"
    assert process.returncode == 7
    seen = output.splitlines()[1:]
    assert "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" in seen
    assert set(HIDDEN_FROM_ELASTIC_INFERENCE).isdisjoint(seen)
