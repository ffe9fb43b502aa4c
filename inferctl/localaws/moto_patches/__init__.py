"""Corrections of moto 5.2.5, one a file. Each says what moto does and why that will not do.

A patch is applied when its service is used for the first time. Each has a test that fails when
moto starts to behave differently underneath it.
"""

from __future__ import annotations

from . import (
    cloudtrail_lookup_events,
    iam_account_lookup,
    lambda_invocation,
    lambda_logging_config,
    lambda_retirement,
    s3_bucket_policy,
    sagemaker_endpoint_changes,
    sagemaker_instance_types,
    sagemaker_update_endpoint,
    step_functions_clients,
    step_functions_execution_name,
)
from .patch import Patch

PATCHES: tuple[Patch, ...] = (
    *cloudtrail_lookup_events.PATCHES,
    *iam_account_lookup.PATCHES,
    *lambda_invocation.PATCHES,
    *lambda_logging_config.PATCHES,
    *lambda_retirement.PATCHES,
    *s3_bucket_policy.PATCHES,
    *sagemaker_endpoint_changes.PATCHES,
    *sagemaker_instance_types.PATCHES,
    *sagemaker_update_endpoint.PATCHES,
    *step_functions_clients.PATCHES,
    *step_functions_execution_name.PATCHES,
)


def apply(service: str) -> None:
    """Apply the patches of ``service`` (moto's name for it, such as ``awslambda``)."""
    for patch in PATCHES:
        if patch.service == service:
            patch.apply()
