"""Records with what their tables add: a row that is inserted has the columns that the database fills by itself, too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.base import Context
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.project import python_project
from aiaudit.probes.python.record_fields import SAID, field_of
from aiaudit.probes.python.records import LEAST, LEAST_FIELDS
from aiaudit.probes.table_files import tables_in_files

_OF_A_TURN: Final = SAID | {"role", "type"}  # keys of what was said, by whoever said it
_MEMO: Final = "python.records.joined"
_PARTS: Final = ("keys", "adds", "times", "refs")
_ASKING: Final = name_set("user human customer client visitor")
_FILES: Final = lazy.regex(
    r"(?i)^(?:(?:original_?|source_?)?file_?name|(?:file|image|img|photo|picture|audio|video|document)(?:_?(?:name|path|url|id))?)$"
)  # what was asked about, beside what was answered
# Words for what a model said; a result, a score or a class is one beside what it was made of, or how sure it was.
_SAYS: Final = lazy.regex(
    r"(?i)predi[ckz]|answer|respon|repl(?:y|ies)|complet|generat|output|inferen|forecast|recommend|diagnos|sentiment"
    r"|summar|transcri|translat"
)
_TALK: Final = lazy.regex(r"(?i)messag|chat|convers|turn|histor|dialog|memor|thread|log|interact")
_TALKS: Final = name_set("session_id chat_id chat_session_id room_id job_id task_id")  # in which it was answered


def joined_records(context: Context) -> dict[str, list[dict[str, Any]]]:
    """The rows by path, worked out once for all queries."""
    known: dict[str, list[dict[str, Any]]] | None = context.memo.get(_MEMO)
    if known is None:
        known = context.memo[_MEMO] = _joined(context)
    return known


def _joined(context: Context) -> dict[str, list[dict[str, Any]]]:
    project = python_project(context)
    rows = {path: project.records[path]["records"] for path in project.having.get("records", ())}
    described = [one for path in project.having.get("described", ()) for one in project.records[path]["described"]]
    tables = _Tables([*tables_in_files(context), *described] if any(map(_names_a_table, rows.values())) else [])
    speakers: dict[str, set[str]] = defaultdict(set)
    for row in (row for some in rows.values() for row in some if row["table"]):
        speakers[_plain(row["table"])].add(row["speaker"])
    found: dict[str, list[dict[str, Any]]] = {}
    for path, some in rows.items():
        for row in some:
            # where only users speak in a table, no answer stands in it
            asked = bool(row["table"]) and speakers[_plain(row["table"])] <= _ASKING
            if (whole := tables.completed(row)) is not None and not asked:
                found.setdefault(path, []).append(whole)
    return found


def _names_a_table(rows: Iterable[dict[str, Any]]) -> bool:
    return any(row["table"] for row in rows)


class _Tables:
    """The tables of a project by their names, wherever they are described."""

    def __init__(self, described: Iterable[dict[str, Any]]) -> None:
        self._of: dict[str, dict[str, set[str]]] = {}
        for table in described:
            for name in table["names"]:
                kept = self._of.setdefault(_plain(name), {part: set() for part in _PARTS})
                for part in _PARTS:
                    kept[part].update(table[part])

    def completed(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """A record with what its table adds: the time, an id, and whose it is by what it points to; None where even
        so it is none."""
        table = self._of.get(_plain(row["table"])) if row["table"] else None
        own = set(row["fields"])
        if table is None or "output" not in own or not _may_answer(row, own):
            return None if row["lacks"] else row
        if _TALKS & set(row["keys"]):
            own.add("request_id")
        if any(map(_FILES.search, row["keys"])):
            own.add("input_ref")
        adds = {field for one in table["adds"] if (field := field_of(one)) in ("time", "request_id")}
        adds |= {"time"} if table["times"] else set()
        adds |= {"user_ref"} if any(map(self._is_of_a_user, table["refs"])) else set()
        telling = row["telling"] + len((own | adds) & {"time", "request_id"} - set(row["fields"]))
        if len(own | adds) < LEAST_FIELDS or telling < LEAST:
            return None if row["lacks"] else row
        return {**row, "fields": sorted(own | adds), "added": sorted(adds - own), "described": True}

    def _is_of_a_user(self, name: str) -> bool:
        other = self._of.get(_plain(name))
        return other is not None and any(field_of(key) == "user_ref" for key in other["keys"])


def _may_answer(row: dict[str, Any], fields: set[str]) -> bool:
    """Whether a model may have said what is kept: scores are also won in games, and who is invited has a role, too."""
    if row["answer"] in _OF_A_TURN:
        return _TALK.search(row["table"]) is not None
    if fields & {"confidence", "model_version"} or any(map(_SAYS.search, (row["table"], row["answer"]))):
        return True
    of_a_file = any(map(_FILES.search, row["keys"]))
    return (of_a_file or "input_ref" in fields) and any(key.startswith("result") for key in row["keys"])


def _plain(name: str) -> str:
    return name.rpartition(".")[2].strip('"`[]').replace("_", "").lower()
