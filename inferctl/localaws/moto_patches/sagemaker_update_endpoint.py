"""moto has no UpdateEndpoint.

Semantics: docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html. With
RetainAllVariantProperties the instance count and weight that a variant has now survive, except for
the properties named in ExcludeRetainedVariantProperties. A variant that auto scaling holds keeps
its instance type and stays: docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .hooks import hooks
from .patch import Patch
from .sagemaker_endpoint_events import tell_in_service
from .sagemaker_guardrails import Config, check_deployment_config, tripped_alarms

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
        deployment_config: Config | None = None,
    ) -> str:
        from moto.core.utils import utcnow

        self.describe_endpoint(endpoint_name)
        self.describe_endpoint_config(endpoint_config_name)
        endpoint = self.endpoints[endpoint_name]
        config = self.endpoint_configs[endpoint_config_name]
        _check_registered(self, endpoint, config.production_variants)
        variants = endpoint._process_production_variants(config.production_variants)
        deployment = deployment_config or {}
        check_deployment_config(deployment, _instances(endpoint.production_variants), self)
        endpoint.last_deployment_config = deployment or None
        if _rolls_back(endpoint, endpoint_config_name, tripped_alarms(deployment, self)):
            rolled_back: str = endpoint.arn
            return rolled_back
        excluded = set(exclude_retained)
        if retain_all_variant_properties:
            _retain(variants, endpoint.production_variants, excluded)
        if not retain_all_variant_properties or "DataCaptureConfig" in excluded:
            endpoint.data_capture_config = config.data_capture_config
        endpoint.production_variants = variants
        endpoint.endpoint_config_name = endpoint_config_name
        endpoint.last_modified_time = utcnow()
        hooks.endpoint_changed(endpoint_name)
        tell_in_service(self, endpoint_name)
        arn: str = endpoint.arn
        return arn

    return update_endpoint


def _check_registered(backend: Any, endpoint: Any, wanted: Iterable[Mapping[str, Any]]) -> None:
    from moto.applicationautoscaling.models import applicationautoscaling_backends
    from moto.sagemaker.exceptions import ValidationError

    scaling = applicationautoscaling_backends[backend.account_id][backend.region_name]
    targets = scaling.describe_scalable_targets("sagemaker", None, None)
    registered = {target.resource_id for target in targets}
    current = backend.endpoint_configs[endpoint.endpoint_config_name].production_variants
    after = {variant["VariantName"]: variant.get("InstanceType") for variant in wanted}
    held = [
        variant["VariantName"]
        for variant in current
        if f"endpoint/{endpoint.endpoint_name}/variant/{variant['VariantName']}" in registered
        and after.get(variant["VariantName"]) != variant.get("InstanceType")
    ]
    if held:
        raise ValidationError(
            message=f'The variant(s) "{", ".join(held)}" must be deregistered as scalable targets'
            " with AutoScaling before they can be removed or have their instance type updated."
        )


def _instances(variants: list[dict[str, Any]]) -> int:
    return int(variants[0].get("CurrentInstanceCount", 1))


def _rolls_back(endpoint: Any, wanted: str, tripped: list[str]) -> bool:
    """Whether an alarm ends the update; the old fleet then goes on as it was."""
    if not tripped or wanted == endpoint.endpoint_config_name:
        endpoint.failure_reason = None
        return False
    endpoint.failure_reason = (
        f"The update to {wanted} was rolled back: alarm {', '.join(tripped)} is in ALARM."
    )
    return True


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
            deployment_config=self._get_param("DeploymentConfig"),
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
