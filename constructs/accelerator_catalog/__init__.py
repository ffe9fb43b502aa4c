"""Typed facts about accelerators on AWS; every row names its source and the date it was checked."""

from accelerator_catalog.end_of_life import END_OF_LIFE, EndOfLife
from accelerator_catalog.gpu_instances import (
    GPU_FAMILIES,
    GPU_INSTANCES,
    GpuInstance,
    MultiModelSupport,
    regions_offering,
    single_gpu_alternative,
)
from accelerator_catalog.inference_amis import (
    INFERENCE_AMI_VERSIONS,
    INFERENCE_AMIS,
    InferenceAmi,
    InferenceAmiChoice,
    default_inference_ami,
    driver_problem,
    inference_ami_for,
)
from accelerator_catalog.prices import HOSTING_PRICES, HostingPrice
from accelerator_catalog.regions import REGIONS, Region
from accelerator_catalog.triton_accounts import (
    TRITON_REPOSITORY,
    TritonAccount,
    UnknownImageError,
    triton_account,
    triton_image_uri,
)
from accelerator_catalog.triton_images import (
    NEWEST_TRITON_TAG,
    TRITON_IMAGES,
    TritonImage,
    triton_image,
)

__all__ = [
    "END_OF_LIFE",
    "GPU_FAMILIES",
    "GPU_INSTANCES",
    "HOSTING_PRICES",
    "INFERENCE_AMIS",
    "INFERENCE_AMI_VERSIONS",
    "NEWEST_TRITON_TAG",
    "REGIONS",
    "TRITON_IMAGES",
    "TRITON_REPOSITORY",
    "EndOfLife",
    "GpuInstance",
    "HostingPrice",
    "InferenceAmi",
    "InferenceAmiChoice",
    "MultiModelSupport",
    "Region",
    "TritonAccount",
    "TritonImage",
    "UnknownImageError",
    "default_inference_ami",
    "driver_problem",
    "inference_ami_for",
    "regions_offering",
    "single_gpu_alternative",
    "triton_account",
    "triton_image",
    "triton_image_uri",
]
