"""The picture in the README is that of the template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inferctl.commands.diagram import chips
from inferctl.platform_diagram.assembly import read_templates
from stacks.application import build_app
from stacks.config import load_platform

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "neuron-on-ecs.svg"
# The CLI asks for it; pools and services take their names from the constructs' paths.
PATHS = {"aws:cdk:enable-path-metadata": True}


def _drawn(path: Path, context: dict[str, Any], outdir: Path) -> str:
    platform = load_platform(path, models_root=ROOT / "models")
    build_app(platform, context=context | PATHS, outdir=outdir).synth()
    return chips(read_templates(outdir, platform.name), platform.name)


def test_the_picture_is_drawn_from_what_dev_synthesizes(
    context: dict[str, Any], tmp_path: Path
) -> None:
    drawn = _drawn(ROOT / "platforms" / "dev.yaml", context, tmp_path)

    assert PICTURE.read_text() == drawn, "run `make generated`"


def test_a_fleet_with_every_feature_can_be_drawn(context: dict[str, Any], tmp_path: Path) -> None:
    drawn = _drawn(Path(__file__).parent / "platforms" / "fleet.yaml", context, tmp_path)

    assert "daemons: ProblemDetector" in drawn
    assert "ALB HTTPS:443" in drawn
