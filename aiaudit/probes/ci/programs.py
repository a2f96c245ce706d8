"""Python programs of the project that its own code starts, read with `ast` and never run.

`subprocess.run([sys.executable, "src/train.py"])` names its program. Where a loop or a helper starts what it is handed
(`for step in STEPS: subprocess.run([sys.executable, step])`), the scripts that the file names are what it starts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from aiaudit import lazy
from aiaudit.probes.ci.modules import file_of_module, file_of_script
from aiaudit.probes.python.project import PythonProject
from aiaudit.probes.reading import Files
from aiaudit.syntax import syntax_of

_STARTERS: Final = frozenset(
    {"run", "call", "check_call", "check_output", "Popen", "system", "create_subprocess_exec", "run_path", "run_module"}
)
_LIBRARIES: Final = ("subprocess", "runpy", "asyncio")
_INTERPRETER: Final = lazy.regex(r"(?i)^(?:\S*/)?python(?:3(?:\.\d+)?)?(?:\.exe)?$")
_NAMED_SO: Final = lazy.regex(r"(?i)python|(?:^|_)py(?:_|$)|interpreter")
# `python src/train.py --fast`, `{sys.executable} -m src.train`, in a text that a shell runs.
_IN_TEXT: Final = lazy.regex(
    r"(?:^|[\s;&|(])(?:\S*python3?|\0)(?:\s+-[a-ln-zA-Z]\S*)*\s+(?:-m\s+([\w.]{1,200})|([\w./-]{1,200}\.py|\0)(?=$|[\s;&|)\0]))"
)
_SCRIPT: Final = lazy.regex(r"^[\w./-]{1,200}\.py$")
_HOLE: Final = "\0"  # stands for what a text is filled with
_MOST: Final = 50  # programs of one file


def starting_files(project: PythonProject, files: Files) -> list[str]:
    """The files whose code starts programs, in path order."""
    found = {path for library in _LIBRARIES[:2] for path in project.importers.get(library, ())}
    found.update(path for path in project.importers.get("os", ()) if "os.system(" in (files.text(path) or ""))
    return sorted(path for path in found if path.endswith(".py"))


def started_programs(path: str, files: Files) -> list[str]:
    """The files of the project that the code at `path` starts as programs of their own."""
    tree = _parsed(path, files)
    if tree is None or not any(_starts(node) for node in ast.walk(tree)):
        return []
    folder = path.rpartition("/")[0]
    found: dict[str, None] = {}
    handed = False
    for named in _named(tree):
        handed = handed or named is None
        if named is not None and (one := _file(named, folder, files)) not in ("", path):
            found[one] = None
    if handed:
        for text in _scripts(tree):
            if (one := _file((False, text), folder, files)) not in ("", path):
                found[one] = None
    return list(found)[:_MOST]


def _parsed(path: str, files: Files) -> ast.Module | None:
    text = files.text(path) if files.exists(path) else None
    try:
        return syntax_of(text[:1_000_000]) if text else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _file(named: tuple[bool, str], folder: str, files: Files) -> str:
    is_module, name = named
    if is_module:
        return file_of_module(files, name, folder) or file_of_module(files, name) or ""
    return file_of_script(files, name) or (file_of_script(files, name, folder) if folder else "") or ""


def _starts(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in _STARTERS and bool(node.args)


def _named(tree: ast.Module) -> Iterator[tuple[bool, str] | None]:
    """What is started: whether it is a module, and its name; None where the code is handed it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple) and len(node.elts) > 1 and _is_interpreter(node.elts[0]):
            yield from _of_words(node.elts[1:])
        elif isinstance(node, ast.Call) and _starts(node):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("run_path", "run_module"):
                text = _text(node.args[0])
                yield (name == "run_module", text) if text and _HOLE not in text else None
            elif name == "create_subprocess_exec" and len(node.args) > 1 and _is_interpreter(node.args[0]):
                yield from _of_words(node.args[1:])
            else:
                yield from _of_text(_text(node.args[0]))


def _of_words(words: list[ast.expr]) -> Iterator[tuple[bool, str] | None]:
    for at, word in enumerate(words):
        text = _text(word)
        if text == "-m":
            module = _text(words[at + 1]) if len(words) > at + 1 else ""
            yield (True, module) if module and _HOLE not in module else None
            return
        if text == "-c":
            return
        if text.startswith("-"):
            continue
        script = _last(word) or text
        yield (False, script) if _SCRIPT.match(script) else (None if not text or _HOLE in text else (False, text))
        return


def _of_text(text: str) -> Iterator[tuple[bool, str] | None]:
    for match in _IN_TEXT.finditer(text):
        module, script = match.groups()
        if module:
            yield True, module
        else:
            yield (False, script) if script != _HOLE else None


def _is_interpreter(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str() as text):
            return _INTERPRETER.match(text) is not None
        case ast.Attribute(attr="executable", value=ast.Name(id="sys")):
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _NAMED_SO.search(name) is not None
        case ast.Call(func=ast.Name(id="str"), args=[inner]):
            return _is_interpreter(inner)
        case ast.BinOp(op=ast.Div(), right=ast.Constant(value=str() as text)):  # `ROOT / ".venv" / "bin" / "python"`
            return _INTERPRETER.match(text) is not None
    return False


def _text(node: ast.expr) -> str:
    """A text, with a hole for what it is filled with; "" where it is none."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(one) if isinstance(one, ast.Constant) else _HOLE for one in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return (_text(left) or _HOLE) + (_text(right) or _HOLE)
    return ""


def _last(node: ast.expr) -> str:
    """The file that a path leads to: `ROOT / "src" / "train.py"`, `os.path.join(ROOT, "src", "train.py")`."""
    parts: list[str] = []
    match node:
        case ast.Call(func=ast.Name(id="str" | "Path"), args=[inner]):
            return _last(inner)
        case ast.BinOp(op=ast.Div()):
            left: ast.expr = node
            while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Div):
                parts.insert(0, _text(left.right))
                left = left.left
        case ast.Call(func=ast.Attribute(attr="join"), args=args):
            parts = [_text(one) for one in args[1:]]
    while parts and not parts[0]:
        parts.pop(0)
    return "/".join(parts) if all(parts) else ""


def _scripts(tree: ast.Module) -> Iterator[str]:
    """The scripts that a file names: what is handed to a call, stands in a list or is a value of its own, and no
    sentence."""
    for node in ast.walk(tree):
        values: list[ast.expr] = []
        if isinstance(node, ast.Call):
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            if getattr(node.func, "id", "") in ("print", "open"):
                continue
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            values = node.elts
        elif isinstance(node, ast.Dict):
            values = [*(key for key in node.keys if key is not None), *node.values]
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            values = [node.value]
        for value in values:
            text = _text(value) or _last(value)
            if _SCRIPT.match(re.sub(r"^\./", "", text)):
                yield text
