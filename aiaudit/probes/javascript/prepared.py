"""Prompts that are defined once and asked later, as Genkit has them: `const ask = ai.definePrompt({…}); await ask(…)`.

A text such as `{{question}}` in them is filled by what the prompt is asked with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import FLOWS, Module, first_named
from aiaudit.probes.javascript.schemas import arguments_of

if TYPE_CHECKING:
    from ast_grep_py import SgNode

CALLED: Final = "called"
"""The member under which a call of such a prompt is known: `genkit.genkit.definePrompt.called`."""

_DEFINES: Final = lazy.regex(r"(?:^|\.)define(?:Dot)?[pP]rompt$")
_LOOKED_UP: Final = lazy.regex(r"^\w+\.prompt$")
_PLACE: Final = lazy.regex(r"\{\{\{?\s*(?:#each\s+)?([A-Za-z_]\w{0,40})(?:\.\w{1,40})*\s*\}")
_ROLES: Final = lazy.regex(r"\{\{\s*(?:role|history)\b")
# What says nothing in words: whoever asks may choose among few values, or names a number.
_NO_TEXT: Final = frozenset({"number", "int", "bigint", "boolean", "enum", "nativeEnum", "literal", "date", "integer"})


def is_prepared(rest: str) -> bool:
    """Whether a name stands for what defines a prompt, or looks one up: what comes of it is called to ask."""
    return _DEFINES.search(rest) is not None or _LOOKED_UP.match(rest) is not None


def is_flow(rest: str) -> bool:
    """Whether a name stands for what makes a flow of a function: calling the flow runs the function."""
    return rest.endswith(FLOWS)


def filled(prompt: SgNode, text: str, module: Module) -> list[str]:
    """The places of a defined prompt that words of its input fill, as they stand in the text."""
    if "{{" not in text or _ROLES.search(text):
        return []
    call = next((one for one in prompt.ancestors() if one.kind() in ("call_expression", "statement_block")), None)
    called = call.field("function") if call is not None and call.kind() == "call_expression" else None
    given = call.field("arguments") if call is not None else None
    if called is None or given is None or _DEFINES.search(called.text()[-60:]) is None:
        return []
    types = {one[0]: one[1] for one in arguments_of(_input_schema(first_named(given)), module)}
    names = dict.fromkeys(name for name in _PLACE.findall(text) if name not in ("this", "else", "media"))
    return [f"{{{{{name}}}}}" for name in names if types.get(name, "") not in _NO_TEXT]


def _input_schema(options: SgNode | None) -> SgNode | None:
    """What stands under `input: {schema: …}`."""
    for key in ("input", "schema"):
        if options is None or options.kind() != "object":
            return None
        options = next(
            (
                one.field("value")
                for one in options.children()
                if one.kind() == "pair" and (name := one.field("key")) is not None and name.text().strip("'\"") == key
            ),
            None,
        )
    return options
