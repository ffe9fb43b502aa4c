"""The words of the file's compile section turned into the constructs' props."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_ec2 as ec2

from accelerator_catalog import neuron_image_uri, triton_image_uri
from inference_constructs import (
    CompileFleetProps,
    CompileQueueProps,
    CompilerImage,
    CompilerProps,
)
from model_folders.compilers import NEURONX_IMAGE
from model_folders.recipes import Engine

from .config import Platform
from .construct_props import SUBNETS
from .platform.compile.check import CompilePlan

# Jobs of the embedded AWS run in the Python of the checkout; nothing pulls this.
_EMBEDDED_IMAGE = "model_compiler:checkout"
_FOLDERS: Mapping[Engine, str] = {
    "tensorrt": "tensorrt_compiler",
    "neuronx": "neuronx_compiler",
    "neuron-tf": "neuron_tf_compiler",
}


def compile_props(platform: Platform, plan: CompilePlan, *, vpc: ec2.IVpc) -> CompileFleetProps:
    """The compile fleet in ``vpc``."""
    section = plan.section
    return CompileFleetProps(
        vpc=vpc,
        subnet_type=SUBNETS[section.subnets],
        packaging_calls=section.packaging_calls,
        queues=[
            CompileQueueProps(
                name=name,
                instances=instances,
                max_jobs=section.max_jobs,
                spot=section.spot,
                volume_gib=section.volume_gib,
            )
            for name, instances in sorted(plan.instances.items())
        ],
        compilers=[
            CompilerProps(
                engine=engine,
                targets=targets,
                queue=plan.queue_of(engine),
                image=_image(platform, plan, engine),
                timeout_minutes=section.timeout_minutes,
            )
            for engine, targets in sorted(plan.engines.items())
        ],
    )


def _image(platform: Platform, plan: CompilePlan, engine: Engine) -> CompilerImage:
    named = plan.section.images.get(engine)
    if named is not None:
        return CompilerImage.of(named)
    if engine == "onnxruntime":
        return CompilerImage.of(_EMBEDDED_IMAGE)
    return CompilerImage.built(_FOLDERS[engine], _build_args(platform, engine))


def _build_args(platform: Platform, engine: Engine) -> dict[str, str]:
    """What the image is built on: TensorRT on the very image that serves."""
    if engine == "tensorrt":
        account = None if platform.endpoint is None else platform.endpoint.section.image.account
        base = triton_image_uri(platform.region, platform.serving_image, account=account)
        return {"BASE_IMAGE": base}
    if engine == "neuronx":
        return {"BASE_IMAGE": neuron_image_uri(NEURONX_IMAGE, platform.region)}
    return {}
