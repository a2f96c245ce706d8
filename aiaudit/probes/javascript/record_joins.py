"""What is known of records when all files are: their clients, who fills a parameter, what a table adds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.base import Context
from aiaudit.probes.javascript.flows import completions
from aiaudit.probes.javascript.names import LOCAL, UNKNOWN
from aiaudit.probes.javascript.project import JavaScriptProject, javascript_project
from aiaudit.probes.javascript.record_fields import asks, by_sessions, names_an_answer, snake, told_fields
from aiaudit.probes.javascript.record_sinks import STORES
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.record_fields import field_of
from aiaudit.probes.table_files import tables_in_files

_MEMO: Final = "javascript.records"
_MAKES: Final = ("typeorm", "@mikro-orm", "@nestjs/typeorm")  # whose `create` only makes an object
MAX_CALLERS: Final = 6  # of one function that hands on what it is given
MOST: Final = 8  # fields of a record
MAX_DEPTH: Final = 3
# A function by whose name a model writes, in a file from which one is reached.
_WRITES: Final = lazy.regex(
    r"(?i)generat|complet|summar|analy[sz]|translat|transcri|answer|repl(?:y|ies)|respon|predict|classif|recommend|suggest"
    r"|evaluat|feedback|synthe|verdict|assess|judge|draft|rewrit|describe|diagnos|coach|chat|prompt|llm|gpt|gemini|claude|openai|(?:^|\.)(?:ai|ask)"
)
_NO_MODEL: Final = frozenset(
    ("brand", "make", "year", "color", "mileage", "vin", "serial", "manufacturer", "license_plate")
)
_WRITTEN: Final = name_set(
    "content summary text html code image_url transcript translation plan cards questions feedback analysis body url"
    " result message reply"
)
_NO_ANSWER: Final = name_set("embedding embeddings vector password password_hash")
_SUFFIX: Final = lazy.regex(r"(?:_?(?:model|repository|repo|entity|schema|table|collection|service))$")


def joined_records(context: Context) -> dict[str, list[dict[str, Any]]]:
    """The rows by path, worked out once for all queries."""
    known: dict[str, list[dict[str, Any]]] | None = context.memo.get(_MEMO)
    if known is None:
        known = context.memo[_MEMO] = _Joined(javascript_project(context), tables_in_files(context)).rows()
    return known


class _Joined:
    def __init__(self, project: JavaScriptProject, tables: Iterable[dict[str, Any]]) -> None:
        self.project = project
        self.tables: dict[str, dict[str, set[str]]] = {}
        for table in tables:
            self._table(table)
        for record in project.records.values():
            for table in record.get("tables", ()):
                self._table(table)
        self.callers: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for path, record in project.records.items():
            for row in record.get("handed", ()):
                target = self._target(row["by"], path)
                if target is not None:
                    self.callers[target].append((path, row))
        self.asking: dict[str, set[str]] = {}  # file -> the functions in it in which a model is asked
        for path, record in project.records.items():
            names = {*record.get("asking", ()), *record.get("answering", ())}
            names |= {at for spec, rest, at in record.get("asks_by", ()) if self._is_model(spec, rest, path)}
            if names or "asking" in record:
                self.asking[path] = names
        self.leading, self.near = self._around()

    def _is_model(self, spec: str, rest: str, path: str) -> bool:
        return bool(completions().match(self.project.follow(spec, rest, path).name))

    def _around(self) -> tuple[set[str], set[str]]:
        """The files from which a model is reached over two imports, and these with what they import themselves."""
        imports = {
            path: {
                file for one in self.project.base(path).get("imports", ()) if (file := self.project.file(one[1], path))
            }
            for path in self.project.records
        }
        leading = set(self.asking)
        for _ in range(2):
            leading |= {path for path, targets in imports.items() if targets & leading}
        return leading, leading.union(*(imports.get(path, set()) for path in leading))

    def _writes(self, called: list[str], path: str) -> bool:
        """Whether a model writes what a function of the project gives back."""
        found = self.project.follow(called[0], called[1], path) if called[0] != LOCAL else None
        where, name = (path, called[1]) if found is None else (found.path, found.local)
        if name.rpartition(".")[2] in self.asking.get(where, ()):
            return True
        return where in self.leading and _WRITES.search(name) is not None

    # --- tables ------------------------------------------------------------------------------------------------------
    def _table(self, table: dict[str, Any]) -> None:
        kept: dict[str, set[str]] = next(
            (self.tables[key] for name in table["names"] if (key := _plain(name)) in self.tables),
            {"keys": set(), "adds": set(), "refs": set()},
        )
        for part in ("keys", "adds", "refs"):
            kept[part].update(table[part])
        if table.get("whole"):
            kept["whole"] = {"columns"}
        for name in table["names"]:
            self.tables.setdefault(_plain(name), kept)

    def _of_table(self, name: str) -> dict[str, set[str]] | None:
        plain = _plain(name)
        bare = _SUFFIX.sub("", plain)
        for one in (plain, bare, bare.removesuffix("s"), f"{bare}s"):
            if one and one in self.tables:
                return self.tables[one]
        return None

    # --- names -------------------------------------------------------------------------------------------------------
    def _target(self, by: list[str], path: str) -> tuple[str, str] | None:
        """The file and the last name of a function of the project."""
        spec, rest = by
        if spec == LOCAL:
            return path, rest.rpartition(".")[2]
        found = self.project.follow(spec, rest, path) if spec != UNKNOWN else None
        return (found.path, found.local.rpartition(".")[2]) if found is not None and found.path else None

    def _keeps(self, row: dict[str, Any], path: str) -> bool:
        """Whether the client of a row is that of a store, which keeps with this verb."""
        if "by" not in row:
            return True
        store = self._store(row["by"], path)
        return bool(store) and not (row["name"].endswith(".create") and store.startswith(_MAKES))

    def _store(self, by: list[str], path: str) -> str:
        """The library of a store that a client belongs to; "" for other clients."""
        spec, rest = by
        if STORES.match(spec.removeprefix("node:").removeprefix("npm:")):
            return spec
        if spec == LOCAL:
            return self._extends(path, rest.partition(".")[0])
        if spec == UNKNOWN:
            return ""
        found = self.project.follow(spec, rest, path)
        if not found.name.startswith("@."):  # a package's
            return found.name if STORES.match(found.name) is not None else ""
        return self._extends(found.path, found.local.partition(".")[0])

    def _extends(self, path: str, name: str, depth: int = 0) -> str:
        base = self.project.records.get(path, {}).get("kept_classes", {}).get(name, "")
        spec, _, rest = base.partition(" ")
        if not spec or depth > MAX_DEPTH:
            return ""
        if STORES.match(spec):
            return str(spec)
        found = self.project.follow(spec, rest, path)
        return self._extends(found.path, found.local.partition(".")[0], depth + 1) if found.path else ""

    # --- rows --------------------------------------------------------------------------------------------------------
    def rows(self) -> dict[str, list[dict[str, Any]]]:
        made: list[tuple[str, dict[str, Any]]] = []
        for path, record in self.project.records.items():
            for row in record.get("records", ()):
                if not self._keeps(row, path):
                    continue
                made += self._filled(path, row, 0)
        self._together(made)
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        begun = {_plain(row["table"]) for _, row in made if row["kind"] == "insert" and row["table"]}
        for _, row in made:
            if row["kind"] == "update" and _plain(row["table"]) in begun:
                continue
            self._added(row)
            if not any(one["line"] == row["line"] and one["table"] == row["table"] for one in found[row["path"]]):
                found[row["path"]].append(row)
        return found

    def _filled(self, path: str, row: dict[str, Any], depth: int) -> list[tuple[str, dict[str, Any]]]:
        """The row itself; where a parameter brings what is kept, one row for each call that was seen to fill it."""
        own = self._read(path, row)
        handed = row.get("handed")
        if not handed or handed[1] or depth > MAX_DEPTH or not row.get("open"):
            return [(path, own)]
        calls = [
            (where, one)
            for where, one in self.callers.get((path, row.get("named", "")), ())
            if one["place"] == handed[0] and (where, one["line"]) != (path, row["line"])
        ]
        found: list[tuple[str, dict[str, Any]]] = []
        for where, one in calls[:MAX_CALLERS]:
            for at, filled in self._filled(where, {**one, "table": row["table"], "kind": row["kind"]}, depth + 1):
                keys = list(dict.fromkeys([*own["keys"], *filled["keys"]]))[:40]
                fields = own["fields"] | filled["fields"]
                whole = {**own, **{key: filled[key] for key in ("line", "function", "near", "open")}}
                whole |= {"keys": keys, "fields": fields, "says": filled["says"] or own["says"]}
                whole["answer"] = filled["answer"] or own["answer"]
                if row["kind"] == "file":  # by the name that says what is written
                    whole["name"] = filled["name"] or one["by"][1].rpartition(".")[2]
                found.append((at, whole))
        return found or [(path, own)]

    def _read(self, path: str, row: dict[str, Any]) -> dict[str, Any]:
        fields, answer = set(row["fields"]), ""
        for source in row.get("values", {}).values():
            if source == "user":
                fields.add("input_ref")
            elif source == "llm" or self._writes(source, path):
                fields.add("output")
                answer = "model"
        keys = {snake(key) for key in row["keys"]}
        if keys & _NO_ANSWER:
            fields, answer = fields - {"output"}, ""
        elif "model_version" in fields and keys & _WRITTEN and not keys & _NO_MODEL:
            fields.add("output")  # which model, beside what it wrote
        near = path in self.near or not self.asking
        if row.get("sink", "store") == "store" and asks(row["keys"]):
            fields.add("output")  # a picture or a recording, beside what was asked for
            answer = answer or "named"
        elif not answer and near and names_an_answer(row["keys"], fields):
            answer = "named"
        return {
            "line": row["line"],
            "function": row["function"],
            "name": row.get("name", ""),
            "sink": row.get("sink", ""),
            "table": row["table"],
            "kind": row["kind"],
            "keys": row["keys"],
            "fields": fields,
            "says": row.get("says", ""),
            "answer": answer,
            "near": near,
            "most": MOST,
            "open": bool(row.get("open")),
        }

    def _together(self, made: list[tuple[str, dict[str, Any]]]) -> None:
        """Of one table: what later statements add to a row, and who speaks in it."""
        tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for path, row in made:
            row["path"] = path
            if row["table"] and row["sink"] == "store":
                tables[_plain(row["table"])].append(row)
        for rows in tables.values():
            changed = [one for one in rows if one["kind"] == "update"]
            spoken = {one["says"] for one in rows} - {""}
            for one in rows:
                says = one["says"]
                for other in changed if one["kind"] == "insert" else ():
                    one["fields"] |= other["fields"]
                    one["keys"] = list(dict.fromkeys([*one["keys"], *other["keys"]]))[:40]
                    if other["answer"] and not one["answer"]:  # told where the answer is written
                        one |= {key: other[key] for key in ("answer", "path", "line", "function", "name", "near")}
                    says = says or other["says"]
                if says:
                    one["fields"] |= {"input_ref"} if spoken & {"user", "any"} else set()
                if says and spoken & {"model", "any"}:
                    one["fields"].add("output")
                    one["answer"] = one["answer"] or ("asked" if one["says"] == "user" else "spoken")

    def _added(self, row: dict[str, Any]) -> None:
        """What the table adds by itself, and whose it is by what it points to."""
        table = self._of_table(row["table"]) if row["sink"] == "store" and row["table"] else None
        if table is not None and "whole" in table and row["open"] and row["name"].endswith(".save"):
            columns, row["says"] = told_fields(dict.fromkeys(sorted(table["keys"])))
            row |= {"keys": sorted(table["keys"])[:40], "fields": row["fields"] | columns, "open": False}
            if row["says"]:
                row["answer"], row["fields"] = "spoken", row["fields"] | {"output", "input_ref"}
            elif row["near"] and names_an_answer(row["keys"], row["fields"]):
                row["answer"] = row["answer"] or "named"
        if table is not None and row["open"] and table["keys"]:
            columns, says = told_fields(dict.fromkeys(sorted(table["keys"])))
            row["most"] = len(columns | row["fields"] | ({"output", "input_ref"} if says else set()))
        if table is not None:
            adds, _ = told_fields(dict.fromkeys(table["adds"]))
            row["fields"] |= adds & {"time", "request_id"} | ({"request_id"} if "_id" in table["adds"] else set())
            if "output" in row["fields"]:
                for one in table["refs"]:
                    other = self._of_table(one)
                    if other is not None and any(_is_user(snake(key)) for key in other["keys"]):
                        row["fields"].add("user_ref")
        by_sessions(row["keys"], row["fields"])


def _is_user(key: str) -> bool:
    return field_of(key) == "user_ref" or key in ("owner", "owner_id", "visitor_id")


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
