"""Ways to write the same project differently: each takes a file and hands back one that means the same.

A verdict must not move where only the writing does. `rewritten.py` holds the checks to that.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import yaml

from benchmarks.python_source import Edit, source_of
from benchmarks.restructuring import in_main, joined, tried_imports

Rewrite = Callable[[bytes], bytes | None]
"""The file's bytes written differently; None where this way has nothing to change in it, or cannot tell."""

TEXT: Final = re.compile(r"\.(py|pyi|ya?ml|json|md|rst|txt|toml|cfg|ini|js|mjs|ts|tsx|jsx|ipynb|sql|tf|csv|html)$")
PYTHON: Final = re.compile(r"\.py$")
YAML: Final = re.compile(r"\.ya?ml$")
PROSE: Final = re.compile(r"\.md$")
JSON: Final = re.compile(r"\.(json|ipynb)$")
REQUIREMENTS: Final = re.compile(r"(^|/)requirements[^/]*\.txt$")
DOCKERFILE: Final = re.compile(r"(^|/)(Dockerfile[^/]*|[^/]*\.dockerfile)$")


_RUFF: Final = Path(sys.executable).parent / "ruff"

# --- any text


def crlf(data: bytes) -> bytes | None:
    """Lines that end as Windows ends them."""
    return None if b"\r" in data or b"\0" in data else data.replace(b"\n", b"\r\n")


def with_bom(data: bytes) -> bytes | None:
    """A byte order mark, as editors on Windows leave it."""
    return None if data.startswith(b"\xef\xbb\xbf") or b"\0" in data else b"\xef\xbb\xbf" + data


# --- Python


def formatted(*options: str) -> Rewrite:
    """The layout that ruff gives it."""

    def rewrite(data: bytes) -> bytes | None:
        done = subprocess.run(
            [_RUFF, "format", "--isolated", "-q", *options, "--stdin-filename", "a.py", "-"],
            input=data,
            capture_output=True,
            check=False,
        )
        return done.stdout if done.returncode == 0 and done.stdout.strip() else None

    return rewrite


def constants(data: bytes) -> bytes | None:
    """A number, text or truth that a call is given by name stands as a constant of the module."""
    source = source_of(data)
    if source is None:
        return None
    edits: list[Edit] = []
    lines: list[bytes] = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        for one in node.keywords:
            value = one.value
            if one.arg is None or not isinstance(value, ast.Constant) or value.value is None or value.value is Ellipsis:
                continue
            if id(value) in source.in_strings:
                continue
            start, end = source.span(value)
            if b"\n" in source.data[start:end]:
                continue
            name = f"{one.arg.strip('_').upper()}_{len(lines) + 1}".encode()
            lines.append(name + b" = " + source.data[start:end] + b"\n")
            edits.append((start, end, name))
    return source.with_constants(edits, lines)


def annotated(data: bytes) -> bytes | None:
    """What is assigned to one name has its type beside it."""
    source = source_of(data)
    if source is None:
        return None
    edits: list[Edit] = []
    outer = {
        name for node in ast.walk(source.tree) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names
    }
    for node in ast.walk(source.tree):
        for body in (getattr(node, "body", None),):
            # fields of a class mean something else with a type (dataclasses, models, enumerations)
            if not isinstance(body, list) or isinstance(node, ast.ClassDef):
                continue
            for one in body:
                if isinstance(one, ast.Assign) and len(one.targets) == 1 and isinstance(one.targets[0], ast.Name):
                    if one.targets[0].id in outer:
                        continue
                    end = source.span(one.targets[0])[1]
                    edits.append((end, end, b": object"))
    return source.edited(edits)


