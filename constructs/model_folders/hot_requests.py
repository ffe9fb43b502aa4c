"""Writes what a warm-up calls hot models with: the golden request of each, in one document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from model_artifacts import JsonValue, canonical_json, sha256_hex
from model_folders.errors import ModelFileError
from model_folders.folder import Build, ModelFolder
from model_warm_up.contract import HotRequest, HotRequests

# One function reads them all into its memory.
MOST_BYTES = 64 << 20


@dataclass(frozen=True, kw_only=True)
class HotRequestsFile:
    """Where the document was written, and its SHA-256."""

    path: Path
    digest: str


def build_hot_requests(
    models: Sequence[tuple[ModelFolder, Build]], directory: Path
) -> HotRequestsFile:
    """Write ``hot-requests.json`` below ``directory``, equal for equal requests.

    Raises ModelFileError for all models without a golden request that can be read.
    """
    problems: list[str] = []
    requests: list[HotRequest] = []
    for folder, build in models:
        golden = folder.golden(build)
        if golden is None:
            problems.append(
                f"{folder.model_file}: build {build.name} must have a golden request to warm the"
                " model up with (add golden: {request: ..., answer: ...})"
            )
            continue
        location = folder.path / golden.request
        try:
            body = location.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            problems.append(f"{location}: must be a readable JSON file (write it)")
            continue
        requests.append(HotRequest(name=folder.name, body=body))
    size = sum(len(request["body"]) for request in requests)
    if size > MOST_BYTES:
        problems.append(
            f"the golden requests of the {len(requests)} hot models have {size:,} characters, one"
            f" warm-up holds {MOST_BYTES:,} (name fewer models, or send smaller requests)"
        )
    if problems:
        raise ModelFileError(problems)
    data = canonical_json(cast(JsonValue, HotRequests(models=requests)))
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "hot-requests.json"
    path.write_bytes(data)
    return HotRequestsFile(path=path, digest=sha256_hex(data))
