"""moto's list of endpoint instance types ends in 2021: no g5, g6, inf2 or trn1.

The list that counts is the enumeration in the SDK's own model of the API.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from .patch import Patch


@cache
def endpoint_instance_types() -> frozenset[str]:
    """Every ``ProductionVariantInstanceType`` that botocore knows."""
    import botocore.session

    model = botocore.session.get_session().get_service_model("sagemaker")
    shape: Any = model.shape_for("ProductionVariantInstanceType")
    return frozenset(shape.enum)


def _validate_instance_type(_original: Any) -> Callable[[Any, str], None]:
    def validate_instance_type(_config: Any, instance_type: str) -> None:
        from moto.sagemaker.exceptions import ValidationError

        if instance_type not in endpoint_instance_types():
            rule = "Member must satisfy enum value set: ProductionVariantInstanceType"
            value = f"Value '{instance_type}' at 'instanceType' failed to satisfy constraint"
            raise ValidationError(message=f"{value}: {rule}")

    return validate_instance_type


PATCHES = (
    Patch(
        "sagemaker",
        "moto.sagemaker.models:FakeEndpointConfig",
        "validate_instance_type",
        _validate_instance_type,
    ),
)