def by_module(data: bytes) -> bytes | None:
    """Names are reached through their module: `from a import b` becomes `import a`, and `b` becomes `a.b`."""
    source = source_of(data)
    if source is None:
        return None
    bound: dict[str, tuple[str, str]] = {}
    froms: list[ast.ImportFrom] = []
    for node in source.tree.body:
        plain = isinstance(node, ast.ImportFrom) and not node.level and node.module not in (None, "__future__")
        if plain and all(name.name != "*" for name in node.names):  # type: ignore[union-attr]
            froms.append(node)  # type: ignore[arg-type]
            bound |= {name.asname or name.name: (node.module, name.name) for name in node.names}  # type: ignore[union-attr, misc]
    for node in ast.walk(source.tree):  # a name that is bound again, or read where no edit can go, stays as it is
        again = isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
        if again or (isinstance(node, ast.Name) and id(node) in source.in_strings):
            bound.pop(node.id, None)  # type: ignore[attr-defined]
        if isinstance(node, ast.arg):
            bound.pop(node.arg, None)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.pop(node.name, None)
        if isinstance(node, ast.alias) and node not in [one for each in froms for one in each.names]:
            bound.pop(node.asname or node.name.split(".")[0], None)
    tops = {module.split(".")[0] for module, _ in bound.values()}
    taken = {node.id for node in ast.walk(source.tree) if isinstance(node, ast.Name)} | {
        node.arg for node in ast.walk(source.tree) if isinstance(node, ast.arg)
    }
    exported = {
        node.value for node in ast.walk(source.tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    bound = {n: w for n, w in bound.items() if w[0].split(".")[0] not in taken & tops and n not in exported}
    edits: list[Edit] = []
    for each in froms:
        kept = [one for one in each.names if (one.asname or one.name) not in bound]
        moved = len(kept) < len(each.names)
        if moved:
            start, end = source.span(each)
            lines = [f"import {each.module}"]
            if kept:
                names = ", ".join(one.name + (f" as {one.asname}" if one.asname else "") for one in kept)
                lines.append(f"from {each.module} import {names}")
            edits.append((start, end, "; ".join(lines).encode()))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id in bound and id(node) not in source.in_strings:
            start, end = source.span(node)
            edits.append((start, end, ".".join(bound[node.id]).encode()))
    return source.edited(edits)


def renamed_imports(data: bytes) -> bytes | None:
    """Modules and names that are imported have another name in the file."""
    source = source_of(data)
    if source is None:
        return None
    bound: dict[str, ast.alias] = {}
    for node in source.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", "") != "__future__":
            for one in node.names:
                if one.name != "*" and (one.asname or "." not in one.name or isinstance(node, ast.ImportFrom)):
                    bound[one.asname or one.name] = one
    own = {id(one) for one in bound.values()}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and (not isinstance(node.ctx, ast.Load) or id(node) in source.in_strings):
            bound.pop(node.id, None)
        if isinstance(node, ast.arg):
            bound.pop(node.arg, None)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.pop(node.name, None)
        if isinstance(node, ast.alias) and id(node) not in own:
            bound.pop(node.asname or node.name.split(".")[0], None)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            bound.pop(node.value, None)
    edits: list[Edit] = []
    for name, one in bound.items():
        start, end = source.span(one)
        edits.append((start, end, f"{one.name} as {name}_".encode()))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id in bound:
            start, end = source.span(node)
            edits.append((start, end, f"{node.id}_".encode()))
    return source.edited(edits)


def spread(data: bytes) -> bytes | None:
    """What a call is given by name comes as a dictionary of the module: the values can be seen, further away."""
    source = source_of(data)
    if source is None:
        return None
    edits: list[Edit] = []
    lines: list[bytes] = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or id(node) in source.in_strings:
            continue
        named = [one for one in node.keywords if one.arg]
        if not named or len(named) != len(node.keywords):
            continue
        if not all(isinstance(one.value, ast.Constant) for one in named):
            continue
        start, end = source.span(named[0])[0], source.span(named[-1])[1]
        if b"#" in source.data[start:end] or any(source.span(one)[0] > start for one in node.args):
            continue
        name = f"OPTIONS_{len(lines) + 1}".encode()
        inner = b", ".join(source.data[slice(*source.span(one))] for one in named)
        lines.append(name + b" = dict(" + inner + b")\n")
        edits.append((start, end, b"**" + name))
    return source.with_constants(edits, lines)


def headed(data: bytes) -> bytes | None:
    """A licence's header stands above it."""
    if data.startswith((b"#!", b"\xef\xbb\xbf")) or b"coding" in data[:200]:
        return None
    return b"# Copyright the authors. Licensed under the terms of the file LICENSE.\n\n" + data


def named_first(data: bytes) -> bytes | None:
    """What is returned has a name first: `return f(x)` becomes `outcome_ = f(x)` and `return outcome_`."""
    source = source_of(data)
    if source is None:
        return None
    edits: list[Edit] = []
    for node in ast.walk(source.tree):
        for body in (getattr(node, part, None) for part in ("body", "orelse", "finalbody")):
            for one in body if isinstance(body, list) else ():
                if not isinstance(one, ast.Return) or not isinstance(one.value, ast.Call | ast.Await):
                    continue
                start, _ = source.span(one)
                line = source.data.rfind(b"\n", 0, start) + 1
                if source.data[line:start].strip():
                    continue  # `if x: return y` on one line
                begin, end = source.span(one.value)
                if source.data[start:begin] != b"return ":
                    continue
                edits.append((start, begin, b"outcome_ = "))
                edits.append((end, end, b"\n" + source.data[line:start] + b"return outcome_"))
    return source.edited(edits)


# --- other files


class _Core(yaml.SafeLoader):
    """YAML 1.2's truths only: `on` is a word."""


_Core.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in found if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
    ]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Core.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def yaml_dumped(flow: bool | None) -> Rewrite:
    """As a program writes it: no comments, other quotes, other breaks; or in braces; or only its leaves in braces
    (None), as people write `limits: {memory: 1Gi}`."""

    def rewrite(data: bytes) -> bytes | None:
        if b"{{" in data or b"{%" in data:
            return None  # a template
        try:
            found = list(yaml.load_all(data, _Core))
        except (yaml.YAMLError, ValueError, UnicodeDecodeError):
            return None
        if not found or not all(isinstance(one, dict | list) for one in found):
            return None
        if flow:
            return b"\n---\n".join(json.dumps(one, indent=1, ensure_ascii=False).encode() for one in found) + b"\n"
        text = yaml.safe_dump_all(
            found, sort_keys=False, width=10_000, allow_unicode=True, indent=4, default_flow_style=flow
        )
        return re.sub(r"(?m)^'on':", "on:", text).encode()

    return rewrite


def compose_spelled(data: bytes) -> bytes | None:
    """Services of compose with their variables as a list where they were a map, and the other way round; a command as
    words where it was one text, and the other way round."""
    try:
        found = yaml.load(data, _Core)
    except (yaml.YAMLError, ValueError, UnicodeDecodeError):
        return None
    services = found.get("services") if isinstance(found, dict) else None
    if b"{{" in data or not isinstance(services, dict):
        return None
    for service in services.values():
        for name, value in list(service.items()) if isinstance(service, dict) else ():
            match name, value:
                case (("environment" | "labels"), dict()):
                    service[name] = [
                        f"{key}={_spelled(one)}" if one is not None else str(key) for key, one in value.items()
                    ]
                case (("environment" | "labels"), list()) if all(isinstance(one, str) for one in value):
                    parts = [one.partition("=") for one in value]
                    service[name] = {key: one if sign else None for key, sign, one in parts}
                case (("command" | "entrypoint"), list()):
                    service[name] = shlex.join(map(str, value))
                case (("command" | "entrypoint"), str()) if not re.search(r"[|&;<>$`\\(]", value):
                    service[name] = shlex.split(value)
    text = yaml.safe_dump(found, sort_keys=False, width=10_000, allow_unicode=True)
    return re.sub(r"(?m)^'on':", "on:", text).encode()


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def env_spelled(data: bytes) -> bytes | None:
    """Variables of a file with `export` and quotes."""
    return re.sub(rb"(?m)^(?!export )([A-Za-z_]\w*)=([^\s\"'#$][^\s\"'#]*)[ \t]*$", rb'export \1="\2"', data)


def reflowed(width: int) -> Rewrite:
    """Paragraphs broken elsewhere, or not at all (0)."""

    def rewrite(data: bytes) -> bytes | None:
        try:
            lines = data.decode().split("\n")
        except UnicodeDecodeError:
            return None
        return "\n".join(_paragraphs(lines, width)).encode()

    return rewrite


_NO_PARAGRAPH: Final = re.compile(r"^(\s|#|>|\||[-*+] |\d+[.)] |<|!\[|\[|=+$|-+$|:::|\$\$)|^$|\|.*\||  $|\\$")


def _paragraphs(lines: list[str], width: int) -> Iterator[str]:
    held: list[str] = []
    fence = front = False
    for number, line in enumerate([*lines, ""]):
        if number == 0 and line.strip() == "---":
            front = True
        elif front and line.strip() == "---":
            front = False
        if line.lstrip().startswith(("```", "~~~")):
            fence = not fence
        if not (fence or front or _NO_PARAGRAPH.search(line) or line.lstrip().startswith(("```", "~~~"))):
            held.append(line)
            continue
        # a heading that is underlined is no paragraph
        if held and re.match(r"^(=+|-+)\s*$", line):
            yield from held
        elif held:
            text = " ".join(one.strip() for one in held)
            yield from textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) if width else [text]
        held = []
        if number < len(lines):
            yield line


