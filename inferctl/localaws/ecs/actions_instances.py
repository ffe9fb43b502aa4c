"""Container instances: listed, described, drained, and their attributes."""

from __future__ import annotations

from .actions_clusters import Call
from .errors import EcsError, client_error, invalid
from .pages import page
from .simulator import Host, QueryError, matches
from .store import Cluster, Region, last
from .task_views import instance_arn, instance_view


class InstanceActions:
    """Actions on the container instances of one region."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def list_container_instances(self, call: Call) -> Call:
        """ARNs by status and by a filter of the cluster query language."""
        cluster = self._region.cluster(call)
        status = call.get("status")
        try:
            arns = [
                instance_arn(self._region, cluster, host)
                for host in cluster.fleet.hosts.values()
                if status in (None, "DRAINING" if host.draining else "ACTIVE")
                and ("filter" not in call or matches(call["filter"], host.subject))
            ]
        except QueryError as error:
            raise invalid(str(error)) from error
        return page(call, "containerInstanceArns", arns)

    def describe_container_instances(self, call: Call) -> Call:
        """Instances by id or ARN, and a failure for each that is missing."""
        cluster = self._region.cluster(call)
        return self._each(cluster, call, call.get("include", []))

    def update_container_instances_state(self, call: Call) -> Call:
        """ACTIVE, or DRAINING: no new tasks, and services replace those they have there."""
        cluster = self._region.cluster(call)
        if call["status"] not in ("ACTIVE", "DRAINING"):
            raise invalid("Container instance status should be one of [ACTIVE,DRAINING].")
        for name in call["containerInstances"]:
            host = cluster.fleet.hosts.get(last(name))
            if host is not None:
                host.draining = call["status"] == "DRAINING"
        return self._each(cluster, call, [])

    def put_attributes(self, call: Call) -> Call:
        """Add attributes to container instances."""
        cluster = self._region.cluster(call)
        for attribute in call["attributes"]:
            host = self._target(cluster, attribute)
            host.attributes[attribute["name"]] = attribute.get("value", "")
        return {"attributes": call["attributes"]}

    def delete_attributes(self, call: Call) -> Call:
        """Take attributes away; those that ECS itself gives stay."""
        cluster = self._region.cluster(call)
        for attribute in call["attributes"]:
            if attribute["name"].startswith("ecs."):
                raise invalid(f"The attribute {attribute['name']} cannot be deleted.")
            self._target(cluster, attribute).attributes.pop(attribute["name"], None)
        return {"attributes": call["attributes"]}

    def list_attributes(self, call: Call) -> Call:
        """Attributes by name and value."""
        cluster = self._region.cluster(call)
        found = [
            {
                "name": name,
                "value": value,
                "targetType": "container-instance",
                "targetId": instance_arn(self._region, cluster, host),
            }
            for host in cluster.fleet.hosts.values()
            for name, value in sorted(host.attributes.items())
            if name == call.get("attributeName", name)
            and value == call.get("attributeValue", value)
        ]
        return page(call, "attributes", found)

    def _each(self, cluster: Cluster, call: Call, include: list[str]) -> Call:
        found, failures = [], []
        for name in call["containerInstances"]:
            host = cluster.fleet.hosts.get(last(name))
            if host is None:
                arn = self._region.arn(f"container-instance/{cluster.name}/{last(name)}")
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                found.append(instance_view(self._region, cluster, host, include))
        return {"containerInstances": found, "failures": failures}

    def _target(self, cluster: Cluster, attribute: Call) -> Host:
        if "targetId" not in attribute:
            raise client_error("Attributes need a targetId.")
        host = cluster.fleet.hosts.get(last(attribute["targetId"]))
        if host is None:
            message = "The specified target was not found."
            raise EcsError("TargetNotFoundException", message)
        return host
