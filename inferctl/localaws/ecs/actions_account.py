"""Tags of everything, and settings of the account."""

from __future__ import annotations

from .actions_clusters import Call
from .errors import invalid
from .pages import page
from .protocol import service_model
from .store import Region, last

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html
_DEFAULTS = {
    **dict.fromkeys(
        ("serviceLongArnFormat", "taskLongArnFormat", "containerInstanceLongArnFormat"), "enabled"
    ),
    "awsvpcTrunking": "disabled",
    "containerInsights": "disabled",
    "fargateFIPSMode": "disabled",
    "fargateTaskRetirementWaitPeriod": "7",
    "tagResourceAuthorization": "on",
    "guardDutyActivate": "off",
    "defaultLogDriverMode": "non-blocking",
}


class AccountActions:
    """Actions on tags and account settings of one region."""

    def __init__(self, region: Region, root: str) -> None:
        self._region = region
        self._root = root

    def tag_resource(self, call: Call) -> Call:
        """Add tags, replacing those of the same keys."""
        self._check(call["resourceArn"])
        self._region.tag(call["resourceArn"], call["tags"])
        return {}

    def untag_resource(self, call: Call) -> Call:
        """Take tags away; those that are not there count as taken."""
        self._check(call["resourceArn"])
        for key in call["tagKeys"]:
            self._region.tags.get(call["resourceArn"], {}).pop(key, None)
        return {}

    def list_tags_for_resource(self, call: Call) -> Call:
        """All tags of something."""
        self._check(call["resourceArn"])
        return {"tags": self._region.tags_of(call["resourceArn"])}

    def put_account_setting(self, call: Call) -> Call:
        """For this account: there is one principal."""
        self._region.account[call["name"]] = call["value"]
        return {"setting": self._setting(call["name"])}

    def put_account_setting_default(self, call: Call) -> Call:
        """The same, for all principals."""
        return self.put_account_setting(call)

    def delete_account_setting(self, call: Call) -> Call:
        """Back to the default."""
        self._region.account.pop(call["name"], None)
        return {"setting": self._setting(call["name"])}

    def list_account_settings(self, call: Call) -> Call:
        """Those that were set, or all that are in effect."""
        known = service_model().shape_for("SettingName").enum  # type: ignore[attr-defined]
        names = known if call.get("effectiveSettings") else self._region.account
        settings = [self._setting(name) for name in names if name == call.get("name", name)]
        wanted = [one for one in settings if one["value"] == call.get("value", one["value"])]
        return page(call, "settings", wanted)

    def _setting(self, name: str) -> Call:
        value = self._region.account.get(name, _DEFAULTS.get(name, "disabled"))
        return {"name": name, "value": value, "principalArn": self._root, "type": "user"}

    def _check(self, arn: str) -> None:
        if not self._exists(arn):
            raise invalid(f"The specified resource was not found: {arn}")

    def _exists(self, arn: str) -> bool:
        kind, _, name = (
            arn.rpartition(":ecs:")[2].partition(":")[2].partition(":")[2].partition("/")
        )
        region = self._region
        if kind == "capacity-provider":
            return name in region.providers
        if kind == "task-definition":
            family, _, revision = name.partition(":")
            return any(str(one.revision) == revision for one in region.families.get(family, []))
        cluster = region.clusters.get(name.partition("/")[0])
        if cluster is None:
            return False
        found = {
            "cluster": {cluster.name},
            "service": cluster.services,
            "task": cluster.fleet.tasks,
            "container-instance": cluster.fleet.hosts,
        }.get(kind, ())
        return last(name) in found
