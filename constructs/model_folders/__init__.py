"""Model folders: the typed ``model.yaml``, the files behind it, and what publication reads."""

from model_folders.compilers import compiler_image
from model_folders.errors import ModelFileError
from model_folders.fleet_sources import FleetSources, blob_key, build_fleet_sources
from model_folders.folder import Build, ModelFolder, SourceFile
from model_folders.golden_sources import (
    GoldenQuestion,
    GoldenSources,
    build_golden_sources,
    model_questions,
)
from model_folders.load import load_model_folder
from model_folders.locations import cached_weights, is_cached, models_root, weights_cache
from model_folders.model_file import (
    Golden,
    ModelFile,
    PackageSource,
    SeedSource,
    UrlSource,
    WeightsFile,
)
from model_folders.recipes import (
    ENGINES,
    CompileRecipe,
    Engine,
    NeuronTfRecipe,
    NeuronxRecipe,
    OnnxRuntimeRecipe,
    ShapeRange,
    TensorRtRecipe,
    Verification,
)

__all__ = [
    "ENGINES",
    "Build",
    "CompileRecipe",
    "Engine",
    "FleetSources",
    "Golden",
    "GoldenQuestion",
    "GoldenSources",
    "ModelFile",
    "ModelFileError",
    "ModelFolder",
    "NeuronTfRecipe",
    "NeuronxRecipe",
    "OnnxRuntimeRecipe",
    "PackageSource",
    "SeedSource",
    "ShapeRange",
    "SourceFile",
    "TensorRtRecipe",
    "UrlSource",
    "Verification",
    "WeightsFile",
    "blob_key",
    "build_fleet_sources",
    "build_golden_sources",
    "cached_weights",
    "compiler_image",
    "is_cached",
    "load_model_folder",
    "model_questions",
    "models_root",
    "weights_cache",
]
