"""Which file of the tree a Python module, a script or a served application (`app.main:app`) is."""

from __future__ import annotations

from aiaudit.probes.ci.task import join
from aiaudit.probes.reading import Files
from aiaudit.project.globs import is_plain


def file_of_module(files: Files, module: str, folder: str | None = "") -> str | None:
    """The file behind `python -m module` or `uvicorn module:app`; None where it is not in the tree.

    Looked for from the folder, the root and `src/`; else the one file of the tree whose path ends so (images copy
    packages to other places).
    """
    name = module.partition(":")[0].strip("'\"")
    if not name.replace(".", "").replace("_", "").isalnum():
        return None
    relative = name.replace(".", "/")
    for start in dict.fromkeys((folder, "", "src")):
        for suffix in (".py", "/__main__.py", "/__init__.py"):
            path = join(start, relative + suffix)
            if path is not None and files.exists(path):
                return path
    return _only_one(files, f"{relative}.py") or _only_one(files, f"{relative}/__main__.py")


def file_of_script(files: Files, script: str, folder: str | None = "") -> str | None:
    """The file behind `python script.py` (or `streamlit run script.py`); None where it is not in the tree."""
    if not script.endswith(".py") and "." in script:
        return None
    name = script.removeprefix("./")
    for start in dict.fromkeys((folder, "", "src")):
        for candidate in (name, f"{name}/__main__.py"):
            path = join(start, candidate)
            if path is not None and files.exists(path):
                return path
    if not is_plain(name):  # a name that a template or a shell fills
        return None
    if name.startswith("/") or folder is None or folder:
        parts = name.strip("/").split("/")
        return _only_one(files, "/".join(parts[-2:])) or _only_one(files, parts[-1])
    first, _, rest = name.partition("/")
    if "/" in rest and next(iter(files.matching((f"{first}/**",))), None) is None:  # a folder that only an image has
        return _only_one(files, rest)
    return _only_one(files, name) if name.endswith(".py") else None


def _only_one(files: Files, ending: str) -> str | None:
    if not is_plain(ending):
        return None
    found = [entry.path for entry in files.matching(("**/" + ending,)) if entry.role in ("code", "test", "example")]
    return found[0] if len(found) == 1 else None
