"""``inferctl dashboard``: a picture of a platform's dashboard, made from its template."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from inferctl.dashboard_picture.dashboard import TemplateError, read_alarms, read_dashboards
from inferctl.dashboard_picture.svg import draw
from inferctl.environment import CLOUD_ASSEMBLY
from inferctl.output import errors


def add_parser(verbs: Any) -> None:
    """``inferctl dashboard PLATFORM [--template FILE] [--output FILE]``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "dashboard",
        help="draw a platform's dashboard and alarms from its synthesized template",
        description="Reads the template that `make synth PLATFORM=...` leaves in cdk.out and writes"
        " an SVG. Exit status: 0 drawn, 2 unusable template.",
    )
    parser.add_argument("platform", help="name of the platform, such as prod")
    parser.add_argument("--template", type=Path, help="the template of its monitoring stack")
    parser.add_argument("--output", type=Path, help="file to write (default: standard output)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 drawn, 2 unusable template or output."""
    name = f"{arguments.platform}-monitoring"
    path: Path = arguments.template or CLOUD_ASSEMBLY / f"{name}.template.json"
    try:
        picture = dashboard(json.loads(path.read_text()), title=f"{name}, as synthesized")
        if arguments.output is None:
            sys.stdout.write(picture)
        else:
            arguments.output.write_text(picture)
    except OSError as error:
        hint = (
            f"; give the platform a monitoring section and run `make synth"
            f" PLATFORM={arguments.platform}` first"
        )
        missing = hint if error.filename == str(path) else ""
        errors.print(f"{error.filename}: {error.strerror}{missing}", markup=False)
        return 2
    except (TemplateError, json.JSONDecodeError, UnicodeDecodeError) as error:
        errors.print(f"{path}: {error}", markup=False)
        return 2
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
        text = f"{path}: is not a template of a monitoring stack ({type(error).__name__}: {error})"
        errors.print(text, markup=False)
        return 2
    return 0


def dashboard(template: dict[str, Any], *, title: str) -> str:
    """The SVG of the only dashboard of a template. Raises TemplateError where there is none."""
    found = read_dashboards(template)
    if len(found) != 1:
        raise TemplateError(f"holds {len(found)} dashboards, not one")
    return draw(found[0], read_alarms(template), title=title)
