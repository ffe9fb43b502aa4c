"""Inferentia: a TensorFlow 1 graph, partly compiled, as a SavedModel for TensorFlow Serving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_compiler.contract import OperatorReport
from model_compiler.engine import Outcome, Work
from model_compiler.errors import CompilerError, InputError, VerificationError
from model_compiler.exchange import engine_python, read_arrays, run_worker, write_arrays
from model_compiler.tensors import with_rows


class NeuronTfEngine:
    """``output`` is the SavedModel's folder, such as ``yolov4/1``."""

    def build_files(self, recipe: Mapping[str, Any]) -> tuple[str, ...]:
        """The weights and the loader."""
        return str(recipe["input"]), str(recipe["loader"])

    def compile(self, work: Work) -> Outcome:
        """As the protocol says."""
        if work.target != "inf1":
            raise InputError(f"target {work.target!r} must be inf1")
        recipe = work.recipe
        inputs = {
            name: with_rows(values, recipe["batch_size"]) for name, values in work.inputs.items()
        }
        answer, _ = run_worker(
            work.processes,
            "neuron_tf_worker",
            {
                "loader": str(work.sources / recipe["loader"]),
                "weights": str(work.input),
                "output": str(work.output),
                "inputs": write_arrays(work.scratch / "inputs", inputs),
                "no_fuse_ops": recipe["no_fuse_ops"],
                "options": compile_options(recipe),
            },
            work.scratch / "neuron-tf",
            python=engine_python(),
        )
        if "problem" in answer:
            raise InputError(answer["problem"])
        if not (work.output / "saved_model.pb").is_file():
            raise CompilerError("tensorflow-neuron ended well and wrote no SavedModel")
        _inspect(recipe, answer)
        got = answer.get("got")
        return Outcome(
            versions=answer["versions"],
            compile_seconds=answer["seconds"],
            method="inspected" if got is None else "executed",
            expected=None if got is None else read_arrays(answer["expected"]),
            got=None if got is None else read_arrays(got),
            operators=OperatorReport(
                before=answer["before"], after=answer["after"], share=answer["share"]
            ),
        )


def compile_options(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments of ``tfn.saved_model.compile``; what the recipe leaves out stays out.

    Source: github.com/aws-neuron/aws-neuron-sdk, archive/tensorflow/tensorflow-neuron/
    api-compilation-python-api.rst
    """
    options: dict[str, Any] = {"batch_size": recipe["batch_size"]}
    if recipe["dynamic_batch_size"]:
        options["dynamic_batch_size"] = True
    if recipe.get("minimum_segment_size") is not None:
        options["minimum_segment_size"] = recipe["minimum_segment_size"]
    if recipe["compiler_args"]:
        options["compiler_args"] = recipe["compiler_args"]
    return options


def _inspect(recipe: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """What can be known without a NeuronCore; raises `VerificationError`."""
    problems = []
    if answer["signature_before"] != answer["signature_after"]:
        problems.append(
            f"the compiled model's signature is {answer['signature_after']}, uncompiled"
            f" {answer['signature_before']}"
        )
    share, least = answer["share"], recipe["minimum_operator_share"]
    if not answer["after"].get("NeuronOp") or share <= 0:
        problems.append("no operator is on the chip: the model would run on the CPU alone")
    elif share < least:
        problems.append(f"{share:.1%} of the operators are on the chip, at least {least:.1%} must")
    if not answer["finite"]:
        problems.append("the uncompiled model's outputs are not all finite numbers")
    if problems:
        raise VerificationError("; ".join(problems))
