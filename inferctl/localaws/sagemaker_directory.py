"""Looks endpoints up in moto's SageMaker, in every region that has any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inferctl.localaws.clients import ACCOUNT
from inferctl.localaws.serving.directory import EndpointSpec


class SageMakerDirectory:
    """`inferctl.localaws.serving.directory.EndpointDirectory` over moto's state.

    An InvokeEndpoint request reaches serving without its region, so names are looked for in all
    regions; two regions with one endpoint name would be told apart on AWS and are not here.
    """

    def lookup(self, name: str) -> EndpointSpec | None:
        """The endpoint as configured now; None if there is none or its model is gone."""
        for backend in _backends():
            endpoint = backend.endpoints.get(name)
            if endpoint is not None:
                return _spec(backend, name, endpoint.endpoint_config_name)
        return None


def _backends() -> Iterator[Any]:
    from moto.sagemaker.models import sagemaker_backends

    yield from list(sagemaker_backends[ACCOUNT].values())


def _spec(backend: Any, name: str, config_name: str) -> EndpointSpec | None:
    config = backend.endpoint_configs.get(config_name)
    if config is None or not config.production_variants:
        return None
    variant = config.production_variants[0]
    model = backend._models.get(variant["ModelName"])
    if model is None:
        return None
    container = model.primary_container or (model.containers or [{}])[0]
    cache = (container.get("MultiModelConfig") or {}).get("ModelCacheSetting", "Enabled")
    return EndpointSpec(
        name=name,
        config_name=config_name,
        model_name=variant["ModelName"],
        model_data_url=container.get("ModelDataUrl", ""),
        image=container.get("Image", ""),
        environment=dict(container.get("Environment") or {}),
        instance_type=variant.get("InstanceType", ""),
        instance_count=int(variant.get("InitialInstanceCount", 1)),
        variant_name=variant["VariantName"],
        model_cache=cache == "Enabled",
        multi_model=container.get("Mode", "SingleModel") == "MultiModel",
    )
