"""Tells the Lambda runtime that a function is gone or its code changed.

moto keeps nothing running between calls and so has nobody to tell; our sandboxes stay warm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .hooks import hooks
from .patch import Patch


def _retire(arn: str) -> None:
    if hooks.lambda_runtime is not None:
        hooks.lambda_runtime.retire(arn)


def _delete_function(original: Any) -> Callable[..., None]:
    def delete_function(self: Any, function_name: str, qualifier: str | None = None) -> None:
        arn = self.get_function(function_name, qualifier).function_arn
        original(self, function_name, qualifier)
        _retire(arn)

    return delete_function


def _update_function(original: Any) -> Callable[..., Any]:
    def update(self: Any, function_name: str, qualifier: str, body: dict[str, Any]) -> Any:
        answer = original(self, function_name, qualifier, body)
        _retire(self.get_function(function_name, qualifier).function_arn)
        return answer

    return update


_BACKEND = "moto.awslambda.models:LambdaBackend"
PATCHES = (
    Patch("awslambda", _BACKEND, "delete_function", _delete_function),
    Patch("awslambda", _BACKEND, "update_function_code", _update_function),
    Patch("awslambda", _BACKEND, "update_function_configuration", _update_function),
)
