"""Which of the eight fields of a record the keys of an object are, as `python.records` tells them by their names."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.record_fields import SAID, field_of, fields_of

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_HUMPS: Final = lazy.regex(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# What a machine said, where the key says that a machine said it.
_OF_A_MODEL: Final = lazy.regex(
    r"^(?:ai|bot|llm|gpt|assistant|generated|model)_(?:\w+_)?(?:response|answer|reply|message|text|output|content|summary"
    r"|analysis|result|feedback|suggestions?|recommendations?|insights?|code|html|image(?:_url)?)s?$|^repl(?:y|ies)$"
)
_TAKES: Final = lazy.regex(
    r"latency|elapsed|took|duration_?ms$|^duration$|(?:response|processing|inference|generation|execution|answer)_time(?:_ms|_seconds)?$"
)
_MODELS: Final = name_set("model model_name model_id ai_model llm_model gpt_model")
# Keys that name an answer by themselves; a score, a class or a result is one beside a model or a confidence only.
_ANSWERS: Final = lazy.regex(
    r"(?:^|_)(?:answer|response|completion|prediction|predicted|output|outputs|reply|replies)(?:_(?:text|data|payload|json|message|body|content|html|url))?$"
)
_PROMPTS: Final = name_set("prompt prompts prompt_text user_prompt text_prompt image_prompt full_prompt")
_FILE: Final = lazy.regex(
    r"^(?:\w+_)?(?:image|video|audio|file|storage|result|output|supabase|public|asset|media|blob|s3)s?_(?:urls?|paths?|keys?)$|^(?:image_)?urls?$"
)
_SPEAKERS: Final = name_set(
    "role sender speaker author is_user is_bot from_user sender_type message_type author_role is_ai"
)
_TALKS: Final = name_set("messages history conversation turns chat chats dialog thread")  # both sides in one document
_KINDS: Final = name_set("type kind from by message_role")  # who speaks, where the value says so
_SESSIONS: Final = name_set("session_id chat_id chatroom_id room_id interview_id task_id job_id")
_OF_A_USER: Final = lazy.regex(r"^['\"](?:user|human|customer|client|visitor|me|USER|HUMAN|User)['\"]$")
_OF_THE_MODEL: Final = lazy.regex(r"(?i)^['\"](?:assistant|ai|bot|model|system|gpt|llm)['\"]$")
_ABOUT: Final = lazy.regex(r"_(?:format|schema|language|lang|dir|path|folder|limit|mode|style)$")
_NO_ANSWER: Final = lazy.regex(
    r"(?i)token|usage|count|length|status|title|(?:^|_)name$|type|cost|credits?|(?:^|_)id$|model|finish|reason|error|(?:^|_)at$|url$|key$"
)


def snake(key: str) -> str:
    """`createdAt` as `created_at`."""
    return _HUMPS.sub("_", key).lower()


def told_fields(named: Mapping[str, SgNode | None]) -> tuple[set[str], str]:
    """The fields that the keys name, and who speaks in it: user, model, any ("" where nobody is named)."""
    values: dict[str, ast.expr | None] = {}
    for key, node in named.items():
        if key not in ("type", "version") and not _ABOUT.search(snake(key)):
            values.setdefault(snake(key), _constant(node))
    fields = set(fields_of(values))
    fields.discard("latency")  # a `duration` may be that of a recording or a meeting
    for key, value in values.items():
        if key in _MODELS:  # also a constant: the row says which one answered, whatever stands in the code later
            fields.add("model_version")
        elif key in ("topic", "topics"):
            fields.add("input_ref")
        elif key in ("visitor_id", "uid", "clerk_id", "owner_id"):
            fields.add("user_ref")
        elif _TAKES.search(key) and (key != "duration" or "model_version" in fields):
            fields.add("latency")
        elif _OF_A_MODEL.match(key) and not isinstance(value, ast.Constant):
            fields.add("output")
    if not values.keys() & SAID:
        return fields, ""
    says = ""
    for key, node in named.items():
        text = node.text() if node is not None else ""
        spoken = "user" if _OF_A_USER.match(text) else "model" if _OF_THE_MODEL.match(text) else ""
        if snake(key) in _SPEAKERS:
            says = spoken or "any"
        elif snake(key) in _KINDS and spoken:
            says = says or spoken
    says = "any" if says and values.keys() & _TALKS else says
    return (fields - {"output", "input_ref"} if says else fields), says


def names_an_answer(keys: list[str], fields: set[str]) -> bool:
    """Whether keys that are named like an output are named like that of a model."""
    names = [snake(one) for one in keys]
    strong = any(_ANSWERS.search(one) or _OF_A_MODEL.match(one) for one in names)
    return "output" in fields and (strong or bool(fields & {"confidence", "model_version"}))


def asks(keys: list[str]) -> bool:
    """Whether what was asked for stands beside a file: a prompt is hardly anything else."""
    names = {snake(one) for one in keys}
    return bool(names & _PROMPTS) and any(_FILE.search(one) for one in names)


def by_sessions(keys: Mapping[str, object] | list[str], fields: set[str]) -> None:
    """What was answered in which session tells the request; a table of sessions holds no answer."""
    if "output" in fields and {snake(one) for one in keys} & _SESSIONS:
        fields.add("request_id")


def may_answer(key: str) -> bool:
    """Whether what a model wrote may be its answer under this key, rather than a figure about it."""
    name = snake(key)
    return field_of(name) in ("", "output", "input_ref") and not _NO_ANSWER.search(name)


def _constant(node: SgNode | None) -> ast.expr | None:
    if node is None:
        return None
    kind = node.kind()
    if kind == "string":
        return ast.Constant(node.text()[1:-1])
    if kind in ("null", "undefined") or node.text() in ("undefined", "null"):
        return ast.Constant(None)
    return ast.Constant(0) if kind == "number" else None
