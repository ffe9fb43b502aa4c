"""The templates of one platform in a folder of the CDK's output."""

from __future__ import annotations

import json
from pathlib import Path

from inferctl.platform_diagram.boxes import Template


class AssemblyError(ValueError):
    """The folder does not hold the platform's templates; the message says what to run."""


def read_templates(assembly: Path, platform: str) -> dict[str, Template]:
    """The platform's templates by stack, in the order of deployment; raises `AssemblyError`."""
    try:
        manifest = json.loads((assembly / "manifest.json").read_bytes())
        artifacts = manifest["artifacts"]
        stacks = [
            name
            for name, artifact in artifacts.items()
            if artifact["type"] == "aws:cloudformation:stack" and name.startswith(f"{platform}-")
        ]
        templates = {
            stack: json.loads(
                (assembly / artifacts[stack]["properties"]["templateFile"]).read_bytes()
            )
            for stack in stacks
        }
    except FileNotFoundError as error:
        raise AssemblyError(
            f"{error.filename} is missing; run `make synth PLATFORM={platform}` first"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AssemblyError(f"is no output of the CDK ({type(error).__name__}: {error})") from error
    if not templates:
        raise AssemblyError(
            f"has no stack of platform {platform}; run `make synth PLATFORM={platform}` first"
        )
    return templates
