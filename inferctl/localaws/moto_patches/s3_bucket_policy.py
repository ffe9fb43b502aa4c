"""moto enforces bucket policies but ignores their Conditions.

A policy that denies requests without TLS therefore denies every request. Policies are stored and
returned, and enforce nothing: IAM is not emulated anywhere here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch


def _get_permission(_original: Any) -> Callable[[Any, str, str], Any]:
    def get_permission(_bucket: Any, _action: str, _resource: str) -> Any:
        from moto.iam.access_control import PermissionResult

        return PermissionResult.NEUTRAL

    return get_permission


PATCHES = (Patch("s3", "moto.s3.models:FakeBucket", "get_permission", _get_permission),)
