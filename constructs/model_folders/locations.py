"""Where things lie in the checkout; found from this file, never from the environment."""

from __future__ import annotations

from pathlib import Path

from model_folders.model_file import WeightsFile

REPOSITORY_ROOT = Path(__file__).resolve().parents[2]


def models_root() -> Path:
    """The folder with one sub-folder per model."""
    return REPOSITORY_ROOT / "models"


def weights_cache() -> Path:
    """The folder of exported weights, each named ``<sha256><suffix>``; it may not exist yet."""
    return REPOSITORY_ROOT / ".cache" / "weights"


def cached_weights(sha256: str, path: str) -> Path:
    """Where the weights file with this digest lies, once ``inferctl models prepare`` made it.

    ``path`` is its place in the archive and gives the suffix.
    """
    return weights_cache() / f"{sha256}{Path(path).suffix}"


def is_cached(weights: WeightsFile) -> bool:
    """Whether the locked file is in the cache. Its bytes were checked before it got its name."""
    if weights.sha256 is None:
        return False
    try:
        size = cached_weights(weights.sha256, weights.path).stat().st_size
    except FileNotFoundError:
        return False
    return size == weights.size
