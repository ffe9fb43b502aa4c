"""moto drops a function's LoggingConfig, so its log lines would go to a group nobody declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch


def _init(original: Any) -> Callable[..., None]:
    def __init__(
        self: Any, account_id: str, spec: dict[str, Any], *more: Any, **named: Any
    ) -> None:
        original(self, account_id, spec, *more, **named)
        self.logging_config = dict(spec.get("LoggingConfig") or {})

    return __init__


def _get_configuration(original: Any) -> Callable[..., dict[str, Any]]:
    def get_configuration(self: Any, on_create: bool = False) -> dict[str, Any]:
        configuration: dict[str, Any] = original(self, on_create)
        # docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html
        default = {"LogFormat": "Text", "LogGroup": self.logs_group_name}
        return {**configuration, "LoggingConfig": {**default, **self.logging_config}}

    return get_configuration


def _update_configuration(original: Any) -> Callable[..., dict[str, Any]]:
    def update_configuration(self: Any, config_updates: dict[str, Any]) -> dict[str, Any]:
        if "LoggingConfig" in config_updates:
            self.logging_config = dict(config_updates["LoggingConfig"] or {})
        answer: dict[str, Any] = original(self, config_updates)
        return answer

    return update_configuration


_FUNCTION = "moto.awslambda.models:LambdaFunction"
PATCHES = (
    Patch("awslambda", _FUNCTION, "__init__", _init),
    Patch("awslambda", _FUNCTION, "get_configuration", _get_configuration),
    Patch("awslambda", _FUNCTION, "update_configuration", _update_configuration),
)
