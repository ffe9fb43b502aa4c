"""CFG: what one ``config.pbtxt`` says about itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from model_lint.archive import Archive, Model
from model_lint.backends import BACKENDS, GUESSED_FROM, PLATFORMS
from model_lint.rule import Finding, error, warning
from model_lint.sources import CONFIG_DOC, MODEL_CONFIG, SAGEMAKER_SERVER

CFG001 = error(
    "CFG001",
    "config.pbtxt does not parse",
    why="Triton refuses the model; the place is where its parser stopped.",
    source=CONFIG_DOC,
    fix="correct the text at this place",
)
CFG002 = error(
    "CFG002",
    "unknown field",
    why="Triton's schema has no such field, so the whole config is refused.",
    source="https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto",
    fix="correct the field's name",
)
CFG003 = error(
    "CFG003",
    "unknown value",
    why="The field takes one of the schema's names, such as TYPE_FP32 or KIND_GPU.",
    source="https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto",
    fix="use one of the schema's names",
)
CFG004 = error(
    "CFG004",
    "no backend",
    why="Neither backend nor platform is set, and no file in the version folder tells.",
    source=MODEL_CONFIG,
    fix='add backend: "..." (or platform: "ensemble")',
)
CFG005 = warning(
    "CFG005",
    "backend left to a guess",
    why="Triton guesses the backend from a file's name; adding a file can change it.",
    source=MODEL_CONFIG,
    fix="write the backend down",
)
CFG006 = error(
    "CFG006",
    "unknown backend",
    why="No such backend or platform exists in the Triton images.",
    source=MODEL_CONFIG,
    fix="use one of Triton's names",
)
CFG007 = error(
    "CFG007",
    "backend and platform disagree",
    why="Triton refuses a pair that does not belong together; an ensemble has no backend at all.",
    source=MODEL_CONFIG,
    fix="keep backend and delete platform (for an ensemble: the other way round)",
)
CFG008 = error(
    "CFG008",
    "name is not the directory's",
    why="Triton loads a model under its directory's name and refuses another one in the config.",
    source=SAGEMAKER_SERVER,
    fix="rename the directory, or delete the name from the config",
)
CFG025 = error(
    "CFG025",
    "decoupled model",
    why="SageMaker's front end refuses models that may answer a request more than once.",
    source=SAGEMAKER_SERVER,
    fix="set decoupled: false and answer each request once",
)
_KIND_RULES = {"syntax": CFG001, "field": CFG002, "value": CFG003}


def check(archive: Archive) -> Iterator[Finding]:
    """Findings about each config alone."""
    for model in archive.models.values():
        if model.config is None:
            continue
        if model.config.problem is not None:
            problem = model.config.problem
            yield Finding(
                rule=_KIND_RULES[problem.kind],
                path=model.config_path,
                message=problem.message,
                line=problem.line,
                column=problem.column,
            )
        else:
            yield from _identity(model)


def _identity(model: Model) -> Iterator[Finding]:
    message = model.message
    assert message is not None
    if message.name and message.name != model.directory:
        yield model.finding(
            CFG008, f"name is {message.name!r} in the directory {model.directory!r}", "name"
        )
    if message.model_transaction_policy.decoupled:
        yield model.finding(
            CFG025,
            f"{model.directory} is decoupled",
            "model_transaction_policy",
            0,
            "decoupled",
        )
    yield from _backend(model)


def _backend(model: Model) -> Iterator[Finding]:
    message = model.message
    assert message is not None
    backend, platform = str(message.backend), str(message.platform)
    if not backend and not platform:
        files = {path.partition("/")[2].partition("/")[0] for path in model.files}
        guess = next((GUESSED_FROM[name] for name in GUESSED_FROM if name in files), None)
        if guess is None:
            yield model.finding(CFG004, f"{model.directory} names no backend and no platform")
        else:
            yield model.finding(CFG005, f"the backend is a guess: {guess}")
        return
    if platform and platform not in PLATFORMS:
        yield model.finding(
            CFG006, f"platform {platform!r} is unknown{_close(platform, (*PLATFORMS,))}", "platform"
        )
    elif backend == "ensemble":
        yield model.finding(
            CFG007, 'an ensemble is declared by platform: "ensemble", not as a backend', "backend"
        )
    elif backend and backend not in BACKENDS and not _ships_backend(model, backend):
        yield model.finding(
            CFG006, f"backend {backend!r} is unknown{_close(backend, BACKENDS)}", "backend"
        )
    elif backend and platform and PLATFORMS[platform] != backend:
        yield model.finding(
            CFG007, f"backend {backend!r} does not go with platform {platform!r}", "platform"
        )


def _ships_backend(model: Model, backend: str) -> bool:
    """A custom backend may come along as a shared library in the model's own directory."""
    return any(path.endswith(f"libtriton_{backend}.so") for path in model.files)


def _close(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f" (did you mean {near[0]!r}?)" if near else f" (known: {', '.join(known)})"
