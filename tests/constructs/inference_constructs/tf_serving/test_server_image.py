"""Images that are there and images that are built."""

from __future__ import annotations

import shutil
from pathlib import Path

import aws_cdk as cdk
import pytest
from constructs import Construct

from inference_constructs.tf_serving import ServerImage
from tf_serving_images import BUILD_CONTEXTS, GPU_IMAGE, IMAGES, TfServingImage

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of what the images are built from."""
    for folder in (*BUILD_CONTEXTS.values(), "container/tf_serving_gpu"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / "copy" / folder, ignore=ignored)
    return tmp_path / "copy"


def test_an_image_of_ecr_says_which_repository_to_pull(stack: cdk.Stack) -> None:
    bound = ServerImage.of("111122223333.dkr.ecr.us-east-1.amazonaws.com/tfs:1").bind(stack)

    assert bound.repository_arn == "arn:aws:ecr:us-east-1:111122223333:repository/tfs"


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.folder)
def test_every_image_of_the_contract_is_built_without_docker_at_synthesis(
    image: TfServingImage, stack: cdk.Stack
) -> None:
    bound = ServerImage.built(image, repository=ROOT).bind(stack)

    assert bound.repository_arn is not None
    assert "container-assets" in str(stack.resolve(bound.uri))


def test_a_change_of_the_start_up_code_is_another_image(stack: cdk.Stack, repository: Path) -> None:
    image = ServerImage.built(GPU_IMAGE, repository=repository)
    before = stack.resolve(image.bind(Construct(stack, "Before")).uri)
    again = stack.resolve(image.bind(Construct(stack, "Again")).uri)
    (repository / BUILD_CONTEXTS["start"] / "new.py").write_text("NEW = True\n")

    after = stack.resolve(image.bind(Construct(stack, "After")).uri)

    assert before == again != after


def test_the_same_files_in_another_checkout_are_the_same_image(
    stack: cdk.Stack, repository: Path
) -> None:
    other = repository.parent / "other"
    shutil.copytree(repository, other)

    uris = [
        stack.resolve(ServerImage.built(GPU_IMAGE, repository=root).bind(scope).uri)
        for root, scope in (
            (repository, Construct(stack, "Here")),
            (other, Construct(stack, "There")),
        )
    ]

    assert uris[0] == uris[1]