def json_dumped(data: bytes) -> bytes | None:
    """On one line, as a program writes it."""
    try:
        return json.dumps(json.loads(data)).encode()
    except (ValueError, RecursionError):
        return None


def requirements_spelled(data: bytes) -> bytes | None:
    """Names spelled as PEP 503 allows: `scikit-learn` and `Scikit_Learn` are one."""

    def spelled(found: re.Match[bytes]) -> bytes:
        return found.group().replace(b"-", b"_").title()

    return re.sub(rb"(?m)^[A-Za-z0-9][A-Za-z0-9._-]*(?=\s*(?:\[|[=<>~!;#]|$))", spelled, data)


def dockerfile_lower(data: bytes) -> bytes | None:
    """Instructions in small letters, which Docker takes too."""
    words = rb"(?m)^(FROM|RUN|CMD|COPY|ADD|ENV|ARG|USER|WORKDIR|EXPOSE|ENTRYPOINT|HEALTHCHECK|LABEL|VOLUME|SHELL)(?=\s)"
    return re.sub(words, lambda found: found.group().lower(), data)


def continued(data: bytes) -> bytes | None:
    """Long commands broken with a backslash, as people break them behind `&&` and before options."""
    lines = []
    for line in data.split(b"\n"):
        command = (
            re.match(rb"\s*(?:RUN\s|[a-z][\w./-]* )", line) and not line.rstrip().endswith(b"\\") and b"<<" not in line
        )
        plain = command and not re.search(rb"[\"'#{}()$\[\]]|\bfor\b|\bif\b|\bdo\b", line)
        lines.append(re.sub(rb" (?=&& |--\w)", rb" \\\n    ", line) if plain else line)
    return b"\n".join(lines)


