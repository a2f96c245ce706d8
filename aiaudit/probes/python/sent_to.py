"""What a call opens, asks, runs or queries, and the argument by which somebody else could decide it."""

from __future__ import annotations

import ast
from typing import Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.sinks import Sinks, keyword_of

_VERBS: Final = name_set("get post put patch delete head request stream options")
_CLIENTS: Final = (
    "requests",
    "requests.Session",
    "httpx",
    "httpx.Client",
    "httpx.AsyncClient",
    "aiohttp.ClientSession",
)
_ASKED: Final = frozenset(
    [f"{client}.{verb}" for client in _CLIENTS for verb in _VERBS]
    + ["urllib.request.urlopen", "urllib.request.urlretrieve"]
)
_CONNECTS: Final = {  # where the address stands that a client is made for, or that is connected to
    "qdrant_client.QdrantClient": ("url", "location", "host"),
    "qdrant_client.AsyncQdrantClient": ("url", "location", "host"),
    "socket.create_connection": ("address",),
    "asyncio.open_connection": ("host",),
}
_PATHS: Final = {  # what is done with the file, and where its path stands
    "os.remove": ("removes", 0), "os.unlink": ("removes", 0), "shutil.rmtree": ("removes", 0),
    "shutil.copy": ("writes", 1), "shutil.copy2": ("writes", 1), "shutil.copyfile": ("writes", 1),
    "shutil.move": ("writes", 1), "aiofiles.open": ("opens", 0), "open": ("opens", 0),
    "fastapi.responses.FileResponse": ("reads", 0), "starlette.responses.FileResponse": ("reads", 0),
    "flask.send_file": ("reads", 0), "quart.send_file": ("reads", 0),
}  # fmt: skip
_METHODS: Final = {
    "write_text": "writes", "write_bytes": "writes", "unlink": "removes",
    "read_text": "reads", "read_bytes": "reads", "iterdir": "reads", "glob": "reads", "rglob": "reads",
}  # fmt: skip
# What opens a file or a folder by its path, and as well what it is handed: a buffer, the file of an upload.
_OPENERS: Final = name_set(
    "os.listdir os.scandir os.walk glob.glob glob.iglob zipfile.ZipFile tarfile.open pandas.read_csv pandas.read_excel"
    " pandas.read_parquet pandas.read_json pandas.read_table numpy.load numpy.loadtxt numpy.genfromtxt cv2.imread"
    " cv2.VideoCapture PIL.Image.open joblib.load torch.load fitz.open pymupdf.open pdfplumber.open pypdf.PdfReader"
    " PyPDF2.PdfReader docx.Document openpyxl.load_workbook pptx.Presentation soundfile.read librosa.load"
)
_PAGES: Final = name_set("trafilatura.fetch_url newspaper.Article")  # what asks an address by another name
_LOADER: Final = lazy.regex(
    r"^(?:langchain\w*|llama_index)\..*\.(?:(?P<web>WebBaseLoader|\w*URLLoader)|(?:\w*PDF\w*|Text|CSV|JSON|Docx2txt|Directory"
    r"|Unstructured\w*|BSHTML)Loader)$"
)
_FIRST: Final = name_set("file_path path filename file web_path web_paths urls url filepath_or_buffer io fp")
# A query of whatever language, told by its own words: SQL, SPARQL, Cypher.
_QUERY: Final = lazy.regex(
    r"(?is)^\s*(?:PREFIX\s+\w*:\s*<[^>]*>\s*)*(?:SELECT\s(?:.*\sFROM\s|.*\bWHERE\s*\{)|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s"
    r"|(?:OPTIONAL\s+)?(?:MATCH|MERGE)\s*\(|(?:CONSTRUCT|ASK|DESCRIBE)\b.*\{)"
)
_QUERIED: Final = name_set(
    "query run sql fetch fetchrow fetchval fetch_all fetch_one fetch_val execute_query run_query query_and_wait"
    " execute_read execute_write"
)
_RUN: Final = {"code": "runs", "shell": "runs", "sql": "queries"}


