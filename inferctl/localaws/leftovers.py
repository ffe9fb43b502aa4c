"""What exists on the embedded AWS without a stack that owns it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from inferctl.localaws import clients

_Lister = Callable[[Any], Iterator[str]]


def find_leftovers(regions: Iterable[str]) -> list[str]:
    """Resources such as ``s3 my-bucket``, sorted; nothing that a stack owns, nor a default VPC.

    Only kinds that the platforms deploy are looked for. A KMS key that waits for its deletion is
    gone: AWS keeps it for a week at least.
    """
    found: set[str] = set()
    regions = sorted(regions)
    # of all regions at once: buckets and roles are listed in each
    owned = {name for region in regions for name in _physical_ids(region)}
    for region in regions:
        for service, lister in _LISTERS:
            for name in lister(clients.client(service, region)):
                if not _is_owned(name, owned):
                    found.add(f"{service} {name}")
    return sorted(found)


def _is_owned(name: str, owned: set[str]) -> bool:
    return name in owned or any(one.endswith((f"/{name}", f":{name}")) for one in owned)


def _physical_ids(region: str) -> Iterator[str]:
    cloudformation = clients.client("cloudformation", region)
    for stack in cloudformation.get_paginator("describe_stacks").paginate().search("Stacks[]"):
        pages = cloudformation.get_paginator("list_stack_resources")
        for resource in pages.paginate(StackName=stack["StackId"]).search(
            "StackResourceSummaries[]"
        ):
            if resource.get("ResourceStatus") != "DELETE_COMPLETE":
                yield resource.get("PhysicalResourceId", "")


def _search(operation: str, expression: str, **arguments: Any) -> _Lister:
    def names(client: Any) -> Iterator[str]:
        pages = client.get_paginator(operation).paginate(**arguments)
        yield from (name for name in pages.search(expression) if name)

    return names


def _scalable_targets(namespace: str) -> _Lister:
    # as CloudFormation calls them
    name = "join('|', [ResourceId, ScalableDimension, ServiceNamespace])"
    return _search(
        "describe_scalable_targets", f"ScalableTargets[].{name}", ServiceNamespace=namespace
    )


def _keys(kms: Any) -> Iterator[str]:
    # moto takes the keys that AWS makes for its own services, such as aws/ebs, for the account's
    aliases = kms.get_paginator("list_aliases").paginate().search("Aliases[]")
    of_aws = {
        one.get("TargetKeyId") for one in aliases if one["AliasName"].startswith("alias/aws/")
    }
    for key in kms.get_paginator("list_keys").paginate().search("Keys[].KeyId"):
        metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
        is_there = metadata["KeyState"] != "PendingDeletion"
        if metadata["KeyManager"] == "CUSTOMER" and is_there and key not in of_aws:
            yield key


def _roles(iam: Any) -> Iterator[str]:
    roles = iam.get_paginator("list_roles").paginate().search("Roles[]")
    # service-linked roles belong to their service, with or without a stack
    yield from (role["RoleName"] for role in roles if "/aws-service-role/" not in role["Path"])


def _addresses(ec2: Any) -> Iterator[str]:
    # as CloudFormation calls them, though EC2 releases them by their allocation
    yield from (address["PublicIp"] for address in ec2.describe_addresses()["Addresses"])


def _clusters(ecs: Any) -> Iterator[str]:
    for arn in ecs.get_paginator("list_clusters").paginate().search("clusterArns[]"):
        yield arn.rpartition("/")[2]


def _services(ecs: Any) -> Iterator[str]:
    for cluster in _clusters(ecs):
        pages = ecs.get_paginator("list_services").paginate(cluster=cluster)
        yield from pages.search("serviceArns[]")


def _providers(ecs: Any) -> Iterator[str]:
    for provider in ecs.describe_capacity_providers()["capacityProviders"]:
        yield provider["name"]


def _container_instances(ecs: Any) -> Iterator[str]:
    """Those that neither an Auto Scaling group nor a capacity provider answers for."""
    grouped, providers = _grouped(ecs.meta.region_name), set(_providers(ecs))
    for cluster in _clusters(ecs):
        pages = ecs.get_paginator("list_container_instances").paginate(cluster=cluster)
        for page in pages:
            if not page["containerInstanceArns"]:
                continue
            described = ecs.describe_container_instances(
                cluster=cluster, containerInstances=page["containerInstanceArns"]
            )
            for one in described["containerInstances"]:
                is_grouped = one["ec2InstanceId"] in grouped
                if not is_grouped and one.get("capacityProviderName") not in providers:
                    yield one["containerInstanceArn"]


def _grouped(region: str) -> set[str]:
    """Instances that their Auto Scaling group answers for."""
    pages = clients.client("autoscaling", region).get_paginator("describe_auto_scaling_instances")
    return set(pages.paginate().search("AutoScalingInstances[].InstanceId"))


def _instances(ec2: Any) -> Iterator[str]:
    """Instances that no Auto Scaling group has."""
    grouped = _grouped(ec2.meta.region_name)
    pages = ec2.get_paginator("describe_instances").paginate()
    for instance in pages.search("Reservations[].Instances[]"):
        if instance["State"]["Name"] != "terminated" and instance["InstanceId"] not in grouped:
            yield instance["InstanceId"]


def _job_definitions(batch: Any) -> Iterator[str]:
    """Active revisions; the others cannot be deleted, not even on AWS."""
    pages = batch.get_paginator("describe_job_definitions").paginate(status="ACTIVE")
    yield from pages.search("jobDefinitions[].jobDefinitionArn")


_DEFAULT_GROUP = "SecurityGroups[?GroupName != 'default'].GroupId"
_LISTERS: tuple[tuple[str, _Lister], ...] = (
    ("s3", _search("list_buckets", "Buckets[].Name")),
    ("kms", _keys),
    ("lambda", _search("list_functions", "Functions[].FunctionName")),
    ("logs", _search("describe_log_groups", "logGroups[].logGroupName")),
    ("iam", _roles),
    ("iam", _search("list_instance_profiles", "InstanceProfiles[].InstanceProfileName")),
    ("iam", _search("list_policies", "Policies[].Arn", Scope="Local")),
    ("ec2", _search("describe_vpcs", "Vpcs[?!IsDefault].VpcId")),
    ("ec2", _search("describe_subnets", "Subnets[?!DefaultForAz].SubnetId")),
    ("ec2", _search("describe_security_groups", _DEFAULT_GROUP)),
    ("ec2", _search("describe_nat_gateways", "NatGateways[?State != 'deleted'].NatGatewayId")),
    ("ec2", _search("describe_vpc_endpoints", "VpcEndpoints[?State != 'deleted'].VpcEndpointId")),
    ("ec2", _search("describe_flow_logs", "FlowLogs[].FlowLogId")),
    ("ec2", _addresses),
    ("ec2", _instances),
    ("ec2", _search("describe_launch_templates", "LaunchTemplates[].LaunchTemplateId")),
    ("ec2", _search("describe_volumes", "Volumes[?State == 'available'].VolumeId")),
    (
        "autoscaling",
        _search("describe_auto_scaling_groups", "AutoScalingGroups[].AutoScalingGroupName"),
    ),
    ("elbv2", _search("describe_load_balancers", "LoadBalancers[].LoadBalancerArn")),
    ("elbv2", _search("describe_target_groups", "TargetGroups[].TargetGroupArn")),
    ("sagemaker", _search("list_endpoints", "Endpoints[].EndpointName")),
    ("sagemaker", _search("list_endpoint_configs", "EndpointConfigs[].EndpointConfigName")),
    ("sagemaker", _search("list_models", "Models[].ModelName")),
    ("stepfunctions", _search("list_state_machines", "stateMachines[].stateMachineArn")),
    *(("application-autoscaling", _scalable_targets(space)) for space in ("sagemaker", "ecs")),
    ("ecs", _clusters),
    ("ecs", _services),
    ("ecs", _providers),
    ("ecs", _container_instances),
    ("ecs", _search("list_task_definitions", "taskDefinitionArns[]")),
    (
        "batch",
        _search("describe_compute_environments", "computeEnvironments[].computeEnvironmentArn"),
    ),
    ("batch", _search("describe_job_queues", "jobQueues[].jobQueueArn")),
    ("batch", _job_definitions),
    ("cloudwatch", _search("describe_alarms", "MetricAlarms[].AlarmName")),
    ("cloudwatch", _search("list_dashboards", "DashboardEntries[].DashboardName")),
)
