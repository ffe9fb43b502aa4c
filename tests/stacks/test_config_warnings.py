"""Doubtful choices of a platform file warn, naming file, place and source, and stop nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.config import Platform, load_platform

_MODELS = Path(__file__).parent / "wrong_platforms" / "models"
_MINIMAL = "platform: test\nregion: us-east-1\n"


def _load(text: str, folder: Path) -> Platform:
    path = folder / "platform.yaml"
    path.write_text(text, encoding="utf-8")
    return load_platform(path, models_root=_MODELS)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            "endpoint: {instance_type: ml.g6.xlarge}\nmodels: [{name: single, target: cpu}]\n",
            "endpoint.instance_type: AWS does not list ml.g6.xlarge for GPU multi-model endpoints",
        ),
        (
            "endpoint: {image: {tag: 23.03-py3}}\n",
            "endpoint.image.tag: 23.03-py3 has no model namespacing",
        ),
        (
            "endpoint: {image: {tag: 25.09-py3}}\n",
            "endpoint.image.tag: 25.09-py3 may crash when models load and unload",
        ),
        (
            "endpoint: {image: {tag: 25.04-py3}}\n",
            "endpoint.inference_ami: al2-ami-sagemaker-inference-gpu-3-1 (driver 550, CUDA 12.4)",
        ),
        (
            "endpoint: {image: {tag: 23.03-py3}, inference_ami: default}\n",
            "endpoint.inference_ami: 23.03-py3 runs on driver 470 of the default host image only",
        ),
        (
            "endpoint: {image: {tag: 25.04-py3}, inference_ami:"
            " al2023-ami-sagemaker-inference-gpu-4-1}\n",
            "endpoint.inference_ami: al2023-ami-sagemaker-inference-gpu-4-1 has CUDA 13.0; a CUDA"
            " 12.9 image was seen to hang on it",
        ),
        (
            "endpoint: {instance_type: ml.p3.2xlarge, image: {tag: 24.09-py3}}\n",
            "endpoint.instance_type: ml.p3 (V100), which no region lists for hosting any more,",
        ),
        (
            "region: eu-west-1\nnetwork: {availability_zones: 4}\n",
            "network.availability_zones: an account may have only 3 zones in eu-west-1; then the"
            " deployment stops at the one that is missing",
        ),
        ("endpoint: {}\n", "models: the list is empty"),
        (
            "endpoint: {}\nmodels: [{name: text, build: laptop, target: cpu}]\n",
            "models[0].target: text will not use the endpoint's GPU",
        ),
        (
            "endpoint: {}\nmodels: [{name: single, target: cpu}]\n",
            "endpoint.verification: nothing verifies single (",
        ),
        (
            "network: {s3_gateway_endpoint: false}\nendpoint: {}\n",
            "network.s3_gateway_endpoint: every model is downloaded through the NAT gateway",
        ),
        (
            "acknowledge_end_of_life: [elastic-inference]\n"
            "network: {elastic_inference_endpoint: true}\n",
            "network.elastic_inference_endpoint: Amazon Elastic Inference closed to new customers",
        ),
        (
            "acknowledge_end_of_life: [elastic-inference]\n"
            "comparison: {accelerator: elastic-inference, model: {uri: s3://models/m},"
            " images: {accelerated: tf-serving-ei:1}}\n",
            "comparison.accelerator: Amazon Elastic Inference closed to new customers on 2023-04-15"
            " and ended on 2024-04-01; use a shared GPU (NVIDIA MPS)",
        ),
    ],
)
def test_doubtful_choices_warn(text: str, warning: str, tmp_path: Path) -> None:
    minimal = _MINIMAL.partition("region")[0] if "region:" in text else _MINIMAL
    platform = _load(minimal + text, tmp_path)

    prefix = f"{tmp_path / 'platform.yaml'}: "
    assert any(line.startswith(prefix + warning) for line in platform.warnings), platform.warnings


def test_govcloud_account_warns_because_no_source_shows_the_image_there(tmp_path: Path) -> None:
    platform = _load("platform: test\nregion: us-gov-east-1\nendpoint: {}\n", tmp_path)

    assert any("no source shows sagemaker-tritonserver" in line for line in platform.warnings)


def test_acknowledged_legacy_does_not_warn(tmp_path: Path) -> None:
    text = "endpoint: {instance_type: ml.p3.2xlarge, image: {tag: 24.09-py3}}\n"

    platform = _load(f"{_MINIMAL}acknowledge_end_of_life: [p3]\n{text}", tmp_path)

    assert not any("V100" in line for line in platform.warnings)
