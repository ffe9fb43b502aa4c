"""Tags of everything that Batch has."""

from __future__ import annotations

from typing import Any

from .errors import refused
from .store import Region

Call = dict[str, Any]


class TagActions:
    """Actions on the tags of one region."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def list_tags_for_resource(self, call: Call) -> Call:
        """All tags."""
        return {"tags": self._of(call)}

    def tag_resource(self, call: Call) -> Call:
        """Add tags, replacing those of the same keys."""
        self._of(call).update(call["tags"])
        return {}

    def untag_resource(self, call: Call) -> Call:
        """Take tags away; keys that are not there do not matter."""
        for key in call["tagKeys"]:
            self._of(call).pop(key, None)
        return {}

    def _of(self, call: Call) -> dict[str, str]:
        found = self._region.tags.get(call["resourceArn"])
        if found is None:
            raise refused(f"{call['resourceArn']} does not exist")
        return found
