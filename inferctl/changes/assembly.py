"""One side of a comparison: the stacks of a platform, as synthesis left them in a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from golden_answers import Golden, parse_goldens
from inferctl.changes.parameters import with_defaults
from model_artifacts import Manifest, parse_manifest

Template = dict[str, Any]
Key = tuple[str, str]
"""Stack and logical id."""


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """Templates by stack, manifests by fleet, goldens by ``fleet/name``, regions by stack.

    ``protected`` are the stacks with termination protection.
    """

    platform: str
    templates: Mapping[str, Template]
    manifests: Mapping[str, Manifest] = field(default_factory=dict)
    goldens: Mapping[str, Golden] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    protected: frozenset[str] = frozenset()

    def resources(self) -> dict[Key, Mapping[str, Any]]:
        """Every resource of every stack."""
        return {
            (stack, logical_id): resource
            for stack, template in self.templates.items()
            for logical_id, resource in template.get("Resources", {}).items()
        }

    def of_type(self, *types: str) -> Iterator[tuple[Key, Mapping[str, Any]]]:
        """The resources of these types, each with its properties."""
        for key, resource in self.resources().items():
            if resource["Type"] in types:
                yield key, resource.get("Properties", {})


def empty(platform: str) -> Assembly:
    """A platform that is not there."""
    return Assembly(platform=platform, templates={})


def read_assembly(folder: Path, platform: str) -> Assembly:
    """What synthesis wrote below ``folder``; raises OSError, ValueError and DocumentError."""
    artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"]
    stacks = {
        name: artifact
        for name, artifact in sorted(artifacts.items())
        if artifact["type"] == "aws:cloudformation:stack"
    }
    return Assembly(
        platform=platform,
        templates={
            name: with_defaults(
                json.loads((folder / stack["properties"]["templateFile"]).read_text())
            )
            for name, stack in stacks.items()
        },
        manifests={
            path.parent.name.removeprefix("sources."): parse_manifest(
                path.read_bytes(), name=f"{path.parent.name}/{path.name}"
            )
            for path in sorted(folder.glob("sources.*/manifest.json"))
        },
        goldens={
            f"{path.parent.name.partition('.')[2]}/{golden['name']}": golden
            for path in sorted(folder.glob("*/goldens.json"))
            for golden in parse_goldens(path.read_bytes(), name=f"{path.parent.name}/{path.name}")
        },
        regions={name: stack["environment"].rpartition("/")[2] for name, stack in stacks.items()},
        protected=frozenset(
            name
            for name, stack in stacks.items()
            if stack["properties"].get("terminationProtection")
        ),
    )