class Use(NamedTuple):
    does: str
    """writes, removes, reads, asks, runs (code, a shell) or queries (SQL)."""
    sink: str
    argument: ast.expr
    named: bool = False
    """Whether what is handed over may as well be an open file or one of the project's own, as a rule."""
    whole: bool = False
    """Whether a folder is meant with all below it: the part `..` of a path is the folder above."""


def use_of(call: ast.Call, scope: Scope, view: FileView, sinks: Sinks) -> Use | None:
    """What a call opens, asks, runs or queries."""
    last = last_name(call.func)
    if last in _METHODS and isinstance(call.func, ast.Attribute):
        return Use(_METHODS[last], f"Path.{last}", call.func.value, named=_METHODS[last] == "reads")
    if last == "save" and len(call.args) == 1 and isinstance(call.func, ast.Attribute):
        return (
            Use("writes", f"{dotted(call.func) or 'file.save'}", call.args[0])
            if _is_upload(call.func.value, scope, view)
            else None
        )
    for one in view.resolver.names(call.func, scope):
        if one.name in _ASKED:
            position = 1 if last in ("request", "stream") else 0
            argument = keyword_of(call, "url") or (call.args[position] if len(call.args) > position else None)
            return Use("asks", one.name, argument) if argument is not None else None
        if one.name in _CONNECTS:
            given = [keyword_of(call, name) for name in _CONNECTS[one.name]]
            argument = next((each for each in given if each is not None), call.args[0] if call.args else None)
            if isinstance(argument, ast.Tuple) and argument.elts:  # `(host, port)`
                argument = argument.elts[0]
            return Use("asks", one.name, argument) if argument is not None else None
        if one.name in _PATHS:
            does, position = _PATHS[one.name]
            argument = keyword_of(call, "path") or (call.args[position] if len(call.args) > position else None)
            if does == "opens":
                does = "writes" if _writes(call) else "reads"
            return Use(does, one.name, argument, whole=last == "rmtree") if argument is not None else None
        if (opens := _opens(one.name)) is not None and (argument := _first_of(call)) is not None:
            return Use(opens, one.name, argument, named=True)
    run = sinks.of(call, scope)
    if run is not None:
        return Use(_RUN[run[1]], run[0], run[2]) if run[1] in _RUN else None
    return _query_of(call, last, scope, view) if last in _QUERIED and isinstance(call.func, ast.Attribute) else None


def _query_of(call: ast.Call, last: str, scope: Scope, view: FileView) -> Use | None:
    """A query that is put together, and handed to a store of which nothing else is known."""
    given = keyword_of(call, "query") or keyword_of(call, "statement") or (call.args[0] if call.args else None)
    text = given
    if isinstance(given, ast.Name):
        bound = view.resolver.bindings(given.id, scope, given.lineno) or []
        text = bound[0].node if len(bound) == 1 and isinstance(bound[0].node, ast.expr) else None
    if not isinstance(text, ast.JoinedStr):
        return None
    written = "".join(str(one.value) if isinstance(one, ast.Constant) else " x " for one in text.values)
    return Use("queries", dotted(call.func) or last, given) if given is not None and _QUERY.match(written) else None


def _opens(name: str) -> str | None:
    """What a reader of files, or a loader of pages, does with what it is handed."""
    if name in _OPENERS:
        return "reads"
    if name in _PAGES:
        return "asks"
    loader = _LOADER.match(name)
    return None if loader is None else "asks" if loader["web"] else "reads"


def _first_of(call: ast.Call) -> ast.expr | None:
    """What such a call is handed first, with or without a name."""
    return call.args[0] if call.args else next((one.value for one in call.keywords if one.arg in _FIRST), None)


def _writes(call: ast.Call) -> bool:
    mode = keyword_of(call, "mode") or (call.args[1] if len(call.args) > 1 else None)
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and bool(set(mode.value) & set("wax+"))


def _is_upload(node: ast.expr, scope: Scope, view: FileView) -> bool:
    """Whether a value is a file of Flask's request: `request.files["x"]`."""
    if isinstance(node, ast.Name):
        bound = view.resolver.bindings(node.id, scope, node.lineno) or []
        return any(isinstance(one.node, ast.expr) and "request.files" in ast.unparse(one.node) for one in bound[:3])
    return "request.files" in ast.unparse(node)
