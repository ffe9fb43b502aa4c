"""The typed ``compile`` of a build: one recipe per engine, told apart by ``engine``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from model_folders.fields import Positive, RelativePath, Strict

BATCH_MARK = "{batch}"
Engine = Literal["tensorrt", "neuronx", "neuron-tf", "onnxruntime"]
ENGINES: tuple[Engine, ...] = ("tensorrt", "neuronx", "neuron-tf", "onnxruntime")
# Raised when the arguments that an engine derives from a recipe change: then the artifact is
# another one, although nothing in model.yaml says so.
ENGINE_REVISIONS: Mapping[Engine, int] = MappingProxyType(dict.fromkeys(ENGINES, 1))
OperatorPrefix = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")]
CompilerArgument = Annotated[str, StringConstraints(pattern=r"^[!-~]+$")]


class ShapeRange(Strict):
    """Smallest, most usual and largest shape of one input, the batch dimension first."""

    min: tuple[Positive, ...]
    opt: tuple[Positive, ...]
    max: tuple[Positive, ...]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not len(self.min) == len(self.opt) == len(self.max):
            raise ValueError(
                "must have as many dimensions in min as in opt and max (add the missing ones)"
            )
        if any(
            not low <= usual <= high
            for low, usual, high in zip(self.min, self.opt, self.max, strict=True)
        ):
            raise ValueError("must satisfy min <= opt <= max in every dimension (reorder them)")
        return self


class Verification(Strict):
    """How far the compiled file may be from the uncompiled one, on the inputs of ``request``.

    ``request`` is a KServe v2 request to the compiled file itself, which need not be the model's:
    the encoder inside an ensemble has inputs of its own. Nothing is published beyond the tolerance.
    """

    request: RelativePath
    max_absolute_error: Annotated[float, Field(ge=0)]
    minimum_cosine: Annotated[float, Field(gt=0, le=1)]


class _Recipe(Strict):
    """``input`` becomes ``output``; the archive holds all files of the build but ``input``."""

    input: RelativePath
    output: RelativePath
    verify: Verification

    @property
    def build_files(self) -> tuple[str, ...]:
        """Files that the compiler reads and the archive leaves out."""
        return (self.input,)

    @model_validator(mode="after")
    def _output_is_another(self) -> Self:
        repeated = sorted({path for path in self._paths if self._paths.count(path) > 1})
        if repeated:
            raise ValueError(
                f"must name different files, got {repeated[0]!r} twice (give one another name)"
            )
        return self

    @property
    def _paths(self) -> tuple[str, ...]:
        return (*self.build_files, self.output)


class TensorRtRecipe(_Recipe):
    """ONNX to a plan by trtexec, on the target's GPU and in the serving image's TensorRT.

    ``workspace_mib`` bounds the builder's scratch memory; without it, the GPU's memory does.
    """

    engine: Literal["tensorrt"]
    precision: Literal["fp32", "fp16", "int8"]
    shapes: Annotated[dict[str, ShapeRange], Field(min_length=1)]
    calibration: RelativePath | None = None
    workspace_mib: Positive | None = None

    @property
    def build_files(self) -> tuple[str, ...]:
        """The ONNX file and the calibration cache."""
        return (self.input,) if self.calibration is None else (self.input, self.calibration)

    @model_validator(mode="after")
    def _int8_is_calibrated(self) -> Self:
        if (self.precision == "int8") != (self.calibration is not None):
            raise ValueError(
                "must name a calibration cache for precision int8 and for no other, because ranges"
                " that nobody measured give wrong answers (add calibration, or choose fp16)"
            )
        return self


class NeuronxRecipe(_Recipe):
    """A PyTorch module to TorchScript for Inferentia2 or Trainium, traced on a CPU.

    ``loader`` is a Python file that defines ``load(path) -> torch.nn.Module`` and is given
    ``input``. One file is made for each of ``batch_sizes``; with several, ``output`` holds
    ``{batch}``. ``inputs`` are the module's arguments, in order, by their names in the request.
    """

    engine: Literal["neuronx"]
    loader: RelativePath
    inputs: Annotated[tuple[str, ...], Field(min_length=1)]
    batch_sizes: Annotated[tuple[Positive, ...], Field(min_length=1)]
    auto_cast: Literal["none", "matmult", "all"] = "none"
    auto_cast_type: Literal["bf16", "fp16", "tf32"] = "bf16"
    optimization_level: Literal[1, 2, 3] = 2

    @property
    def build_files(self) -> tuple[str, ...]:
        """The weights and the loader."""
        return (self.input, self.loader)

    @model_validator(mode="after")
    def _one_file_per_batch_size(self) -> Self:
        for what, values in (("batch_sizes", self.batch_sizes), ("inputs", self.inputs)):
            if len(set(values)) < len(values):
                raise ValueError(f"must not repeat {what} (remove one)")
        if len(self.batch_sizes) > 1 and BATCH_MARK not in self.output:
            raise ValueError(
                f"must have {BATCH_MARK} in output, because there are {len(self.batch_sizes)}"
                " batch_sizes (such as model_{batch}.pt)"
            )
        return self


class NeuronTfRecipe(_Recipe):
    """A TensorFlow 1 graph to a SavedModel for Inferentia, compiled on a CPU.

    ``loader`` is a Python file for Python 3.7 that defines ``save(path, folder)``, which writes a
    SavedModel from ``input``. Operators whose names begin with one of ``no_fuse_ops`` stay on the
    CPU, as do segments of fewer than ``minimum_segment_size`` operators.
    """

    engine: Literal["neuron-tf"]
    loader: RelativePath
    no_fuse_ops: tuple[OperatorPrefix, ...] = ()
    minimum_segment_size: Positive | None = None
    batch_size: Positive = 1
    dynamic_batch_size: bool = False
    minimum_operator_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    compiler_args: tuple[CompilerArgument, ...] = ()

    @property
    def build_files(self) -> tuple[str, ...]:
        """The weights and the loader."""
        return (self.input, self.loader)


class OnnxRuntimeRecipe(_Recipe):
    """ONNX to ONNX for a CPU: the graph optimisations that a server would repeat on each load.

    ``all`` adds layouts for the processor at hand, so that such a file belongs on like machines.
    Source: https://onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html
    """

    engine: Literal["onnxruntime"]
    optimization: Literal["basic", "extended", "all"] = "extended"


CompileRecipe = Annotated[
    TensorRtRecipe | NeuronxRecipe | NeuronTfRecipe | OnnxRuntimeRecipe,
    Field(discriminator="engine"),
]
_NEURON_TARGETS = {"neuronx": ("inf2", "trn1", "trn1n", "trn2"), "neuron-tf": ("inf1",)}
_NO_GPU = ("cpu", *(target for targets in _NEURON_TARGETS.values() for target in targets))


def target_problem(engine: Engine, targets: tuple[str, ...]) -> str | None:
    """Why ``engine`` cannot make an artifact for one of ``targets``, with the fix."""
    if engine == "onnxruntime":
        wrong = [target for target in targets if target != "cpu"]
        return _problem(wrong, "an onnxruntime compile makes files for a CPU only", "list cpu")
    if engine == "tensorrt":
        wrong = [target for target in targets if target in _NO_GPU]
        return _problem(
            wrong, "a TensorRT engine runs on a GPU only", "list GPU families such as g5"
        )
    allowed = _NEURON_TARGETS[engine]
    wrong = [target for target in targets if target not in allowed]
    return _problem(
        wrong, f"a {engine} compile makes files for {', '.join(allowed)} only", f"list {allowed[0]}"
    )


def _problem(wrong: list[str], reason: str, fix: str) -> str | None:
    if not wrong:
        return None
    return f"must not name target {wrong[0]}, because {reason} ({fix}, or drop compile)"
