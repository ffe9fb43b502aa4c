"""Rules of the triple that must fit together: container image, host image and GPU."""

from __future__ import annotations

from accelerator_catalog import (
    GPU_INSTANCES,
    INFERENCE_AMI_VERSIONS,
    REGIONS,
    TRITON_IMAGES,
    GpuInstance,
    InferenceAmi,
    TritonImage,
    UnknownImageError,
    default_inference_ami,
    driver_problem,
    inference_ami_for,
    triton_account,
)
from stacks.platform.file import Endpoint
from stacks.platform.findings import Findings
from stacks.platform.messages import did_you_mean

_DRIVERS = "https://docs.aws.amazon.com/sagemaker/latest/dg/inference-gpu-drivers.html"
_IMAGES = "https://aws.github.io/deep-learning-containers/reference/available_images"
_DUPLICATE_NAMES = "https://github.com/triton-inference-server/server/issues/5150"
_LOAD_RACE = "https://github.com/triton-inference-server/server/issues/8571"
_NEWER_CUDA_HOST = "https://github.com/aws/deep-learning-containers/issues/6187"
_CAPABILITY = "https://docs.nvidia.com/deeplearning/triton-inference-server/release-notes"
_TAG = "endpoint.image.tag"
_AMI = "endpoint.inference_ami"


def check_image(endpoint: Endpoint, region: str, findings: Findings) -> TritonImage | None:
    """The image of the tag, or None where the catalogue has none; adds what is wrong with it."""
    tag = endpoint.image.tag
    image = TRITON_IMAGES.get(tag)
    if image is None:
        near = did_you_mean(tag, TRITON_IMAGES)
        findings.refuse(
            _TAG,
            tag,
            rule="is not a tag of sagemaker-tritonserver in the catalogue",
            fix=f"did you mean {near}?" if near else f"use one of {', '.join(TRITON_IMAGES)}",
            source=_IMAGES,
        )
        return None
    if endpoint.image.account is None and region in REGIONS:
        _check_account(image, region, findings)
    if not image.namespacing:
        findings.warn(
            _TAG,
            f"{tag} has no model namespacing: two archives must not hold models of the same"
            f" name ({_DUPLICATE_NAMES})",
        )
    if not image.load_race_fixed:
        findings.warn(
            _TAG,
            f"{tag} may crash when models load and unload at the same time; 26.03-py3 and"
            f" later do not ({_LOAD_RACE})",
        )
    return image


def _check_account(image: TritonImage, region: str, findings: Findings) -> None:
    try:
        account = triton_account(region, image)
    except UnknownImageError as error:
        findings.refuse(
            _TAG,
            image.tag,
            rule=error.rule.removeprefix(f"{image.tag} "),
            fix=f"{error.fix}; or set endpoint.image.account to a registry that has it",
            source=error.source,
        )
        return
    if account.uncertain:
        findings.warn(
            _TAG,
            f"no source shows sagemaker-tritonserver in {region}; account {account.account}"
            f" holds AWS's framework images there, endpoint.image.account names another"
            f" ({account.source})",
        )


def check_triple(
    endpoint: Endpoint, image: TritonImage, instance: GpuInstance, findings: Findings
) -> str | None:
    """The InferenceAmiVersion to set, None to leave it unset; adds what does not fit."""
    if instance.compute_capability < image.minimum_compute_capability:
        _refuse_capability(image, instance, findings)
        return None
    if endpoint.inference_ami == "auto":
        choice = inference_ami_for(image, instance)
        if choice.ami is None:
            findings.refuse(
                _TAG,
                image.tag,
                rule=f"does not run on {instance.name}: {choice.explanation}",
                fix="use ml.g5.4xlarge, or an older tag",
                source=_DRIVERS,
            )
            return None
        if choice.uncertain:
            findings.warn(
                _AMI,
                f"{choice.explanation} by the versions alone; no source shows the pair"
                f" running ({_DRIVERS})",
            )
        return choice.ami.version
    ami = _pinned(endpoint, instance, findings)
    if ami is not None:
        _check_pinned(endpoint.inference_ami, ami, image, instance, findings)
    return None if ami is None else ami.version


def _refuse_capability(image: TritonImage, instance: GpuInstance, findings: Findings) -> None:
    has = ".".join(map(str, instance.compute_capability))
    needs = ".".join(map(str, image.minimum_compute_capability))
    older = [
        row.tag
        for row in TRITON_IMAGES.values()
        if row.minimum_compute_capability <= instance.compute_capability
    ]
    newer = GPU_INSTANCES["ml.g5.4xlarge"].name
    findings.refuse(
        "endpoint.instance_type",
        instance.name,
        rule=f"has an {instance.gpu} of compute capability {has}; {image.tag} needs {needs}",
        fix=f"use {newer}" + (f", or a tag up to {older[-1]}" if older else ""),
        source=_CAPABILITY,
    )


def _pinned(endpoint: Endpoint, instance: GpuInstance, findings: Findings) -> InferenceAmi | None:
    version = endpoint.inference_ami
    if version == "default":
        return default_inference_ami(instance)
    ami = INFERENCE_AMI_VERSIONS.get(version)
    if ami is None:
        words = ["auto", "default", *INFERENCE_AMI_VERSIONS]
        near = did_you_mean(version, words)
        findings.refuse(
            _AMI,
            version,
            rule="is not an InferenceAmiVersion for GPUs",
            fix=f"did you mean {near}?" if near else f"use one of {', '.join(words)}",
            source=_DRIVERS,
        )
    elif instance.family not in ami.families:
        findings.refuse(
            _AMI,
            version,
            rule=f"does not boot on {instance.name}; it is for"
            f" {', '.join(sorted(f'ml.{name}' for name in ami.families))}",
            fix="use auto",
            source=ami.source,
        )
        return None
    return ami


def _check_pinned(
    written: str,
    ami: InferenceAmi,
    image: TritonImage,
    instance: GpuInstance,
    findings: Findings,
) -> None:
    problem = driver_problem(image, ami)
    if problem is not None:
        best = inference_ami_for(image, instance).ami
        findings.refuse(
            _AMI,
            written,
            rule=f"cannot run the image on {instance.name}: {problem}",
            fix="use an older tag" if best is None else f"use auto, which takes {best.label}",
            source=_DRIVERS,
        )
    elif ami.driver < image.minimum_driver:
        findings.warn(
            _AMI,
            f"{image.tag} runs on driver {ami.driver} of {ami.label} only through the CUDA"
            f" compatibility package in the image ({image.source})",
        )
    elif ami.cuda[0] > image.cuda[0]:
        findings.warn(
            _AMI,
            f"{ami.label} has CUDA {ami.cuda[0]}.{ami.cuda[1]}; a CUDA 12.9 image was seen"
            f" to hang on it ({_NEWER_CUDA_HOST})",
        )
