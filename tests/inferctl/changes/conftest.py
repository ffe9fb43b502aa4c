"""The platforms of this checkout, synthesized once, as what every change starts from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from inferctl.changes.assembly import Assembly, read_assembly
from stacks.application import build_app
from stacks.config import load_platform

ROOT = Path(__file__).resolve().parents[3]
PLATFORMS = ("comparison", "dev", "laptop", "prod")


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Assembly]:
    """Each platform's assembly, by name."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    found = {}
    for name in PLATFORMS:
        platform = load_platform(ROOT / "platforms" / f"{name}.yaml", models_root=ROOT / "models")
        out = tmp_path_factory.mktemp(name)
        build_app(platform, context=context, outdir=out).synth()
        found[name] = read_assembly(out, name)
    return found
