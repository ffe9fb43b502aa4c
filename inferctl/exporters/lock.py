"""Pins exported weights: writes their digest and size into ``model.yaml``, comments untouched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from inferctl.exporters.fetch import Progress
from inferctl.exporters.weights import Exported, export_weights
from model_folders import Build, ModelFolder, WeightsFile


def lock_model(folder: ModelFolder, builds: Sequence[Build], progress: Progress) -> list[str]:
    """Export every weights file of ``builds`` and rewrite the model file.

    Returns one line for each file. Builds that share an exporter and a source share the work.
    Raises ExportError, before anything is written.
    """
    exported: dict[tuple[str, str, str], Exported] = {}
    locks: dict[tuple[str, int], Exported] = {}
    lines = []
    for build in builds:
        for position, weights in enumerate(build.weights):
            work = _work(weights)
            if work not in exported:
                exported[work] = export_weights(weights, progress)
            made = locks[build.name, position] = exported[work]
            state = "unchanged" if made.sha256 == weights.sha256 else "locked"
            lines.append(f"{folder.name} {build.name} {weights.path}: {state} {made.sha256}")
    rewrite_locks(folder.model_file, locks)
    return lines


def rewrite_locks(path: Path, locks: dict[tuple[str, int], Exported]) -> None:
    """Replace ``sha256`` and ``size`` of builds.<name>.weights[<position>] in the file's text."""
    text = path.read_text(encoding="utf-8")
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    assert document is not None, "the model file was valid a moment ago"
    builds = _child(document, "builds")
    edits: dict[tuple[int, int], str] = {}
    for (build, position), made in locks.items():
        weights = _child(_child(builds, build), "weights").value[position]
        for key, value in (("sha256", made.sha256), ("size", str(made.size))):
            node = _child(weights, key)
            # An anchored list is one place in the text for all the builds that refer to it.
            edits[node.start_mark.index, node.end_mark.index] = value
    for (start, end), value in sorted(edits.items(), reverse=True):
        text = text[:start] + value + text[end:]
    path.write_text(text, encoding="utf-8")


def _work(weights: WeightsFile) -> tuple[str, str, str]:
    return weights.exporter, weights.source.model_dump_json(), Path(weights.path).suffix


def _child(node: yaml.Node, key: str) -> yaml.Node:
    found: yaml.Node = next(value for name, value in node.value if name.value == key)
    return found
