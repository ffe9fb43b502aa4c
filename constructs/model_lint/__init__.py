"""Will it serve? Checks Triton model repositories before anything is deployed."""

from model_lint.fleet import lint_build, lint_fleet
from model_lint.lint import lint_repository
from model_lint.repository import ImageKind, Recipe, Repository, RepositoryFile, ServingImage
from model_lint.rule import Finding, Rule, Severity, rule_book

__all__ = [
    "Finding",
    "ImageKind",
    "Recipe",
    "Repository",
    "RepositoryFile",
    "Rule",
    "ServingImage",
    "Severity",
    "lint_build",
    "lint_fleet",
    "lint_repository",
    "rule_book",
]
