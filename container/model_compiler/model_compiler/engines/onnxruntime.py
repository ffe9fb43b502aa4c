"""ONNX Runtime's graph optimisations, done once here instead of at each load."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from model_compiler.contract import OperatorReport
from model_compiler.engine import Outcome, Work
from model_compiler.engines.reference import run_onnx
from model_compiler.exchange import run_worker


class OnnxRuntimeEngine:
    """Writes the optimised file, and runs it beside the one that it came from."""

    def build_files(self, recipe: Mapping[str, Any]) -> tuple[str, ...]:
        """The ONNX file."""
        return (str(recipe["input"]),)

    def compile(self, work: Work) -> Outcome:
        """As the protocol says."""
        task = {
            "model": str(work.input),
            "optimized": str(work.output),
            "level": work.recipe["optimization"],
        }
        answer, finished = run_worker(
            work.processes, "onnx_worker", task, work.scratch / "compile", python=sys.executable
        )
        expected, versions = run_onnx(work, work.input, work.inputs, raw=True)
        got, _ = run_onnx(work, work.output, work.inputs, raw=False)
        return Outcome(
            versions=versions,
            compile_seconds=finished.seconds,
            method="executed",
            expected=expected,
            got=got,
            operators=OperatorReport(before=answer["before"], after=answer["after"], share=None),
        )
