"""The functions of a compile fleet: one packages, the other writes down what failed."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from model_fleet import contract

from .compile_roles import add_artifact_statements, add_source_statement, never_the_index
from .handler_function import handler_function
from .model_store import ModelStore

_PACKAGE_MEMORY_MIB = 1769
_PACKAGE_TIMEOUT_MINUTES = 14
_FAILURE_MEMORY_MIB = 256
_FAILURE_TIMEOUT_MINUTES = 2
_OWN_PREFIX = (
    "Archives are named by their content, so the fleet's own prefix is as narrow as it gets."
)


def package_function(
    scope: Construct, *, store: ModelStore, prefix: str, source_bucket: str, log: logs.LogGroup
) -> lambda_.Function:
    """Makes the archives that need no compiler, a batch of them in a call."""
    role = _role(scope, "PackageRole", "Lets the package function write archives")
    add_artifact_statements(
        role,
        store=store,
        folder=prefix,
        actions=contract.PACKAGE_OBJECT_ACTIONS,
        reason=_OWN_PREFIX,
    )
    never_the_index(role, store=store, prefix=prefix)
    add_source_statement(role, source_bucket)
    return _function(
        scope,
        "Package",
        contract.PACKAGE_HANDLER,
        role,
        log,
        memory_mib=_PACKAGE_MEMORY_MIB,
        timeout_minutes=_PACKAGE_TIMEOUT_MINUTES,
    )


def failure_function(
    scope: Construct,
    *,
    store: ModelStore,
    prefix: str,
    log: logs.LogGroup,
    package_log: logs.LogGroup,
    job_log: logs.LogGroup | None,
) -> lambda_.Function:
    """Leaves one object for each model that failed, with the place where to read on."""
    role = _role(scope, "FailureRole", "Lets the failure function note what failed")
    add_artifact_statements(
        role,
        store=store,
        folder=f"{prefix}{contract.WORK_FOLDER}",
        actions=contract.FAILURE_OBJECT_ACTIONS,
        reason="Failures lie below the digest of the work that failed, and are named by the model.",
    )
    environment = {contract.PACKAGE_LOG_GROUP: package_log.log_group_name}
    if job_log is not None:
        environment[contract.JOB_LOG_GROUP] = job_log.log_group_name
    return _function(
        scope,
        "Failure",
        contract.FAILURE_HANDLER,
        role,
        log,
        memory_mib=_FAILURE_MEMORY_MIB,
        timeout_minutes=_FAILURE_TIMEOUT_MINUTES,
        environment=environment,
    )


def _role(scope: Construct, construct_id: str, description: str) -> iam.Role:
    return iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description=description,
    )


def _function(
    scope: Construct,
    construct_id: str,
    handler: str,
    role: iam.Role,
    log_group: logs.LogGroup,
    *,
    memory_mib: int,
    timeout_minutes: int,
    environment: Mapping[str, str] | None = None,
) -> lambda_.Function:
    log_group.grant_write(role)
    return handler_function(
        scope,
        construct_id,
        resource_type=contract.RESOURCE_TYPE,
        handler=handler,
        packages=contract.PACKAGES,
        role=role,
        log_group=log_group,
        memory_mib=memory_mib,
        timeout_minutes=timeout_minutes,
        environment=environment,
    )
