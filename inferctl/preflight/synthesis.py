"""A platform's templates, synthesized here and now without a network."""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

from inferctl.environment import ROOT
from inferctl.preflight.templates import Template
from model_folders import ModelFileError
from stacks.config import Platform
from stacks.model_checks import ModelLintError


class SynthesisError(Exception):
    """The platform does not become templates; the message says why."""


def synthesize(platform: Platform) -> Mapping[str, Template]:
    """Templates by stack, in the order they are deployed. Raises SynthesisError."""
    # the CDK takes seconds to import, and a wrong platform file is to be told at once
    from stacks.application import build_app

    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    with tempfile.TemporaryDirectory() as folder, _quiet():
        try:
            assembly = build_app(platform, context=context, outdir=Path(folder)).synth()
        except (ModelFileError, ModelLintError) as error:
            raise SynthesisError(str(error)) from error
        except RuntimeError as error:
            if not str(error).startswith("ValidationFailed"):
                raise
            raise SynthesisError(str(error)) from error
        return {
            stack.stack_name: json.loads(Path(stack.template_full_path).read_text())
            for stack in assembly.stacks
        }


@contextmanager
def _quiet() -> Generator[None]:
    """Keeps the CDK's remarks (its deprecations, the version of Node, warnings of linters) from the
    terminal; where it breaks, they are what there is to go by."""
    said = io.TextIOWrapper(io.BytesIO(), write_through=True)
    try:
        with redirect_stderr(said):
            yield
    except SynthesisError:
        raise
    except BaseException:
        said.seek(0)
        sys.stderr.write(said.read())
        raise
