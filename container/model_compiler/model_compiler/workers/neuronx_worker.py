"""Traces a PyTorch module for Inferentia2 or Trainium: ``neuronx_worker.py FOLDER``.

The module comes from the loader's ``load(path)``. It runs on the CPU as it is, and once more in the
compiler's number format; where there is a NeuronCore, the compiled file runs instead.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found]
import torch_neuronx  # type: ignore[import-not-found]

_DEVICE = Path("/dev/neuron0")


def main(folder: Path) -> None:
    """Do the task, write the answer."""
    task = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    module = _loader(task["loader"]).load(task["weights"])
    module.eval()
    seconds = 0.0
    for batch in task["batches"]:
        inputs = tuple(torch.from_numpy(np.load(path)) for path in batch["inputs"])
        began = time.monotonic()
        traced = torch_neuronx.trace(
            module,
            inputs,
            compiler_workdir=str(folder / "compiler{}".format(batch["rows"])),
            compiler_args=task["arguments"],
            cpu_backend=True,
        )
        seconds += time.monotonic() - began
        torch.jit.save(traced, batch["output"])
    answer = {"versions": _versions(), "seconds": seconds, "operators": _operators(module, task)}
    answer.update(_outputs(module, task, folder))
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def _loader(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("loader", path)
    assert spec is not None and spec.loader is not None
    loader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loader)
    return loader


def _outputs(module: Any, task: dict[str, Any], folder: Path) -> dict[str, Any]:
    batch = task["batches"][0]
    inputs = tuple(torch.from_numpy(np.load(path)) for path in batch["inputs"])
    with torch.no_grad():
        expected = module(*inputs)
        if _DEVICE.exists():
            method, got = "executed", torch.jit.load(batch["output"])(*inputs)
        elif task["emulate"] is not None:
            with torch.autocast("cpu", dtype=getattr(torch, task["emulate"])):
                method, got = "emulated", module(*inputs)
        else:
            method, got = "inspected", None
    answer: dict[str, Any] = {"method": method, "expected": _save(expected, folder, "expected")}
    if got is not None:
        answer["got"] = _save(got, folder, "got")
    return answer


def _save(outputs: Any, folder: Path, name: str) -> dict[str, str]:
    """Tensors have no names: they are told apart by their place."""
    tensors = outputs.values() if isinstance(outputs, dict) else outputs
    if isinstance(outputs, torch.Tensor):
        tensors = [outputs]
    files = {}
    for number, tensor in enumerate(tensors):
        files[f"output{number}"] = str(folder / f"{name}{number}.npy")
        np.save(files[f"output{number}"], tensor.detach().float().numpy())
    return files


def _operators(module: Any, task: dict[str, Any]) -> dict[str, int]:
    """Operators of the plain trace by kind: what the compiler was given."""
    inputs = tuple(torch.from_numpy(np.load(path)) for path in task["batches"][0]["inputs"])
    with torch.no_grad():
        graph = torch.jit.trace(module, inputs, check_trace=False).inlined_graph
    kinds = Counter(node.kind() for node in graph.nodes())
    return {kind: count for kind, count in sorted(kinds.items()) if kind.startswith("aten::")}


def _versions() -> dict[str, str]:
    versions = {"torch": torch.__version__, "torch-neuronx": torch_neuronx.__version__}
    with contextlib.suppress(ImportError):
        import neuronxcc  # type: ignore[import-not-found]

        versions["neuronx-cc"] = neuronxcc.__version__
    return versions


if __name__ == "__main__":
    main(Path(sys.argv[1]))
