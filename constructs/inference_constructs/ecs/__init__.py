"""ECS clusters with capacity pools, and the services and tasks that own their chips."""

from .capacity_pool import CapacityPool
from .cluster import EcsCluster, EcsClusterProps
from .load_balancer_props import LoadBalancerKind, LoadBalancerProps
from .managed_capacity import ManagedNeuronCapacity, ManagedNeuronCapacityProps
from .neuron_pool import NeuronCapacityPool
from .one_off_task import NeuronTask, NeuronTaskProps
from .packing import NetworkMode, Packing
from .pool_props import CapacityPoolProps, SpotProps
from .service import NeuronService
from .service_props import NeuronServiceProps
from .service_scaling_props import ServiceMetric, ServiceScalingProps
from .task_definition_neuron import NeuronTaskDefinition, NeuronTaskDefinitionProps
from .task_definition_ordinary import OrdinaryTaskDefinition, OrdinaryTaskDefinitionProps
from .workload import ContainerWorkload, Workload
from .workload_archive import ModelArchive
from .workload_health import ContainerHealth
from .workload_image import WorkloadImage
from .workload_model import ModelSource
from .workload_port import PortProtocol, WorkloadPort
from .workload_tf_serving import TfServingNeuron
from .workload_torchserve import TorchServeNeuronx

__all__ = [
    "CapacityPool",
    "CapacityPoolProps",
    "ContainerHealth",
    "ContainerWorkload",
    "EcsCluster",
    "EcsClusterProps",
    "LoadBalancerKind",
    "LoadBalancerProps",
    "ManagedNeuronCapacity",
    "ManagedNeuronCapacityProps",
    "ModelArchive",
    "ModelSource",
    "NetworkMode",
    "NeuronCapacityPool",
    "NeuronService",
    "NeuronServiceProps",
    "NeuronTask",
    "NeuronTaskDefinition",
    "NeuronTaskDefinitionProps",
    "NeuronTaskProps",
    "OrdinaryTaskDefinition",
    "OrdinaryTaskDefinitionProps",
    "Packing",
    "PortProtocol",
    "ServiceMetric",
    "ServiceScalingProps",
    "SpotProps",
    "TfServingNeuron",
    "TorchServeNeuronx",
    "Workload",
    "WorkloadImage",
    "WorkloadPort",
]
