"""Task definitions: registered, described, listed, deregistered, deleted."""

from __future__ import annotations

from typing import Any

from .definitions import check, completed, task_spec
from .errors import EcsError, client_error
from .pages import page
from .store import Region, TaskDefinition, now
from .validation import check_name
from .views import task_definition_view

Call = dict[str, Any]


class DefinitionActions:
    """Actions on the task definitions of one region."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def register_task_definition(self, call: Call) -> Call:
        """A new revision, whatever the last one was."""
        check_name("family", call["family"])
        check(call)
        region, family = self._region, call["family"]
        revisions = region.families.setdefault(family, [])
        number = revisions[-1].revision + 1 if revisions else 1
        arn = region.arn(f"task-definition/{family}:{number}")
        definition = TaskDefinition(
            arn=arn,
            family=family,
            revision=number,
            body=completed(call),
            spec=task_spec(arn, call),
        )
        revisions.append(definition)
        region.tag(arn, call.get("tags", []))
        return self._answer(definition)

    def describe_task_definition(self, call: Call) -> Call:
        """A revision, or the last active one of a family."""
        definition = self._region.task_definition(call["taskDefinition"])
        tagged = "TAGS" in call.get("include", [])
        return (
            self._answer(definition)
            if tagged
            else {"taskDefinition": task_definition_view(definition)}
        )

    def deregister_task_definition(self, call: Call) -> Call:
        """Make a revision INACTIVE; what runs by it goes on."""
        if ":" not in call["taskDefinition"].rpartition("/")[2]:
            raise client_error("The task definition must be given with its revision.")
        definition = self._region.task_definition(call["taskDefinition"])
        if definition.status == "ACTIVE":
            definition.status, definition.deregistered = "INACTIVE", now()
        return {"taskDefinition": task_definition_view(definition)}

    def delete_task_definitions(self, call: Call) -> Call:
        """Delete revisions that are INACTIVE; the others are failures."""
        done, failures = [], []
        for name in call["taskDefinitions"]:
            try:
                definition = self._region.task_definition(name)
            except EcsError as error:
                failures.append({"arn": name, "reason": str(error)})
                continue
            if definition.status == "ACTIVE":
                reason = "The specified task definition is still in ACTIVE status."
                failures.append({"arn": definition.arn, "reason": reason})
                continue
            definition.status, definition.deletion = "DELETE_IN_PROGRESS", now()
            done.append(task_definition_view(definition))
        return {"taskDefinitions": done, "failures": failures}

    def list_task_definitions(self, call: Call) -> Call:
        """ARNs by family and revision."""
        status = call.get("status", "ACTIVE")
        arns = [
            one.arn
            for family, revisions in sorted(self._region.families.items())
            for one in revisions
            if one.status == status and family == call.get("familyPrefix", family)
        ]
        return page(call, "taskDefinitionArns", arns[::-1] if call.get("sort") == "DESC" else arns)

    def list_task_definition_families(self, call: Call) -> Call:
        """Families, by whether any revision of theirs is active."""
        status = call.get("status", "ALL")
        found = [
            family
            for family, revisions in sorted(self._region.families.items())
            if family.startswith(call.get("familyPrefix", ""))
            and (
                status == "ALL"
                or any(one.status == "ACTIVE" for one in revisions) is (status == "ACTIVE")
            )
        ]
        return page(call, "families", found)

    def _answer(self, definition: TaskDefinition) -> Call:
        tags = self._region.tags_of(definition.arn)
        return {"taskDefinition": task_definition_view(definition), "tags": tags}
