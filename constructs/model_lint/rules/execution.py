"""CFG, continued: batching, instances, versions and warm-up."""

from __future__ import annotations

from collections.abc import Iterator

from model_lint.archive import Archive, Model
from model_lint.rule import Finding, error, warning
from model_lint.schema import model_config_pb2
from model_lint.sources import CONFIG_DOC, MODEL_CONFIG, MULTI_MODEL, PYTHON_BACKEND

CFG016 = error(
    "CFG016",
    "negative max_batch_size",
    why="0 switches batching off, 1 or more allows that many; less means nothing.",
    source=MODEL_CONFIG,
    fix="write 0 or a positive number",
)
CFG017 = warning(
    "CFG017",
    "dynamic_batching without batches",
    why="With max_batch_size 0 there is no batch to fill, so dynamic_batching does nothing.",
    source=CONFIG_DOC,
    fix="set max_batch_size, or delete dynamic_batching",
)
CFG018 = error(
    "CFG018",
    "preferred_batch_size out of range",
    why="Triton refuses a preferred size below 1 or above max_batch_size.",
    source=MODEL_CONFIG,
    fix="keep preferred sizes between 1 and max_batch_size",
)
CFG019 = error(
    "CFG019",
    "GPU instance on a CPU target",
    why="A server without a GPU refuses KIND_GPU at load.",
    source=MODEL_CONFIG,
    fix="use KIND_CPU in the build for target cpu (an overlay of its own), or delete kind",
)
CFG020 = warning(
    "CFG020",
    "GPU instance of a Python model gets host tensors",
    why="The Python backend copies inputs to the host unless FORCE_CPU_ONLY_INPUT_TENSORS is"
    " 'no', so KIND_GPU alone saves no copy.",
    source=PYTHON_BACKEND,
    fix='use KIND_CPU, or set the parameter FORCE_CPU_ONLY_INPUT_TENSORS to "no"',
)
CFG021 = warning(
    "CFG021",
    "several instances of one model",
    why="Every instance holds its own copy in memory, and a multi-model endpoint pays that for"
    " each model it keeps.",
    source=MULTI_MODEL,
    fix="set count: 1 and scale out by endpoint instances",
)
CFG022 = warning(
    "CFG022",
    "false in a warm-up still means true",
    why="The warm-up's data is a oneof: `zero_data: false` selects zeros just as true does, and"
    " random_data likewise.",
    source=CONFIG_DOC,
    fix="write random_data: true (or zero_data: true)",
)
CFG023 = warning(
    "CFG023",
    "warm-up at the largest batch",
    why="Warm-up is part of each cold load; at the largest batch it lengthens every first call"
    " after an eviction.",
    source=MULTI_MODEL,
    fix="warm up with batch_size 1",
)
CFG024 = error(
    "CFG024",
    "warm-up that the model refuses",
    why="A warm-up request with an unknown input or too large a batch fails the load.",
    source=CONFIG_DOC,
    fix="name the declared inputs, and stay within max_batch_size",
)
CFG026 = error(
    "CFG026",
    "version_policy excludes what exists",
    why="Only the versions named in version_policy.specific are loaded, and none of them is here.",
    source=CONFIG_DOC,
    fix="name an existing version, or delete version_policy",
)


def check(archive: Archive) -> Iterator[Finding]:
    """Findings about how a model runs."""
    for model in archive.models.values():
        if model.message is not None:
            yield from _batching(model)
            yield from _versions(model)
            yield from _warmup(model)
            if not model.is_ensemble:
                yield from _instances(model, archive.repository.target)


def _batching(model: Model) -> Iterator[Finding]:
    message = model.message
    assert message is not None
    largest = int(message.max_batch_size)
    if largest < 0:
        yield model.finding(CFG016, f"max_batch_size is {largest}", "max_batch_size")
    if not message.HasField("dynamic_batching"):
        return
    if largest == 0:
        yield model.finding(
            CFG017, "dynamic_batching is set and max_batch_size is 0", "dynamic_batching"
        )
    for index, size in enumerate(message.dynamic_batching.preferred_batch_size):
        if not 1 <= size <= largest:
            yield model.finding(
                CFG018,
                f"preferred_batch_size {size} is not between 1 and max_batch_size {largest}",
                "dynamic_batching",
                0,
                "preferred_batch_size",
                index,
            )


def _instances(model: Model, target: str) -> Iterator[Finding]:
    message = model.message
    assert message is not None
    gpu = model_config_pb2().ModelInstanceGroup.KIND_GPU
    parameter = message.parameters.get("FORCE_CPU_ONLY_INPUT_TENSORS")
    takes_gpu_tensors = parameter is not None and parameter.string_value.lower() == "no"
    for index, group in enumerate(message.instance_group):
        if group.kind == gpu and target == "cpu":
            yield model.finding(
                CFG019,
                f"{model.directory} asks for KIND_GPU on target cpu",
                "instance_group",
                index,
                "kind",
            )
        elif group.kind == gpu and model.backend == "python" and not takes_gpu_tensors:
            yield model.finding(
                CFG020,
                f"{model.directory} is a Python model with KIND_GPU",
                "instance_group",
                index,
                "kind",
            )
        if group.count > 1:
            yield model.finding(
                CFG021,
                f"{model.directory} has {group.count} instances",
                "instance_group",
                index,
                "count",
            )


def _versions(model: Model) -> Iterator[Finding]:
    message = model.message
    assert message is not None
    if not message.version_policy.HasField("specific") or not model.versions:
        return
    wanted = [str(version) for version in message.version_policy.specific.versions]
    if not set(wanted).intersection(model.versions):
        yield model.finding(
            CFG026,
            f"version_policy names {', '.join(wanted) or 'nothing'}, the folders are"
            f" {', '.join(model.versions)}",
            "version_policy",
        )


def _warmup(model: Model) -> Iterator[Finding]:
    message = model.message
    assert message is not None
    declared = {str(tensor.name) for tensor in message.input}
    largest = int(message.max_batch_size)
    for index, warmup in enumerate(message.model_warmup):
        place = ("model_warmup", index)
        if warmup.batch_size > max(largest, 1):
            yield model.finding(
                CFG024,
                f"warm-up batch_size {warmup.batch_size} is above max_batch_size {largest}",
                *place,
                "batch_size",
            )
        elif warmup.batch_size == largest > 1:
            yield model.finding(
                CFG023,
                f"warm-up runs at the largest batch, {largest}",
                *place,
                "batch_size",
            )
        for name in sorted(warmup.inputs):
            if declared and name not in declared:
                yield model.finding(
                    CFG024,
                    f"warm-up input {name!r} is not declared",
                    *place,
                    "inputs",
                    f"={name}",
                )
            kind = warmup.inputs[name].WhichOneof("input_data_type")
            if kind in ("zero_data", "random_data") and not getattr(warmup.inputs[name], kind):
                yield model.finding(
                    CFG022,
                    f"{kind}: false of warm-up input {name!r} still means {kind}",
                    *place,
                    "inputs",
                    f"={name}",
                )
