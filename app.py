"""Defines the stacks of one platform: ``-c platform=NAME``, else ``PLATFORM=NAME``, else laptop.

NAME is a file of ``platforms/`` without its ending, or the path of any other platform file.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path

import aws_cdk as cdk

from model_folders import ModelFileError
from stacks.application import add_platform
from stacks.config import PlatformFileError, load_platform
from stacks.model_checks import ModelLintError
from stacks.verification_props import without_verification

_ROOT = Path(__file__).resolve().parent
_WRONG_INPUT = 2


def _platform_file(name: str) -> Path:
    """The file that ``name`` stands for, as short as messages like to show it."""
    if "/" in name or name.endswith((".yaml", ".yml")):
        return Path(name)
    path = _ROOT / "platforms" / f"{name}.yaml"
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def main() -> int:
    """Synthesize; 2 when the platform file or a model is wrong, 1 when a check refuses a stack."""
    # What the imports made lives to the end; collections need not look at it again and again.
    gc.freeze()
    # The CLI passes this context by itself; given here, a bare `python app.py` builds the same.
    context = json.loads((_ROOT / "cdk.json").read_text())["context"]
    app = cdk.App(context=context, auto_synth=False)
    name = str(app.node.try_get_context("platform") or os.environ.get("PLATFORM") or "laptop")
    try:
        platform_file = _platform_file(name)
        platform = load_platform(platform_file, models_root=_ROOT / "models")
        if app.node.try_get_context("verification") == "off":
            # `inferctl up` on a machine where no server runs
            platform = without_verification(platform)
        add_platform(app, platform)
    except (PlatformFileError, ModelFileError, ModelLintError) as error:
        print(error, file=sys.stderr)
        return _WRONG_INPUT
    try:
        app.synth()
    except RuntimeError as error:
        if not str(error).startswith("ValidationFailed"):
            raise
        # The findings are on stderr already; a Python traceback would only bury them.
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
