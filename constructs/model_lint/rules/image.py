"""IMG and ENG: what the serving image can load, and what the target's GPU can run."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from accelerator_catalog import END_OF_LIFE
from model_lint.archive import Archive, Model
from model_lint.backends import BACKENDS
from model_lint.rule import Finding, error, warning
from model_lint.sources import MULTI_MODEL, SAGEMAKER_SERVER, TENSORRT_PLAN, issue

IMG001 = error(
    "IMG001",
    "backend is not in the image",
    why="Images lose backends: TensorFlow's is gone after 24.09 (removed in 25.03), and the"
    " laptop's server has the Python backend only.",
    source="https://github.com/triton-inference-server/server/pull/8068",
    fix="export the model to ONNX or TorchScript, or choose an image tag that has the backend",
)
IMG002 = error(
    "IMG002",
    "image cannot serve ensembles",
    why="The front end finds an archive's ensemble since 23.01; before, several directories were"
    " an error.",
    source=SAGEMAKER_SERVER,
    fix="choose a newer image tag",
)
IMG003 = error(
    "IMG003",
    "plan of another TensorRT version",
    why='A plan loads only in the TensorRT version that built it ("Version tag does not match").',
    source=issue("triton-inference-server/server", 7613),
    fix="build the plan in the image of the same YY.MM, best by a compile recipe in model.yaml",
)
IMG004 = warning(
    "IMG004",
    "one GPU memory limit for all models",
    why="Triton's error for SAGEMAKER_TRITON_MODEL_LOAD_GPU_LIMIT does not read as out-of-memory,"
    " so SageMaker gets 400 instead of 507 and evicts nothing.",
    source=SAGEMAKER_SERVER,
    fix="remove the variable from the endpoint's environment",
)
ENG001 = error(
    "ENG001",
    "TensorRT on a CPU target",
    why="A TensorRT plan runs on a GPU only.",
    source=TENSORRT_PLAN,
    fix="give target cpu a build of its own whose model runs on ONNX Runtime",
)
ENG002 = error(
    "ENG002",
    "one plan for several GPU families",
    why="A plan is bound to the GPU architecture that built it: T4, A10G and L4 need one each.",
    source=TENSORRT_PLAN,
    fix="replace the committed plan by a compile recipe, or list one family in targets",
)
ENG003 = error(
    "ENG003",
    "recipe does not cover the config's batches",
    why="Triton refuses a plan whose profile is narrower than max_batch_size.",
    source="https://github.com/triton-inference-server/tensorrt_backend",
    fix="raise max in the recipe's shapes, or lower max_batch_size",
)
ENG004 = error(
    "ENG004",
    "recipe and config disagree on inputs",
    why="The recipe's shapes must name the plan's inputs, with the config's dims behind the batch.",
    source="https://github.com/triton-inference-server/tensorrt_backend",
    fix="use the same names and sizes in model.yaml and config.pbtxt",
)
ENG005 = warning(
    "ENG005",
    "plan without a recipe",
    why="Nothing rebuilds it when the image tag or the GPU changes; the endpoint then fails at the"
    " first call.",
    source=MULTI_MODEL,
    fix="describe the build under compile in model.yaml",
)
_FIRST_WITH_ENSEMBLES = (23, 1)
_TENSORFLOW = END_OF_LIFE["triton-tensorflow"]
_GPU_LIMIT = "SAGEMAKER_TRITON_MODEL_LOAD_GPU_LIMIT"


def check(archive: Archive) -> Iterator[Finding]:
    """Findings about image and GPU."""
    image = archive.repository.image
    if archive.ensembles and image.release is not None and image.release < _FIRST_WITH_ENSEMBLES:
        yield archive.ensembles[0].finding(
            IMG002, f"image {image.tag} does not look for an ensemble", "platform"
        )
    if _GPU_LIMIT in archive.repository.environment:
        value = archive.repository.environment[_GPU_LIMIT]
        yield Finding(rule=IMG004, path=".", message=f"{_GPU_LIMIT} is {value!r}")
    for model in archive.models.values():
        backend = model.backend
        if backend is None or backend == "ensemble":
            continue
        # A name that Triton does not know is CFG006's, or the model brings the backend along.
        lacks = image.backends is not None and backend not in image.backends
        if lacks and backend in BACKENDS:
            notice = f": {_TENSORFLOW.notice}" if backend == "tensorflow" else ""
            yield model.finding(
                IMG001,
                f"the {image.kind} image {image.tag} has no {backend} backend{notice}",
                "backend" if model.message and model.message.backend else "platform",
            )
        if backend == "tensorrt":
            yield from _engine(archive, model)


def _engine(archive: Archive, model: Model) -> Iterator[Finding]:
    repository = archive.repository
    if repository.target == "cpu":
        yield model.finding(ENG001, f"{model.directory} is a TensorRT plan on target cpu")
    output = "" if repository.recipe is None else repository.recipe.output
    for path in sorted(model.files):
        if not path.endswith(".plan") or f"{model.directory}/{path}" == output:
            continue
        yield model.file_finding(ENG005, path, f"{model.directory}/{path} is not made by a recipe")
        families = [target for target in repository.build_targets if target != "cpu"]
        if len(families) > 1:
            yield model.file_finding(ENG002, path, f"one plan is to serve {', '.join(families)}")
        yield from _plan_version(archive, model, path)
    if output.startswith(f"{model.directory}/"):
        yield from _recipe(archive, model)


def plan_version(head: bytes) -> str | None:
    """The TensorRT version in a plan's header, as ``trtexec --getPlanVersionOnly`` reads it.

    Source: https://github.com/NVIDIA/TensorRT/blob/main/samples/common/sampleEngines.cpp
    """
    if len(head) < 28:
        return None
    tag, serialization = struct.unpack_from("<II", head)
    if tag != 0x74727466 or serialization != 0:
        return None
    return ".".join(str(part) for part in head[24:27])


def _plan_version(archive: Archive, model: Model, path: str) -> Iterator[Finding]:
    image = archive.repository.image
    built = plan_version(model.files[path].read(28) or b"")
    if built is None or image.tensorrt is None:
        return
    numbers = re.match(r"[0-9]+(\.[0-9]+)*", image.tensorrt)
    served = numbers[0].split(".")[:3] if numbers else []
    if built.split(".")[: len(served)] != served:
        yield model.file_finding(
            IMG003, path, f"built by TensorRT {built}, image {image.tag} has {image.tensorrt}"
        )


def _recipe(archive: Archive, model: Model) -> Iterator[Finding]:
    recipe, message = archive.repository.recipe, model.message
    assert recipe is not None and message is not None
    batching = 1 if message.max_batch_size > 0 else 0
    declared = {str(tensor.name): tuple(tensor.dims) for tensor in message.input}
    for name, (_, _, largest) in sorted(recipe.shapes.items()):
        if name not in declared:
            yield model.finding(
                ENG004,
                f"the recipe shapes {name!r}, the inputs are {', '.join(declared) or 'none'}",
                "input",
            )
            continue
        index = list(declared).index(name)
        if batching and largest and largest[0] < message.max_batch_size:
            yield model.finding(
                ENG003,
                f"the recipe builds {name!r} for at most {largest[0]}, max_batch_size is"
                f" {message.max_batch_size}",
                "max_batch_size",
            )
        sizes = largest[batching:]
        wanted = declared[name]
        if len(sizes) != len(wanted) or any(
            size != dim and dim != -1 for size, dim in zip(sizes, wanted, strict=True)
        ):
            yield model.finding(
                ENG004,
                f"the recipe builds {name!r} for {list(sizes)} behind the batch, dims are"
                f" {list(wanted)}",
                "input",
                index,
                "dims",
            )
    for index, name in enumerate(declared):
        if name not in recipe.shapes:
            yield model.finding(
                ENG004, f"the recipe has no shapes for input {name!r}", "input", index, "name"
            )
