"""The probe `python.model_requests`: requests by which Python code asks a language model over HTTP itself."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.project import PythonProject
from aiaudit.project.entry import Entry

MODEL_REQUEST: Final = record(
    "model_request",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    name=STRING,
    asked=STRING,
    limit=STRING,
)


class ModelRequestsQuery(CodeQuery):
    """Requests to a language model by a library for HTTP, known by their address as far as the file tells it: the path
    (`/chat/completions`, `/api/generate`) or the host of a provider. Lists of models, vectors, sounds and pictures are
    none. name: the function that sends it; function: the function in which it stands; asked: the path, where no host
    of a provider tells it; limit: whether what is sent names a limit on output tokens ("given", "lacking", "" where
    that is not told)."""

    features: ClassVar[tuple[str, ...]] = ("model_requests",)


class ModelRequestsProbe(Probe[ModelRequestsQuery]):
    name: ClassVar[str] = "python.model_requests"
    title: ClassVar[str] = "Requests by which Python code asks a language model over HTTP"
    query: ClassVar[type[Query]] = ModelRequestsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: ModelRequestsQuery) -> Type:
        return list_of(MODEL_REQUEST)

    def answer(self, fact_id: str, query: ModelRequestsQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> list[dict[str, Any]]:
            return [
                {"cell": 0, "function": "", "limit": "", **row}
                for row in project.records[entry.path].get("model_requests", ())
            ]

        return fact_of(fact_id, query, context, find, note=lambda one: str(one["name"]), having="model_requests")
