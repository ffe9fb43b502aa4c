"""Typed facts about accelerators on AWS; every row names its source and the date it was checked."""

from accelerator_catalog.cpu_instances import CPU_INSTANCES, CpuInstance
from accelerator_catalog.ec2_instance import Ec2Instance
from accelerator_catalog.ec2_instances import EC2_INSTANCES
from accelerator_catalog.ec2_prices import EC2_PRICES, Ec2Price
from accelerator_catalog.ecs_amis import ECS_AMIS, EcsAmi, accelerator_of, ecs_ami_for, host_driver
from accelerator_catalog.end_of_life import END_OF_LIFE, EndOfLife
from accelerator_catalog.fixed_prices import FIXED_PRICES, FixedPrice
from accelerator_catalog.gpu_ec2_instances import GPU_EC2_INSTANCES, GpuEc2Instance
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
from accelerator_catalog.neuron_cores import (
    NEURON_CORES,
    CoreVersion,
    NeuronCore,
    core_version_of_target,
)
from accelerator_catalog.neuron_images import (
    NEURON_IMAGES,
    NeuronImage,
    neuron_image_uri,
    sdk_of_image,
)
from accelerator_catalog.neuron_instances import NEURON_INSTANCES, NeuronInstance
from accelerator_catalog.neuron_sdks import (
    DRIVER_WINDOWS,
    DriverWindow,
    driver_of_host_problem,
    driver_window,
    neuron_host_problem,
    sdk_problem,
)
from accelerator_catalog.prices import HOSTING_PRICES, HostingPrice
from accelerator_catalog.regions import REGIONS, Region
from accelerator_catalog.registry_accounts import RegistryAccount, UnknownImageError
from accelerator_catalog.triton_accounts import (
    TRITON_REPOSITORY,
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
    "CPU_INSTANCES",
    "DRIVER_WINDOWS",
    "EC2_INSTANCES",
    "EC2_PRICES",
    "ECS_AMIS",
    "END_OF_LIFE",
    "FIXED_PRICES",
    "GPU_EC2_INSTANCES",
    "GPU_FAMILIES",
    "GPU_INSTANCES",
    "HOSTING_PRICES",
    "INFERENCE_AMIS",
    "INFERENCE_AMI_VERSIONS",
    "NEURON_CORES",
    "NEURON_IMAGES",
    "NEURON_INSTANCES",
    "NEWEST_TRITON_TAG",
    "REGIONS",
    "TRITON_IMAGES",
    "TRITON_REPOSITORY",
    "CoreVersion",
    "CpuInstance",
    "DriverWindow",
    "Ec2Instance",
    "Ec2Price",
    "EcsAmi",
    "EndOfLife",
    "FixedPrice",
    "GpuEc2Instance",
    "GpuInstance",
    "HostingPrice",
    "InferenceAmi",
    "InferenceAmiChoice",
    "MultiModelSupport",
    "NeuronCore",
    "NeuronImage",
    "NeuronInstance",
    "Region",
    "RegistryAccount",
    "TritonImage",
    "UnknownImageError",
    "accelerator_of",
    "core_version_of_target",
    "default_inference_ami",
    "driver_of_host_problem",
    "driver_problem",
    "driver_window",
    "ecs_ami_for",
    "host_driver",
    "inference_ami_for",
    "neuron_host_problem",
    "neuron_image_uri",
    "regions_offering",
    "sdk_of_image",
    "sdk_problem",
    "single_gpu_alternative",
    "triton_account",
    "triton_image",
    "triton_image_uri",
]
