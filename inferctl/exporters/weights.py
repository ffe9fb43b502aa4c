"""Makes the weights files that model files pin: fetch, export, check the digest, put in place."""

from __future__ import annotations

import importlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import onnx

from inferctl.exporters import EXPORTERS
from inferctl.exporters.fetch import Progress, fetch, file_digest
from inferctl.exporters.graph import write_model
from inferctl.exporters.origin import ExportError, Origin
from model_folders import WeightsFile, cached_weights, weights_cache


@dataclass(frozen=True)
class Exported:
    """A weights file in the cache, with the digest and size (bytes) of its contents."""

    path: Path
    sha256: str
    size: int


def export_weights(weights: WeightsFile, progress: Progress) -> Exported:
    """Make the file and put it into the cache, under the digest that it turned out to have.

    Raises ExportError when the source cannot be fetched or exported.
    """
    origin = fetch(weights.source, weights_cache().parent, progress)
    model = _export(weights.exporter, origin)
    folder = weights_cache()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as part:
        written = Path(part) / "exported"
        if isinstance(model, bytes):
            written.write_bytes(model)
        else:
            write_model(model, written)
        size = written.stat().st_size
        digest = file_digest(written)
        destination = cached_weights(digest, weights.path)
        os.replace(written, destination)  # noqa: PTH105 - says that it overwrites
    return Exported(path=destination, sha256=digest, size=size)


def prepare_weights(weights: WeightsFile, progress: Progress) -> Exported:
    """As :func:`export_weights`, for weights whose lock the result must match."""
    exported = export_weights(weights, progress)
    if exported.sha256 != weights.sha256:
        exported.path.unlink()
        raise ExportError(
            f"exporter {weights.exporter} must give sha256 {weights.sha256},"
            f" got {exported.sha256} (if the exporter was changed on purpose, lock again)"
        )
    return exported


def _export(exporter: str, origin: Origin) -> onnx.ModelProto | bytes:
    if exporter not in EXPORTERS:
        raise ExportError(
            f"exporter {exporter!r} must be one of {', '.join(EXPORTERS)}"
            " (a new one is listed in inferctl/exporters/__init__.py)"
        )
    module = importlib.import_module(f"inferctl.exporters.{exporter}")
    model: onnx.ModelProto | bytes = module.export(origin)
    return model
