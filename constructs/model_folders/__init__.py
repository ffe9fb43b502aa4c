"""Model folders: the typed ``model.yaml``, the files behind it, and what publication reads."""

from model_folders.errors import ModelFileError
from model_folders.fleet_sources import FleetSources, blob_key, build_fleet_sources
from model_folders.folder import Build, ModelFolder, SourceFile
from model_folders.load import load_model_folder
from model_folders.locations import cached_weights, is_cached, models_root, weights_cache
from model_folders.model_file import (
    CompileRecipe,
    Golden,
    ModelFile,
    PackageSource,
    SeedSource,
    ShapeRange,
    UrlSource,
    WeightsFile,
)

__all__ = [
    "Build",
    "CompileRecipe",
    "FleetSources",
    "Golden",
    "ModelFile",
    "ModelFileError",
    "ModelFolder",
    "PackageSource",
    "SeedSource",
    "ShapeRange",
    "SourceFile",
    "UrlSource",
    "WeightsFile",
    "blob_key",
    "build_fleet_sources",
    "cached_weights",
    "is_cached",
    "load_model_folder",
    "models_root",
    "weights_cache",
]
