"""Rules of what an archive holds: one model or one ensemble, and no backend the image lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from accelerator_catalog import END_OF_LIFE, TritonImage
from model_folders import Build, SourceFile
from stacks.platform_findings import Findings

# How Triton's SageMaker front end finds the entry model of an archive: by the text of each
# top-level folder's config.pbtxt.
_ENSEMBLE = re.compile(rb'platform:[\t\n\f\r ]*"ensemble"')
_TENSORFLOW = re.compile(
    rb'(platform\s*:\s*"tensorflow_(graphdef|savedmodel)"|backend\s*:\s*"tensorflow")'
)
_FRONT_END = "https://github.com/triton-inference-server/server, src/sagemaker_server.h"


def check_archive(
    place: str,
    name: str,
    build: Build,
    files: Sequence[SourceFile],
    image: TritonImage | None,
    findings: Findings,
) -> None:
    """Adds what is wrong with the archive of ``files`` and the build's weights."""
    paths = [*(file.path for file in files), *(weights.path for weights in build.weights)]
    folders = sorted({path.split("/")[0] for path in paths if "/" in path})
    texts = {file.path: file.location.read_bytes() for file in files if _is_config(file.path)}
    _check_entry_model(place, name, build, folders, texts, findings)
    if image is not None and not image.tensorflow:
        _check_tensorflow(place, name, build, image, texts, findings)


def _check_entry_model(
    place: str,
    name: str,
    build: Build,
    folders: Sequence[str],
    texts: Mapping[str, bytes],
    findings: Findings,
) -> None:
    # A config.pbtxt at the top makes the whole archive one model.
    if "config.pbtxt" in texts:
        return
    ensembles = [path for path, text in texts.items() if _ENSEMBLE.search(text)]
    if len(ensembles) == 1 or (not ensembles and len(folders) == 1):
        return
    findings.refuse(
        place,
        name,
        rule=f"has {len(ensembles) or 'no'} ensembles in build {build.name}"
        f" ({', '.join(ensembles or folders) or 'no model at all'}); an archive is one model, or"
        " several with exactly one ensemble",
        fix='keep one config.pbtxt that says platform: "ensemble"',
        source=_FRONT_END,
    )


def _check_tensorflow(
    place: str,
    name: str,
    build: Build,
    image: TritonImage,
    texts: Mapping[str, bytes],
    findings: Findings,
) -> None:
    entry = END_OF_LIFE["triton-tensorflow"]
    for path, text in texts.items():
        if _TENSORFLOW.search(text):
            findings.refuse(
                place,
                name,
                rule=f"needs the TensorFlow backend in build {build.name} ({path}), which"
                f" {image.tag} does not have: {entry.notice}",
                fix="convert the model to ONNX, or use image tag 24.09-py3",
                source=entry.source,
            )


def _is_config(path: str) -> bool:
    return path == "config.pbtxt" or path.split("/")[1:] == ["config.pbtxt"]