WAYS: Final[dict[str, tuple[re.Pattern[str], Rewrite]]] = {
    "crlf": (TEXT, crlf),
    "bom": (re.compile(r"\.(py|md|csv|txt|js|ts)$"), with_bom),
    "narrow": (PYTHON, formatted("--config", "line-length=40")),
    "wide": (
        PYTHON,
        formatted("--config", "line-length=320", "--config", "format.skip-magic-trailing-comma=true",
                  "--config", "format.quote-style='single'"),
    ),
    "tabs": (PYTHON, formatted("--config", "format.indent-style='tab'")),
    "constants": (PYTHON, constants),
    "annotated": (PYTHON, annotated),
    "by_module": (PYTHON, by_module),
    "renamed_imports": (PYTHON, renamed_imports),
    "spread": (PYTHON, spread),
    "headed": (PYTHON, headed),
    "named_first": (PYTHON, named_first),
    "in_main": (PYTHON, in_main),
    "joined": (PYTHON, joined),
    "tried_imports": (PYTHON, tried_imports),
    "yaml_block": (YAML, yaml_dumped(False)),
    "yaml_flow": (YAML, yaml_dumped(True)),
    "yaml_leaves": (YAML, yaml_dumped(None)),
    "compose_spelled": (re.compile(r"(^|/)[^/]*compose[^/]*\.ya?ml$"), compose_spelled),
    "env_spelled": (re.compile(r"(^|/)\.env[^/]*$|\.env$"), env_spelled),
    "one_line_paragraphs": (PROSE, reflowed(0)),
    "narrow_paragraphs": (PROSE, reflowed(50)),
    "json_line": (JSON, json_dumped),
    "requirements": (REQUIREMENTS, requirements_spelled),
    "dockerfile": (DOCKERFILE, dockerfile_lower),
    "continued": (re.compile(r"(^|/)(Dockerfile[^/]*|[^/]*\.(?:dockerfile|sh))$"), continued),
}  # fmt: skip
"""Each way by its name: which files it concerns, and how it writes them."""


def rewritten(name: str, data: bytes, way: str) -> bytes | None:
    """A file of this name in one of the ways; None where the way does not concern it or changes nothing."""
    concerned, rewrite = WAYS[way]
    if not concerned.search(name) or not data.strip() or len(data) > 2_000_000:
        return None
    new = rewrite(data)
    return None if new == data else new


def rewrite_tree(tree: Path, way: str, keep: frozenset[str] = frozenset()) -> int:
    """Write the files of a folder differently, in place; how many changed. `keep`: names that stay."""
    changed = 0
    for path in sorted(tree.rglob("*")):
        inside = path.relative_to(tree)
        if not path.is_file() or path.is_symlink() or path.name in keep or ".git" in inside.parts:
            continue
        new = rewritten(inside.as_posix(), path.read_bytes(), way)
        if new is not None:
            path.write_bytes(new)
            changed += 1
    return changed
