"""moto has no UpdateEndpoint.

Semantics: docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html. With
RetainAllVariantProperties the instance count and weight that a variant has now survive, except for
the properties named in ExcludeRetainedVariantProperties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .hooks import hooks
from .patch import Patch

# the property's name in the request, and what it is in moto's (and AWS's) variant summary
_PROPERTIES = {
    "DesiredInstanceCount": ("DesiredInstanceCount", "CurrentInstanceCount"),
    "DesiredWeight": ("DesiredWeight", "CurrentWeight"),
}


def _update_endpoint(_original: None) -> Callable[..., str]:
    def update_endpoint(
        self: Any,
        *,
        endpoint_name: str,
        endpoint_config_name: str,
        retain_all_variant_properties: bool,
        exclude_retained: Iterable[str],
    ) -> str:
        from moto.core.utils import utcnow

        self.describe_endpoint(endpoint_name)
        self.describe_endpoint_config(endpoint_config_name)
        endpoint = self.endpoints[endpoint_name]
        config = self.endpoint_configs[endpoint_config_name]
        variants = endpoint._process_production_variants(config.production_variants)
        excluded = set(exclude_retained)
        if retain_all_variant_properties:
            _retain(variants, endpoint.production_variants, excluded)
        if not retain_all_variant_properties or "DataCaptureConfig" in excluded:
            endpoint.data_capture_config = config.data_capture_config
        endpoint.production_variants = variants
        endpoint.endpoint_config_name = endpoint_config_name
        endpoint.last_modified_time = utcnow()
        hooks.endpoint_changed(endpoint_name)
        arn: str = endpoint.arn
        return arn

    return update_endpoint


def _retain(
    variants: list[dict[str, Any]], current: list[dict[str, Any]], excluded: set[str]
) -> None:
    before = {variant["VariantName"]: variant for variant in current}
    for variant in variants:
        old = before.get(variant["VariantName"], {})
        for name, keys in _PROPERTIES.items():
            if name not in excluded:
                variant.update({key: old[key] for key in keys if key in old})


def _respond(_original: None) -> Callable[[Any], Any]:
    def update_endpoint(self: Any) -> Any:
        from moto.core.responses import ActionResult

        excluded = self._get_param("ExcludeRetainedVariantProperties") or []
        arn = self.sagemaker_backend.update_endpoint(
            endpoint_name=self._get_param("EndpointName"),
            endpoint_config_name=self._get_param("EndpointConfigName"),
            retain_all_variant_properties=bool(self._get_param("RetainAllVariantProperties")),
            exclude_retained=[item["VariantPropertyType"] for item in excluded],
        )
        return ActionResult({"EndpointArn": arn})

    return update_endpoint


PATCHES = (
    Patch(
        "sagemaker",
        "moto.sagemaker.models:SageMakerModelBackend",
        "update_endpoint",
        _update_endpoint,
    ),
    Patch("sagemaker", "moto.sagemaker.responses:SageMakerResponse", "update_endpoint", _respond),
)
