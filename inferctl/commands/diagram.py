"""``inferctl diagram``: a picture of a cluster, made from its synthesized template."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from inferctl.environment import CLOUD_ASSEMBLY
from inferctl.fleet_diagram.fleet import TemplateError, read_fleet
from inferctl.fleet_diagram.svg import draw
from inferctl.output import errors


def add_parser(verbs: Any) -> None:
    """``inferctl diagram PLATFORM [--template FILE] [--output FILE]``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "diagram",
        help="draw a cluster from its synthesized template",
        description="Reads the template that `make synth PLATFORM=...` leaves in cdk.out and writes"
        " an SVG. Exit status: 0 drawn, 2 unusable template.",
    )
    parser.add_argument("platform", help="name of the platform, such as dev")
    parser.add_argument("--template", type=Path, help="the template of its cluster stack")
    parser.add_argument("--output", type=Path, help="file to write (default: standard output)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 drawn, 2 unusable template or output."""
    name = f"{arguments.platform}-cluster"
    path: Path = arguments.template or CLOUD_ASSEMBLY / f"{name}.template.json"
    try:
        picture = diagram(json.loads(path.read_text()), title=f"{name}, as synthesized")
        if arguments.output is None:
            sys.stdout.write(picture)
        else:
            arguments.output.write_text(picture)
    except OSError as error:
        hint = f"; run `make synth PLATFORM={arguments.platform}` first"
        missing = hint if error.filename == str(path) else ""
        errors.print(f"{error.filename}: {error.strerror}{missing}", markup=False)
        return 2
    except (TemplateError, json.JSONDecodeError, UnicodeDecodeError) as error:
        errors.print(f"{path}: {error}", markup=False)
        return 2
    except (KeyError, TypeError, AttributeError) as error:
        text = f"{path}: is not a template of a cluster stack ({type(error).__name__}: {error})"
        errors.print(text, markup=False)
        return 2
    return 0


def diagram(template: dict[str, Any], *, title: str) -> str:
    """The SVG of a cluster stack's template. Raises TemplateError where nothing can be drawn."""
    return draw(read_fleet(template), title=title)
