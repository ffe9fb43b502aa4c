"""The pictures on the pages of the platforms of reference are those of their templates."""

from __future__ import annotations

from pathlib import Path

import pytest

from inferctl.commands.diagram import overview
from inferctl.platform_diagram.assembly import read_templates

from .conftest import Synthesized

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "comparison": "tf-serving-comparison.md",
    "gpu_endpoint": "gpu-endpoint.md",
    "prod": "ensembles.md",
    "yolov4": "yolov4-on-inferentia.md",
}


@pytest.mark.parametrize("platform", PAGES)
def test_the_picture_is_drawn_from_what_the_platform_synthesizes(
    platform: str, request: pytest.FixtureRequest
) -> None:
    synthesized: Synthesized = request.getfixturevalue(platform)
    name = synthesized.platform.name

    drawn = overview(read_templates(synthesized.directory, name), name)

    assert (ROOT / "docs" / f"{name}.svg").read_text() == drawn, "run `make generated`"


@pytest.mark.parametrize("platform", PAGES)
def test_each_page_shows_its_picture(platform: str) -> None:
    page = (ROOT / "docs" / PAGES[platform]).read_text()

    assert f"]({platform.replace('_', '-')}.svg)" in page
