"""The eight fields of a record of a decision, by the names that its keys or columns have."""

from __future__ import annotations

import ast
import re
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.match import name_set

# The eight fields of a record, by the names that keys have. The first that matches counts.
FIELDS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (name, lazy.regex(rf"(?i)(?:^|[_.\-])(?:{pattern})(?:$|[_.\-])"))
    for name, pattern in (
        (
            "request_id",
            r"(?:request|req|trace|correlation|prediction|inference|event|message|conversation|thread|run|call|decision)_?id|uuid|^id$",
        ),
        (
            "latency",
            r"latency|latency_ms|duration|duration_ms|elapsed|response_time|processing_time|inference_time|took",
        ),
        ("time", r"time|timestamp|ts|dt|created|date|datetime|(?:creat|logg|predict|scor|record|generat)ed_at"),
        (
            "model_version",
            r"model|model_version|model_name|model_id|model_uri|model_stage|modelo|modele|modell|version|deployment",
        ),
        ("confidence", r"confidence|probability|probabilities|proba|prob|logprobs?|certainty"),
        (
            "user_ref",
            r"(?:user|customer|client|tenant|account)(?:_?id|_ref)?(?![_.\-]?(?:value|segment|lifetime|spend|agent|type|count|age|message|input|text|query|question|prompt)s?(?:[_.\-]|$))"
            r"|caller|actor",
        ),
        ("output", r"(?:output|response|answer|result)s?_(?:data|payload|texts?|messages?|json)"),  # no `data`
        (
            "input_ref",
            r"input|inputs|input_hash|input_ref|prompt|question|query|features|payload|request|texts?|messages|data|user_message"
            # the thing that was asked about, in a table of what a job predicted
            r"|(?:item|store|product|sku|asset|machine|device|sensor|site|station|order|transaction|vehicle|patient)_id",
        ),
        (
            "output",
            r"output|outputs|prediction|predictions|predicted|y_?pred|y_?hat|response|answer|result|label|completion|decision|score|class",
        ),
    )
)
# Figures about an answer, such as how long it is, are no answer; versions of something else are none of a model.
_ABOUT: Final = lazy.regex(r"(?i)^(?:n|num|count|has|is)_|_(?:count|size|length|len|tokens?|type|status|code)$")
_OF_OTHERS: Final = lazy.regex(
    r"(?i)^(?:schema|api|app|python|event|file|doc|document|policy|protocol)_version$|version_(?:number|no)$"
)
_BESIDE_A_CONFIDENCE: Final = name_set("sentiment rating category intent emotion species disease diagnosis class_name")
SAID: Final = name_set("content text message body message_text")


def field_of(key: str) -> str:
    """Which of the eight fields a key is; "" for none."""
    name = next((name for name, pattern in FIELDS if pattern.search(key)), "")
    if name in ("input_ref", "output") and _ABOUT.search(key):
        return ""
    return "" if name == "model_version" and _OF_OTHERS.search(key) else name


def fields_of(named: dict[str, ast.expr | None]) -> dict[str, str]:
    """Which of the eight fields the keys are, and by which key."""
    fields: dict[str, str] = {}
    for key, value in named.items():
        name = field_of(key)
        if not name or name in fields:
            continue
        if name == "model_version" and isinstance(value, ast.Constant):
            continue  # a version that never changes tells nothing
        if name == "output" and isinstance(value, ast.Constant) and value.value in ("", None):
            continue  # no answer was given
        fields[name] = key
    if "output" not in fields and "confidence" in fields:
        for key in sorted(named.keys() & _BESIDE_A_CONFIDENCE):
            fields["output"] = key
    if "input_ref" in fields and "output" not in fields and (SAID | {"data", "texts", "contents"}) & named.keys():
        spoken = [key for key in named if key in ("role", "type")]
        if spoken:  # what was said, by the user or by the model
            fields["output"] = spoken[0]
    return fields
