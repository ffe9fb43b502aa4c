"""Templates as CloudFormation has them, and as the CDK has just made them."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import yaml
from botocore.exceptions import ClientError

from inferctl.transitions.templates import Template

# A stack in any other state is not one that an update starts from.
_SETTLED: Final = frozenset(
    {
        *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"),
        *("IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"),
    }
)


def deployed_templates(names: Collection[str], *, cloudformation: Any) -> dict[str, Template]:
    """The templates of those stacks that are there; raises what boto3 raises for all else.

    ``cloudformation`` is a boto3 client.
    """
    found: dict[str, Template] = {}
    for name in names:
        try:
            (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                continue
            raise
        if stack["StackStatus"] in _SETTLED:
            body = cloudformation.get_template(StackName=name)["TemplateBody"]
            # boto3 reads JSON itself; the CDK's CLI sends small templates as YAML
            found[name] = yaml.safe_load(body) if isinstance(body, str) else body
    return found


def assembly_templates(directory: Path) -> dict[str, Template]:
    """The templates of a cloud assembly, such as ``cdk.out``, by the names of their stacks."""
    artifacts = json.loads((directory / "manifest.json").read_text())["artifacts"]
    return {
        artifact.get("properties", {}).get("stackName", name): json.loads(
            (directory / artifact["properties"]["templateFile"]).read_text()
        )
        for name, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
