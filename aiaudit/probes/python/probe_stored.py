"""The probe `python.stored`: classes whose objects a database keeps, what of a decision they hold, who fills them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.probes.python.record_fields import field_of
from aiaudit.probes.reading import Files
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role

STORED: Final = record(
    "stored class",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    name=STRING,
    table=STRING,
    columns=list_of(STRING),
    fields=list_of(STRING),
    decides=BOOL,
    filled=STRING,
    counted=STRING,
    beside=list_of(STRING),
    joined=BOOL,
)
# Classes that are named for what a model answered.
_DECISION: Final = lazy.regex(
    r"(?i)predict|recommend|forecast|inference|classif|detect(?:ion|ed)|scor(?:e|ing)(?!card)|generation|completion"
    r"|(?:llm|chat|ai|model|agent)_?(?:call|response|answer|output|log|message)|^answers?(?![a-z])"
)
# Classes that are named for how models are made and judged, and for nothing that one answered in use.
_MAKING: Final = lazy.regex(
    r"(?i)(?<!tri)eval|experiment|bench|(?<!cons)train|metric|leaderboard|registry|^models?$|^model_?runs?|version$|(?<!la)test|threshold"
)
_OF_A_TRAINING: Final = lazy.regex(
    r"(?i)^(?:trained_at|train(?:ing)?_(?:rows|size|samples|time|accuracy|loss)|r2|w?mape|mae|rmse)$"
)
# Of these, the ones whose rows can be nothing but answers: `PredictionHistory`.
_SAID: Final = lazy.regex(
    r"(?i)^(?:model_?)?(?:predictions?|forecasts?|inferences?)(?:_?(?:history|logs?|records?|entry|entries|results?))?$"
)
# Columns that hold an answer, and not just any result.
_ANSWER: Final = lazy.regex(
    r"(?i)predict|output|response|answer|completion|generated|confidence|proba|logprob|recommended|forecast"
)
_IS_ANSWER: Final = lazy.regex(
    r"(?i)predict|output|response|answer|completion|generated|recommended|forecast"
)  # not how sure
_ASKED: Final = lazy.regex(r"(?i)^(?:\w+_)?(?:query|question|prompt)(?:_text)?$")
# A version that is that of a model; a row's own version number is none.
_OF_MODEL: Final = lazy.regex(r"(?i)model|engine_?version|prompt_?version|algorithm_?version|deployment")
# Tables for what became of an answer, by their names or their columns.
_OUTCOME: Final = lazy.regex(
    r"(?i)feedback|hitl|human|truth|thumb|outcome|action|click|interaction|impression|conversion|engagement|complain|appeal"
    r"|rating|vote|verdict|actual|corrected|correct$|helpful|^true_"
)
# A message with who said it, or a question beside its answer.
_QUESTION: Final = lazy.regex(
    r"(?i)^(?:content|text|body|message|texto|contenido|mensaje|conteudo|texte|contenu|testo|inhalt|nachricht)$|query|question|prompt"
)
_REPLY: Final = lazy.regex(
    r"(?i)^(?:role|sender|author|is_user|is_bot|rol|papel|autor)$|answer|response|reply|output|completion|sql"
)
# What a model may have made, or how it was made, by the whole words of a name: `summary_text`, `TrainingRun`.
_MADE: Final = lazy.regex(
    r"(?:^|_|(?<=[a-z])(?=[A-Z]))(?i:summar(?:y|ies)|results?|responses?|analys[ei]s|reports?|detections?|translations?|transcri(?:pts?|ptions?)"
    r"|captions?|generat(?:ed|ions?)|diagnos[ei]s|recommendations?|forecasts?|predict(?:ed|ions?)|inferences?|verdicts?|sentiment|runs?|trainings?|experiments?|ai|llm|gpt)"
    r"(?=$|_|[A-Z])"
)
_MOMENT: Final = lazy.regex(r"(?i)_(?:at|on|date)$")
_ASIDE: Final = lazy.regex(
    r"(?i)(?:^|[/_])(?:seeds?|demo\w*|fixtures?|factor(?:y|ies)|migrations|alembic|conftest)(?:[/_.]|$)"
)
_USED: Final = lazy.regex(r"^(?:(?:input|output|prompt|completion|total)_tokens?|tokens_used|tokens)$")  # by calls
_LONGEST: Final = 500  # characters of a line that are looked at
_MOST_FILES: Final = 200  # in which it is looked for who fills a class


class StoredQuery(CodeQuery):
    """Models and documents of SQLAlchemy, SQLModel, Django, Peewee, Tortoise, MongoEngine and Beanie. fields: which of
    the eight of a record of a decision (see `python.records`) their columns are, together with those of tables that are
    `beside` them, which they point to (joined: some of the fields stand only there); decides: whether what a model
    answered is among them. filled: the first place of code, `path:line`, that makes one ("" where none was seen, or
    where neither an answer, what became of one, what was said nor what may be an answer by its name is kept). counted:
    the same of a class that keeps how many tokens were used."""

    features: ClassVar[tuple[str, ...]] = ("stored",)


class StoredProbe(Probe[StoredQuery]):
    name: ClassVar[str] = "python.stored"
    title: ClassVar[str] = "Classes whose objects a database keeps, and which fields of a decision they hold"
    query: ClassVar[type[Query]] = StoredQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: StoredQuery) -> Type:
        return list_of(STORED)

    def answer(self, fact_id: str, query: StoredQuery, context: Context) -> Fact:
        rows = context.memo.get("python.stored")
        if rows is None:
            rows = context.memo["python.stored"] = _judged(context)

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            yield from rows.get(entry.path, ())

        return fact_of(fact_id, query, context, find, lambda one: one["name"], having="stored")


def _judged(context: Context) -> dict[str, list[dict[str, Any]]]:
    """The classes of all files, with what they hold and who fills them."""
    project = python_project(context)
    classes = [(path, row) for path in project.having.get("stored", ()) for row in project.records[path]["stored"]]
    by_name = {name: row for _, row in classes for name in (row["name"], row["table"])}
    makers = _Makers(project, context, {name for path, row in classes for name in (row["name"], _stem(path))})
    found: dict[str, list[dict[str, Any]]] = {}
    for path, row in classes:
        beside = [by_name[ref] for ref in row["refs"] if ref in by_name and by_name[ref] is not row]
        fields = _fields(row)
        answers = bool(_DECISION.search(row["name"])) or any(map(_ANSWER.search, row["columns"]))
        decides = answers and not _of_a_training(row)
        if decides and not _asks_alone(row):
            fields |= {"output"}
        own = set(fields)
        for other in beside:  # `Slick.run`, whose row tells the model and the time
            told = _fields(other)
            fields |= told - {"output", "confidence", "request_id"} if "model_version" in told else set()
        named = bool(fields & {"model_version", "confidence"})
        decides = decides and (named or (bool(_SAID.search(row["name"])) and _ties(fields)))
        found.setdefault(path, []).append(
            {
                "cell": 0,
                **{key: row[key] for key in ("line", "cell", "function", "name", "table", "columns")},
                "fields": sorted(fields),
                "decides": decides,
                "filled": makers.first(path, row["name"])
                if answers or _asked(row) or _talks(row) or _may_answer(row)
                else "",
                "counted": makers.first(path, row["name"]) if any(map(_USED.search, row["columns"])) else "",
                "beside": sorted(other["name"] for other in beside),
                "joined": fields != own,
            }
        )
    return found


def _asks_alone(row: dict[str, Any]) -> bool:
    """Whether a row keeps what was asked and how sure the answer was, and not the answer."""
    if _DECISION.search(row["name"]) or any(map(_IS_ANSWER.search, row["columns"])):
        return False
    return any(map(_ASKED.search, row["columns"]))


def _of_a_training(row: dict[str, Any]) -> bool:
    """Whether a row tells of how a model was made or judged, by the name of its class, or by its columns where the name
    is not that of answers."""
    if _MAKING.search(row["name"]):
        return True
    return not _DECISION.search(row["name"]) and any(map(_OF_A_TRAINING.search, row["columns"]))


def _ties(fields: set[str]) -> bool:
    """Whether a row says when which answer was given, and to whom or to what."""
    return {"output", "time"} <= fields and bool(fields & {"user_ref", "input_ref"})


def _fields(row: dict[str, Any]) -> set[str]:
    fields = set()
    for column in row["columns"]:
        name = field_of(column)
        if not name and _MOMENT.search(column):
            name = "time"
        if name and (name != "model_version" or _OF_MODEL.search(column)):
            fields.add(name)
    return fields


def _talks(row: dict[str, Any]) -> bool:
    """Whether it is a table of what was said: a message with who said it, or a question beside its answer."""
    asked, answered = (any(pattern.search(one) for one in row["columns"]) for pattern in (_QUESTION, _REPLY))
    return asked and answered


def _asked(row: dict[str, Any]) -> bool:
    return any(map(_OUTCOME.search, (row["name"], *row["columns"])))


def _may_answer(row: dict[str, Any]) -> bool:
    """Whether its name or a column of it is a word for what a model may have made, or for how it was made."""
    return any(map(_MADE.search, (row["name"], *row["columns"])))


class _Makers:
    """Who makes objects of a class: files that import it, or its module, are looked through for its name. `wanted`: the
    names of the classes and of their modules; of what else a file imports nothing is kept."""

    def __init__(self, project: PythonProject, context: Context, wanted: set[str]) -> None:
        self.files = Files(context.project)
        self.by_name: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.by_module: dict[str, list[str]] = defaultdict(list)
        self.modules: dict[tuple[str, str], str] = {}
        self.by_stem: dict[str, list[str]] = defaultdict(list)
        for path in project.records:
            self.by_stem[_stem(path)].append(path)
        self.own = {
            entry.path
            for entry in context.project.files
            if wanted and entry.suffix == ".py" and entry.role is Role.CODE and not _ASIDE.search(entry.path)
        }
        for path in project.records:
            if path in self.own:
                for imported, _ in project.base(path).each_import():
                    module = imported.module.rpartition(".")[2]
                    if imported.name in wanted:
                        self.by_name[imported.name].append((path, imported.alias or imported.name))
                        self.modules[path, imported.name] = imported.module
                    if module in wanted:
                        self.by_module[module].append(path)

    def first(self, path: str, name: str) -> str:
        """The first place that makes one: calls it, or hands it to something that inserts."""
        for other, alias in islice(self._users(path, name), _MOST_FILES):
            text = self.files.text(other) or ""
            if alias in text and (line := _made_at(text, alias)):
                return f"{other}:{line}"
        return ""

    def _users(self, path: str, name: str) -> Iterator[tuple[str, str]]:
        stem = _stem(path)
        named = dict(
            one for one in self.by_name.get(name, ()) if one[0] != path and not self._is_another(one[0], path, name)
        )
        yield from named.items()
        for other, _ in self.by_name.get(stem, ()):  # `from app import models`
            if other != path and other not in named:
                yield other, name
        for other in dict.fromkeys(
            self.by_module.get(stem, ())
        ):  # `import app.models as db`, `from app.models import *`
            if other != path and other not in named:
                yield other, name
        if path in self.own:
            yield path, name

    def _is_another(self, user: str, path: str, name: str) -> bool:
        """Whether a file takes the name from a module of the project that has a class of its own by it."""
        module = self.modules.get((user, name), "").lstrip(".").replace(".", "/")
        if not module or module == path.removesuffix(".py"):
            return False
        own = re.compile(rf"(?m)^class {re.escape(name)}\b")
        return any(
            own.search(self.files.text(one) or "")
            for one in self.by_stem.get(module.rpartition("/")[2], ())
            if one != path and (one == f"{module}.py" or one.endswith(f"/{module}.py"))
        )


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py")


def _made_at(text: str, name: str) -> int:
    """The first line of a text on which an object of a class is made; 0 where there is none."""
    word = re.escape(name)
    made = re.compile(
        rf"(?<!class )(?<!isinstance\()(?<!\w)(?:\w{{1,60}}\.)?{word}"
        r"(?:\.(?:objects\.)?(?:a?create|bulk_create|insert\w*|get_or_create|update_or_create|model_validate|parse_obj|from_orm)"
        r"|\.objects\([^)\n]{0,200}\)\.(?:upsert\w*|modify))?\("
        rf"|\b\w{{0,40}}(?:insert|add|create|save|upsert)\w{{0,40}}\(\s{{0,40}}(?:[\w.]{{1,60}}\s?,\s{{0,40}}){{0,3}}"
        rf"(?:\w{{1,60}}\.)?{word}\b"
    )
    lines = [line[:_LONGEST] for line in text.split("\n")]
    for number, line in enumerate(lines, 1):
        if name not in line or line.lstrip().startswith(("class ", "#", "from ", "import ", "def ", "async def")):
            continue
        if made.search(line) or made.search("\n".join(lines[max(0, number - 4) : number])):
            return number
    return 0
