"""Every EC2 instance type that a capacity pool may have."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from accelerator_catalog.cpu_instances import CPU_INSTANCES
from accelerator_catalog.ec2_instance import Ec2Instance
from accelerator_catalog.gpu_ec2_instances import GPU_EC2_INSTANCES
from accelerator_catalog.neuron_instances import NEURON_INSTANCES

EC2_INSTANCES: Mapping[str, Ec2Instance] = MappingProxyType(
    {**NEURON_INSTANCES, **GPU_EC2_INSTANCES, **CPU_INSTANCES}
)
