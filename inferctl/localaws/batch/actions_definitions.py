"""Job definitions: registered, described, deregistered."""

from __future__ import annotations

from typing import Any

from .definitions import check
from .errors import refused
from .pages import page
from .store import JobDefinition, Region
from .views import definition_view

Call = dict[str, Any]


class DefinitionActions:
    """Actions on the job definitions of one region."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def register_job_definition(self, call: Call) -> Call:
        """A new revision, whatever the last one was."""
        check(call)
        region, name = self._region, call["jobDefinitionName"]
        revisions = region.definitions.setdefault(name, [])
        number = revisions[-1].revision + 1 if revisions else 1
        body = {key: value for key, value in call.items() if key not in ("tags",)}
        body.pop("jobDefinitionName")
        definition = JobDefinition(
            name=name,
            arn=region.arn(f"job-definition/{name}:{number}"),
            revision=number,
            body={"parameters": {}, "platformCapabilities": ["EC2"], **body},
        )
        revisions.append(definition)
        region.tags[definition.arn] = dict(call.get("tags", {}))
        return {
            "jobDefinitionName": name,
            "jobDefinitionArn": definition.arn,
            "revision": number,
        }

    def describe_job_definitions(self, call: Call) -> Call:
        """By name, by ARN or all; INACTIVE ones too, unless a status is asked for."""
        wanted = call.get("jobDefinitions")
        names = None if wanted is None else {one.rpartition("/")[2] for one in wanted}
        found = [
            definition_view(self._region, one)
            for revisions in self._region.definitions.values()
            for one in revisions
            if one.status == call.get("status", one.status)
            and one.name == call.get("jobDefinitionName", one.name)
            and (names is None or {one.name, f"{one.name}:{one.revision}"} & names)
        ]
        return page(call, "jobDefinitions", found)

    def deregister_job_definition(self, call: Call) -> Call:
        """Make a revision INACTIVE; jobs of it go on."""
        if ":" not in call["jobDefinition"].rpartition("/")[2]:
            raise refused("The job definition must be given with its revision")
        self._region.definition(call["jobDefinition"]).status = "INACTIVE"
        return {}
