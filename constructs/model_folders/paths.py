"""Which relative paths may stand in a model file and in an archive."""

from __future__ import annotations


def path_problem(path: str) -> str | None:
    """The rule that ``path`` breaks, with the fix, or None for a safe path below its folder."""
    if not path:
        return "must not be empty (name a file or folder below the model folder)"
    if path.startswith(("/", "~")) or path[1:3] in (":/", ":\\"):
        return "must be relative to the model folder (drop the leading part)"
    if "\\" in path:
        return "must use forward slashes (write a/b)"
    parts = path.split("/")
    if ".." in parts:
        return "must stay inside the model folder, without '..' (move the file into the folder)"
    if "." in parts or "" in parts:
        return "must be written plainly, without '.', '//' or a trailing '/' (write a/b)"
    if not path.isprintable():
        return "must be printable text (rename the file)"
    return None
