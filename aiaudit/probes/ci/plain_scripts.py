"""Scripts without a main block that a person starts: they lie at the root, call the project's own, and nothing imports
them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aiaudit import lazy
from aiaudit.probes.ci.import_graph import ImportGraph
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.project import PythonProject
from aiaudit.probes.reading import Files

# What a server or a page imports that is started otherwise than by `python main.py`.
_SERVERS: Final = name_set(
    "streamlit gradio chainlit flask fastapi django starlette dash shiny nicegui panel sanic quart litestar "
    "bentoml modal ray celery dramatiq azure functions_framework aiohttp tornado bottle falcon mesop reflex "
    "solara mcp fastmcp setuptools pytest"
)
# A call that stands alone at the left edge, and what is kept of one: `pipeline.run()`, `pipeline = TrainPipeline()`.
_CALLED: Final = lazy.regex(r"(?m)^(?:await[ \t]{1,9})?([A-Za-z_]\w{0,100})(?:\.\w{1,100}){0,5}\(")
_KEPT: Final = lazy.regex(
    r"(?m)^([A-Za-z_]\w{0,100})[ \t]{0,9}(?::[^=\n]{1,100})?=[ \t]{0,9}([A-Za-z_]\w{0,100})(?:\.\w{1,100}){0,5}\("
)
# What a file sets up for others before anybody asks it for more.
_SETS_UP: Final = lazy.regex(r"(?i)^(?:set_?up|init(?:iali[sz]e)?|configure|load_env|register)(?:_|$)|logg")


def plain_scripts(project: PythonProject, graph: ImportGraph, files: Files, side: set[str]) -> Iterator[str]:
    """Those of the root. `side`: tests and documents, which are none."""
    mains = frozenset(project.having.get("base.main", ()))
    served = {path for root in _SERVERS for path in project.importers.get(root, ())}
    likely = [
        path
        for path in project.records
        if "/" not in path and path.endswith(".py") and path not in mains and path not in side and path not in served
    ]
    calling = [path for path in likely if _calls_own(path, project, files.text(path) or "")]
    if not calling:
        return
    imported = {target for path in project.records for target in graph.imports(path)}
    yield from (path for path in calling if path not in imported)


def _calls_own(path: str, project: PythonProject, text: str) -> bool:
    """Whether a file does something with the project's own where it is read, and not only sets it up."""
    own = {
        name
        for name, ways in project.base(path).imported_as.items()
        if any(project.module(one.module, path) or project.module(one.target, path) for one in ways)
    }
    if not own:
        return False
    own.update([match.group(1) for match in _KEPT.finditer(text) if match.group(2) in own])
    for match in _CALLED.finditer(text):
        name, called = match.group(1), match.group().rstrip("(").rpartition(".")[2]
        if name in own and not _SETS_UP.search(called) and "log" not in name.lower():
            return True
    return False
