"""Inferentia2 and Trainium: a PyTorch module to TorchScript, traced without a NeuronCore."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from typing import Any

from model_compiler.contract import OperatorReport
from model_compiler.engine import Outcome, Work
from model_compiler.errors import CompilerError, InputError
from model_compiler.exchange import engine_python, read_arrays, run_worker, write_arrays
from model_compiler.tensors import Array, with_rows

TARGETS = ("inf2", "trn1", "trn1n", "trn2")
BATCH_MARK = "{batch}"


class NeuronxEngine:
    """One file for each batch size; the smallest is the one that is compared."""

    def build_files(self, recipe: Mapping[str, Any]) -> tuple[str, ...]:
        """The weights and the loader."""
        return str(recipe["input"]), str(recipe["loader"])

    def compile(self, work: Work) -> Outcome:
        """As the protocol says."""
        recipe = work.recipe
        if work.target not in TARGETS:
            raise InputError(f"target {work.target!r} is none of {', '.join(TARGETS)}")
        batches = sorted(recipe["batch_sizes"])
        answer, _ = run_worker(
            work.processes,
            "neuronx_worker",
            {
                "loader": str(work.sources / recipe["loader"]),
                "weights": str(work.input),
                "arguments": compiler_arguments(recipe, work.target),
                "emulate": emulated_type(recipe),
                "batches": [
                    {
                        "rows": rows,
                        "inputs": _write(work, rows),
                        "output": str(work.outputs / output_path(recipe, rows)),
                    }
                    for rows in batches
                ],
            },
            work.scratch / "neuronx",
            python=engine_python(),
        )
        for rows in batches:
            path = work.outputs / output_path(recipe, rows)
            if not zipfile.is_zipfile(path):
                raise CompilerError(f"{path.name} must be a TorchScript archive, and is none")
        got = answer.get("got")
        return Outcome(
            versions=answer["versions"],
            compile_seconds=answer["seconds"],
            method=answer["method"],
            expected=None if got is None else read_arrays(answer["expected"]),
            got=None if got is None else read_arrays(got),
            # trace() compiles the whole graph or raises; it never leaves a part to the CPU
            operators=OperatorReport(before=answer["operators"], after={}, share=1.0),
        )


def compiler_arguments(recipe: Mapping[str, Any], target: str) -> list[str]:
    """Of neuronx-cc. The target is explicit, as there is no device here to take it from.

    Source: awsdocs-neuron.readthedocs-hosted.com, "Neuron Compiler CLI Reference (neuronx-cc)"
    """
    arguments = ["--target", target, "--auto-cast", str(recipe["auto_cast"])]
    if recipe["auto_cast"] != "none":
        arguments += ["--auto-cast-type", str(recipe["auto_cast_type"])]
    return [*arguments, f"-O{recipe['optimization_level']}"]


def emulated_type(recipe: Mapping[str, Any]) -> str | None:
    """The number format that a CPU can imitate, None where the compiler keeps float32's."""
    formats = {"bf16": "bfloat16", "fp16": "float16"}
    return None if recipe["auto_cast"] == "none" else formats.get(str(recipe["auto_cast_type"]))


def output_path(recipe: Mapping[str, Any], rows: int) -> str:
    """Where the file for this batch size lies in the archive."""
    return str(recipe["output"]).replace(BATCH_MARK, str(rows))


def _write(work: Work, rows: int) -> list[str]:
    arrays: dict[str, Array] = {}
    for name in work.recipe["inputs"]:
        if name not in work.inputs:
            raise InputError(
                f"the recipe names input {name!r}, the request to verify with has"
                f" {', '.join(work.inputs)}"
            )
        arrays[name] = with_rows(work.inputs[name], rows)
    return list(write_arrays(work.scratch / f"inputs{rows}", arrays).values())
