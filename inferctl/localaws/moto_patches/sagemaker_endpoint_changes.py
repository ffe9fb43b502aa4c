"""Tells the serving plane that an endpoint was created or deleted.

moto serves nothing, so it has nobody to tell; our servers must stop with their endpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .hooks import hooks
from .patch import Patch
from .sagemaker_endpoint_events import tell_in_service


def _announce(original: Any) -> Callable[..., Any]:
    def changed(self: Any, endpoint_name: str, *more: Any, **named: Any) -> Any:
        answer = original(self, endpoint_name, *more, **named)
        hooks.endpoint_changed(endpoint_name)
        if endpoint_name in self.endpoints:
            tell_in_service(self, endpoint_name)
        return answer

    return changed


_BACKEND = "moto.sagemaker.models:SageMakerModelBackend"
PATCHES = (
    Patch("sagemaker", _BACKEND, "create_endpoint", _announce),
    Patch("sagemaker", _BACKEND, "delete_endpoint", _announce),
)
