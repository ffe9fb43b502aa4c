"""Constructs for accelerated inference on AWS: network, models, endpoints, ECS clusters."""

from .compile_fleet import CompileFleet
from .compile_image import CompilerImage
from .compile_props import CompileFleetProps, CompileQueueProps, CompilerProps
from .ecs import (
    CapacityPool,
    CapacityPoolProps,
    ContainerHealth,
    ContainerWorkload,
    EcsCluster,
    EcsClusterProps,
    LoadBalancerKind,
    LoadBalancerProps,
    ManagedNeuronCapacity,
    ManagedNeuronCapacityProps,
    ModelSource,
    NetworkMode,
    NeuronCapacityPool,
    NeuronService,
    NeuronServiceProps,
    NeuronTask,
    NeuronTaskDefinition,
    NeuronTaskDefinitionProps,
    NeuronTaskProps,
    OrdinaryTaskDefinition,
    OrdinaryTaskDefinitionProps,
    Packing,
    PortProtocol,
    ServiceMetric,
    ServiceScalingProps,
    SpotProps,
    TfServingNeuron,
    TorchServeNeuronx,
    Workload,
    WorkloadImage,
    WorkloadPort,
)
from .endpoint_deployment import EndpointDeployment
from .endpoint_deployment_props import EndpointDeploymentProps
from .endpoint_props import ContainerSettings, ModelCacheSetting, MultiModelEndpointProps
from .endpoint_role import ModelData
from .endpoint_scaling import EndpointScalingProps, ScalingMetric, ScheduledCapacity
from .endpoint_verification import EndpointVerification, EndpointVerificationProps
from .interface_endpoints import INTERFACE_ENDPOINTS, interface_endpoints_in_use
from .invocable_endpoint import InvocableEndpoint
from .model_fleet import ModelFleet, ModelFleetProps
from .model_store import ModelStore, ModelStoreProps
from .model_warm_up import ModelWarmUp, ModelWarmUpProps
from .multi_model_endpoint import MultiModelEndpoint
from .network import Network, NetworkProps
from .service_verification import ServiceVerification, VerifiedService
from .triton_image import ServingImage

__all__ = [
    "INTERFACE_ENDPOINTS",
    "CapacityPool",
    "CapacityPoolProps",
    "CompileFleet",
    "CompileFleetProps",
    "CompileQueueProps",
    "CompilerImage",
    "CompilerProps",
    "ContainerHealth",
    "ContainerSettings",
    "ContainerWorkload",
    "EcsCluster",
    "EcsClusterProps",
    "EndpointDeployment",
    "EndpointDeploymentProps",
    "EndpointScalingProps",
    "EndpointVerification",
    "EndpointVerificationProps",
    "InvocableEndpoint",
    "LoadBalancerKind",
    "LoadBalancerProps",
    "ManagedNeuronCapacity",
    "ManagedNeuronCapacityProps",
    "ModelCacheSetting",
    "ModelData",
    "ModelFleet",
    "ModelFleetProps",
    "ModelSource",
    "ModelStore",
    "ModelStoreProps",
    "ModelWarmUp",
    "ModelWarmUpProps",
    "MultiModelEndpoint",
    "MultiModelEndpointProps",
    "Network",
    "NetworkMode",
    "NetworkProps",
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
    "ScalingMetric",
    "ScheduledCapacity",
    "ServiceMetric",
    "ServiceScalingProps",
    "ServiceVerification",
    "ServingImage",
    "SpotProps",
    "TfServingNeuron",
    "TorchServeNeuronx",
    "VerifiedService",
    "Workload",
    "WorkloadImage",
    "WorkloadPort",
    "interface_endpoints_in_use",
]
