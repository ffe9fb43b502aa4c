"""``inferctl diagram``: a picture of a platform, made from its synthesized templates."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from inferctl.environment import CLOUD_ASSEMBLY
from inferctl.fleet_diagram.fleet import TemplateError, read_fleet
from inferctl.fleet_diagram.svg import draw as draw_fleet
from inferctl.output import errors
from inferctl.platform_diagram.assembly import AssemblyError, read_templates
from inferctl.platform_diagram.svg import draw as draw_platform


def add_parser(verbs: Any) -> None:
    """``inferctl diagram PLATFORM [--chips] [--assembly FOLDER] [--output FILE]``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "diagram",
        help="draw a platform from its synthesized templates",
        description="Reads what `make synth PLATFORM=...` leaves in cdk.out and writes an SVG:"
        " the stacks and what they need of each other, or who owns which chip of the cluster."
        " Exit status: 0 drawn, 2 nothing that can be drawn.",
    )
    parser.add_argument("platform", help="name of the platform, such as dev")
    parser.add_argument("--chips", action="store_true", help="the cluster's chips, not the stacks")
    parser.add_argument(
        "--assembly", type=Path, default=CLOUD_ASSEMBLY, help="folder of the templates"
    )
    parser.add_argument("--output", type=Path, help="file to write (default: standard output)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 drawn, 2 unusable templates or output."""
    name: str = arguments.platform
    try:
        templates = read_templates(arguments.assembly, name)
        picture = chips(templates, name) if arguments.chips else overview(templates, name)
        if arguments.output is None:
            sys.stdout.write(picture)
        else:
            arguments.output.write_text(picture)
    except OSError as error:
        errors.print(f"{error.filename}: {error.strerror}", markup=False)
        return 2
    except (AssemblyError, TemplateError, ValueError) as error:
        errors.print(f"{arguments.assembly}: {error}", markup=False)
        return 2
    except (KeyError, TypeError, AttributeError) as error:
        text = f"{arguments.assembly}: holds no templates of ours ({type(error).__name__}: {error})"
        errors.print(text, markup=False)
        return 2
    return 0


def overview(templates: dict[str, dict[str, Any]], platform: str) -> str:
    """The SVG of a platform's stacks. Raises ValueError where nothing can be drawn."""
    return draw_platform(templates, title=f"{platform}, as synthesized")


def chips(templates: dict[str, dict[str, Any]], platform: str) -> str:
    """The SVG of who owns which chip. Raises AssemblyError without a cluster, or TemplateError."""
    stack = f"{platform}-cluster"
    if stack not in templates:
        raise AssemblyError(f"platform {platform} has no cluster")
    return draw_fleet(read_fleet(templates[stack]), title=f"{stack}, as synthesized")
