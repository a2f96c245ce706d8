"""Ways to write Python differently that move its statements; see `rewriting.py`."""

from __future__ import annotations

import ast

from benchmarks.python_source import Edit, PythonSource, source_of

_MAKES_AN_APPLICATION = ("FastAPI", "Flask", "Starlette", "Quart", "Sanic", "Dash", "Litestar", "FastMCP", "App")


def in_main(data: bytes) -> bytes | None:
    """What a script does stands in `main()`, which is called where the file is started."""
    source = source_of(data)
    if source is None:
        return None
    body = source.tree.body
    first = next((at for at, one in enumerate(body) if not _declares(one)), len(body))
    moved = body[first:]
    if not any(isinstance(one, ast.For | ast.While | ast.With | ast.Expr) for one in moved):
        return None  # it only holds what others take from it
    if any(_stays(inner) for one in moved for inner in ast.walk(one)):
        return None
    made = {inner.id for one in moved for inner in ast.walk(one) if _is_name(inner, ast.Store)}
    read = {inner.id for one in body[:first] for inner in ast.walk(one) if _is_name(inner, ast.Load)}
    if made & read:
        return None  # a function above reads them
    start = source.starts[moved[0].lineno - 1]
    lines = data[start:].rstrip(b"\n").split(b"\n")
    inside = b"\n".join(b"    " + line if line.strip() else line for line in lines)
    end = b'\n\n\nif __name__ == "__main__":\n    main()\n'
    return source.edited([(start, len(data), b"def main():\n" + inside + end)])


def _declares(node: ast.stmt) -> bool:
    """Whether a statement of a module only brings something in, defines it, or names a constant."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name.isupper()
        case ast.Expr(value=ast.Constant()):
            return True
    return isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _stays(node: ast.AST) -> bool:
    """Whether a statement with this in it means something else inside of a function."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Global() | ast.Await():
            return True
        case ast.ImportFrom(names=[ast.alias(name="*")]) | ast.Name(id="__name__"):
            return True
        case ast.Constant(value=str()) | ast.JoinedStr():
            return node.end_lineno != node.lineno  # it would be indented too
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _MAKES_AN_APPLICATION
    return False


def _is_name(node: ast.AST, context: type[ast.expr_context]) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, context)


def joined(data: bytes) -> bytes | None:
    """Two calls that follow each other as statements stand on one line: `loss.backward(); optimizer.step()`."""
    source = source_of(data)
    if source is None:
        return None
    edits: list[Edit] = []
    for node in ast.walk(source.tree):
        for block in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(block, list):
                edits.extend(_joints(source, block))
    return source.edited(edits)


def _joints(source: PythonSource, block: list[ast.stmt]) -> list[Edit]:
    found: list[Edit] = []
    at = 0
    while at + 1 < len(block):
        one, other = block[at], block[at + 1]
        end, start = source.span(one)[1], source.span(other)[0]
        if _is_call(one) and _is_call(other) and not source.data[end:start].strip():
            found.append((end, start, b"; "))
            at += 1
        at += 1
    return found


def _is_call(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Call) and node.lineno == node.end_lineno


def tried_imports(data: bytes) -> bytes | None:
    """A module imports others' packages only where they are installed."""
    source = source_of(data)
    if source is None:
        return None
    edits: list[Edit] = []
    for node in source.tree.body:
        if not isinstance(node, ast.Import | ast.ImportFrom) or node.col_offset or getattr(node, "level", 0):
            continue
        names = [one.asname or one.name.partition(".")[0] for one in node.names]
        if "*" in names or getattr(node, "module", "") == "__future__" or node.lineno != node.end_lineno:
            continue
        start, end = source.span(node)
        if b";" in source.data[start : source.data.find(b"\n", end)]:
            continue
        lost = " = ".join(names) + " = None"
        edits.append((start, end, b"try:\n    %b\nexcept ImportError:\n    %b" % (data[start:end], lost.encode())))
    return source.edited(edits)
