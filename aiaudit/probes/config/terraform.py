"""Probe `config.terraform`: the blocks of Terraform (and OpenTofu) files, line by line. Nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, DYN, INT, STRING, Type, Unknown, list_of, map_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.config.secret_names import is_secret_name
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.project.globs import GlobSet

GLOBS: Final = ("**/*.tf", "**/*.tofu")
_BLOCK: Final = lazy.regex(
    r'^\s*(resource|module|provider|data|variable|output|terraform|backend)\s*((?:"[^"]*"\s*)*)\{'
)
_ATTRIBUTE: Final = lazy.regex(r'^\s*([\w-]+)\s*+=\s*+("(?:[^"\\]|\\.)*"|.+?)\s*(?:#.*|//.*)?$')
_INNER: Final = lazy.regex(r'^\s*([\w-]+)\s*(?:"[^"]*"\s*)*\{')
_ONE_LINE: Final = lazy.regex(r"^\s*([\w-]+)\s*+\{\s*+([\w-]+)\s*+=\s*+([^{}]+?)\s*\}\s*(?:#.*|//.*)?$")
_STRINGS: Final = lazy.regex(r'"(?:[^"\\]|\\.)*"')
_MAX_LINES: Final = 20_000

_ADDRESS: Final = lazy.regex(r"\b([a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z_][\w-]*)")
_MAX_ADDRESSES: Final = 20
_RULES: Final = frozenset({"rule", "lifecycle_rule"})  # blocks that are repeated and mean something each for itself

RULE = record("rule", name=STRING, attributes=map_of(DYN), off=BOOL)
BLOCK = record(
    "block", path=STRING, line=INT, block=STRING, type=STRING, name=STRING, attributes=map_of(DYN), rules=list_of(RULE),
    refers=list_of(STRING),
)  # fmt: skip


class TerraformQuery(Query):
    """`types`: globs of resource types such as `aws_sagemaker_*`; all blocks where none is given."""

    types: tuple[str, ...] = ()


class ConfigTerraform(Probe[TerraformQuery]):
    """Blocks with their simple attributes; nested blocks give dotted names, expressions are Unknown. `rules`: nested
    blocks of that name, each for itself, as several of them share their names in `attributes`; `off`: it says that it
    is not in force. `refers`: addresses of
    other resources in it (`aws_s3_bucket.logs`)."""

    name: ClassVar[str] = "config.terraform"
    title: ClassVar[str] = "Terraform blocks: resources, modules, providers and their simple attributes"
    query: ClassVar[type[Query]] = TerraformQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: TerraformQuery) -> Type:
        return list_of(BLOCK)

    def answer(self, fact_id: str, query: TerraformQuery, context: Context) -> Fact:
        files = Files(context.project)
        entries = files.running(GLOBS)
        found = [block for entry in entries for block in blocks(entry.path, files.text(entry.path) or "")]
        if found and query.types:
            wanted = GlobSet(query.types)
            found = [block for block in found if wanted(block["type"])]
        scope = scope_of([entry.path for entry in entries], files.problems)
        return listed(fact_id, found, method="Terraform read line by line", scope=scope, note="type")


def blocks(path: str, text: str) -> Iterator[dict[str, Any]]:
    """The top-level blocks of one file."""
    current: dict[str, Any] | None = None
    nested: list[str] = []
    depth = 0
    heredoc = ""
    for number, line in enumerate(text.splitlines()[:_MAX_LINES], 1):
        if heredoc:
            heredoc = "" if line.strip() == heredoc else heredoc
            continue
        if (start := re.search(r"<<[-~]?\s*([A-Za-z_]\w*)\s*$", line)) is not None:
            heredoc = start.group(1)
        plain = _STRINGS.sub('""', re.sub(r"(#|//).*$", "", _STRINGS.sub('""', line)))
        if depth == 0 and (match := _BLOCK.match(line)) is not None:
            labels = [label[1:-1] for label in _STRINGS.findall(match.group(2))]
            kind = match.group(1)
            name = labels[1] if len(labels) > 1 else labels[0] if labels and kind not in ("resource", "data") else ""
            current = {
                "path": path,
                "line": number,
                "block": kind,
                "type": labels[0] if labels else kind,
                "name": name,
                "attributes": {},
                "rules": [],
                "refers": [],
            }
            nested = []
        elif current is not None and depth >= 1:
            _inside(current, nested, line, plain, depth)
            if "." in line and "_" in line and len(current["refers"]) < _MAX_ADDRESSES:
                current["refers"] += [one for one in _ADDRESS.findall(line) if one not in current["refers"]]
        depth = max(depth + plain.count("{") - plain.count("}"), 0)
        del nested[max(depth - 1, 0) :]
        if depth == 0 and current is not None:
            yield current
            current = None


def _inside(current: dict[str, Any], nested: list[str], line: str, plain: str, depth: int) -> None:
    attribute = _ATTRIBUTE.match(line)
    if whole := _ONE_LINE.match(line):  # encrypt_at_rest { enabled = true }
        if not nested and whole.group(1) in _RULES:
            current["rules"].append({"name": whole.group(1), "attributes": {}, "off": False})
        key = ".".join([*nested, whole.group(1)])
        _note(current, key, True)
        _note(current, f"{key}.{whole.group(2)}", _value(whole.group(2), whole.group(3)))
    elif attribute is not None and not attribute.group(2).startswith("{"):
        _note(current, ".".join([*nested, attribute.group(1)]), _value(attribute.group(1), attribute.group(2)))
    elif attribute is not None and attribute.group(2).endswith("}"):  # tags = { team = "ml" }
        _note(current, ".".join([*nested, attribute.group(1)]), True)
    elif plain.rstrip().endswith("{"):
        inner = _INNER.match(line) or _ATTRIBUTE.match(line)
        nested[depth - 1 :] = [inner.group(1) if inner else "?"]
        if inner:
            if len(nested) == 1 and inner.group(1) in _RULES:
                current["rules"].append({"name": inner.group(1), "attributes": {}, "off": False})
            _note(current, ".".join(nested), True)


def _note(current: dict[str, Any], key: str, value: Any) -> None:
    """Keep the first value of an attribute, and in a rule of its own those of each rule."""
    current["attributes"].setdefault(key, value)
    first, _, rest = key.partition(".")
    if rest and first in _RULES and current["rules"] and current["rules"][-1]["name"] == first:
        rule = current["rules"][-1]
        rule["attributes"].setdefault(rest, value)
        rule["off"] = rule["off"] or (rest, value) in (("status", "Disabled"), ("enabled", False))


def _value(key: str, text: str) -> Any:
    if is_secret_name(key):
        return Unknown("not kept")
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?\d+", text):
        return int(text[:18])
    if re.fullmatch(r'"[^"$%\\]*"', text):
        return text[1:-1]
    if text.startswith("[") and text.endswith("]"):
        parts = [part.strip() for part in text[1:-1].split(",") if part.strip()]
        if all(re.fullmatch(r'"[^"$%\\]*"', part) for part in parts):
            return [part[1:-1] for part in parts]
    return Unknown(f"{text[:80]} is not evaluated")
