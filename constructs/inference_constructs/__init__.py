"""Constructs for GPU inference on AWS: network, model store, model fleet, multi-model endpoint."""

from .endpoint_props import ContainerSettings, ModelCacheSetting, MultiModelEndpointProps
from .endpoint_role import ModelData
from .endpoint_scaling import EndpointScalingProps, ScalingMetric, ScheduledCapacity
from .interface_endpoints import INTERFACE_ENDPOINTS, interface_endpoints_in_use
from .invocable_endpoint import InvocableEndpoint
from .model_fleet import ModelFleet, ModelFleetProps
from .model_store import ModelStore, ModelStoreProps
from .multi_model_endpoint import MultiModelEndpoint
from .network import Network, NetworkProps
from .triton_image import ServingImage

__all__ = [
    "INTERFACE_ENDPOINTS",
    "ContainerSettings",
    "EndpointScalingProps",
    "InvocableEndpoint",
    "ModelCacheSetting",
    "ModelData",
    "ModelFleet",
    "ModelFleetProps",
    "ModelStore",
    "ModelStoreProps",
    "MultiModelEndpoint",
    "MultiModelEndpointProps",
    "Network",
    "NetworkProps",
    "ScalingMetric",
    "ScheduledCapacity",
    "ServingImage",
    "interface_endpoints_in_use",
]
