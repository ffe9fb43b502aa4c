"""Corrections of moto 5.2.5, one a file. Each says what moto does and why that will not do.

A patch is applied when its service is used for the first time. Each has a test that fails when
moto starts to behave differently underneath it.
"""

from __future__ import annotations

from . import (
    application_autoscaling_ecs,
    autoscaling_group_deletion,
    autoscaling_group_settings,
    autoscaling_launches,
    autoscaling_lifecycle_hooks,
    autoscaling_notifications,
    autoscaling_policy_answer,
    cloudtrail_lookup_events,
    cloudwatch_alarm_state,
    ec2_elastic_inference,
    ec2_launch_template_data,
    ec2_launch_template_instances,
    elbv2_deletion_protection,
    elbv2_grpc_listeners,
    elbv2_listeners,
    elbv2_network_arns,
    elbv2_target_groups,
    elbv2_targets,
    events_lambda_targets,
    iam_account_lookup,
    lambda_invocation,
    lambda_logging_config,
    lambda_retirement,
    logs_embedded_metrics,
    s3_bucket_policy,
    s3_concurrent_listing,
    sagemaker_endpoint_changes,
    sagemaker_endpoint_events,
    sagemaker_guardrails,
    sagemaker_instance_types,
    sagemaker_update_endpoint,
    ssm_public_images,
    step_functions_batch_jobs,
    step_functions_clients,
    step_functions_distributed_map,
    step_functions_error_codes,
    step_functions_error_names,
    step_functions_execution_name,
    step_functions_history,
    step_functions_json_paths,
    step_functions_stop,
    step_functions_threads,
)
from .patch import Patch

PATCHES: tuple[Patch, ...] = (
    *application_autoscaling_ecs.PATCHES,
    *autoscaling_group_deletion.PATCHES,
    *autoscaling_group_settings.PATCHES,
    *autoscaling_launches.PATCHES,
    *autoscaling_lifecycle_hooks.PATCHES,
    *autoscaling_notifications.PATCHES,
    *autoscaling_policy_answer.PATCHES,
    *cloudwatch_alarm_state.PATCHES,
    *cloudtrail_lookup_events.PATCHES,
    *ec2_elastic_inference.PATCHES,
    *ec2_launch_template_data.PATCHES,
    *ec2_launch_template_instances.PATCHES,
    *elbv2_deletion_protection.PATCHES,
    *elbv2_grpc_listeners.PATCHES,
    *elbv2_listeners.PATCHES,
    *elbv2_network_arns.PATCHES,
    *elbv2_target_groups.PATCHES,
    *elbv2_targets.PATCHES,
    *events_lambda_targets.PATCHES,
    *iam_account_lookup.PATCHES,
    *lambda_invocation.PATCHES,
    *lambda_logging_config.PATCHES,
    *lambda_retirement.PATCHES,
    *logs_embedded_metrics.PATCHES,
    *s3_bucket_policy.PATCHES,
    *s3_concurrent_listing.PATCHES,
    *sagemaker_endpoint_changes.PATCHES,
    *sagemaker_endpoint_events.PATCHES,
    *sagemaker_guardrails.PATCHES,
    *sagemaker_instance_types.PATCHES,
    *sagemaker_update_endpoint.PATCHES,
    *ssm_public_images.PATCHES,
    *step_functions_batch_jobs.PATCHES,
    *step_functions_clients.PATCHES,
    *step_functions_distributed_map.PATCHES,
    *step_functions_error_codes.PATCHES,
    *step_functions_error_names.PATCHES,
    *step_functions_execution_name.PATCHES,
    *step_functions_history.PATCHES,
    *step_functions_json_paths.PATCHES,
    *step_functions_stop.PATCHES,
    *step_functions_threads.PATCHES,
)


def apply(service: str) -> None:
    """Apply the patches of ``service`` (moto's name for it, such as ``awslambda``)."""
    for patch in PATCHES:
        if patch.service == service:
            patch.apply()
