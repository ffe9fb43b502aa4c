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
    for region in regions:
        owned = set(_physical_ids(region))
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


def _keys(kms: Any) -> Iterator[str]:
    for key in kms.get_paginator("list_keys").paginate().search("Keys[].KeyId"):
        metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
        if metadata["KeyManager"] == "CUSTOMER" and metadata["KeyState"] != "PendingDeletion":
            yield key


def _roles(iam: Any) -> Iterator[str]:
    roles = iam.get_paginator("list_roles").paginate().search("Roles[]")
    # service-linked roles belong to their service, with or without a stack
    yield from (role["RoleName"] for role in roles if "/aws-service-role/" not in role["Path"])


def _addresses(ec2: Any) -> Iterator[str]:
    for address in ec2.describe_addresses()["Addresses"]:
        yield address.get("AllocationId", address["PublicIp"])


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


def _instances(ec2: Any) -> Iterator[str]:
    """Instances that run, but for those that their Auto Scaling group answers for."""
    region = ec2.meta.region_name
    members = clients.client("autoscaling", region).get_paginator("describe_auto_scaling_instances")
    grouped = set(members.paginate().search("AutoScalingInstances[].InstanceId"))
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
    (
        "application-autoscaling",
        _search(
            "describe_scalable_targets",
            "ScalableTargets[].ResourceId",
            ServiceNamespace="sagemaker",
        ),
    ),
    ("ecs", _clusters),
    ("ecs", _services),
    ("ecs", _providers),
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
