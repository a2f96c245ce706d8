"""Requests by which code asks a language model over HTTP itself: known by their address, or by what they are sent.

The address is put together from what the file says of it. A request that names a model and hands messages to it asks
one, wherever it goes; a path of the same host is a page's, which asks its own server.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import arguments_of
from aiaudit.probes.javascript.groups import expanded
from aiaudit.probes.javascript.module import WRAPPERS, Module, first_named
from aiaudit.probes.javascript.names import dotted
from aiaudit.probes.javascript.resolve import Named
from aiaudit.probes.javascript.whose_words import pairs
from aiaudit.probes.python.match import Patterns, name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_MAX_STEPS: Final = 4
_SENDS: Final = lazy.regex(r"(?:^|\.)(?:fetch|post|request|ofetch|\$fetch|axios|ky|got)$")
_ADDRESS: Final = lazy.regex(
    r"(?i)/chat/completions|/v1/(?:completions|messages|responses)\b|:(?:stream)?generateContent\b|:11434/api/(?:chat|generate)\b"
    r"|://(?:api\.(?:openai|anthropic|mistral|groq|cohere|deepseek|together|fireworks|perplexity|x)\.(?:com|ai|xyz)|openrouter\.ai/api"
    r"|generativelanguage\.googleapis\.com|[\w.-]+\.openai\.azure\.com|api-inference\.huggingface)|ollama\w*\}?/api/(?:generate|chat)\b"
)
# Other answers of the same hosts: vectors, sounds, pictures, labels, lists of models.
_ELSE: Final = lazy.regex(
    r"(?i)/(?:embed(?:dings?)?|audio|images?|moderations|rerank|tags|pull|show|files|batches|threads|assistants|vector_stores|realtime)\b|/models/?[\"'`?]"
    r"|:(?:batch)?embedContents?\b"
    r"|huggingface\.co/models/[^\"'`?]*(?:classif|sentiment|emotion|toxic|bert|detect|sentence-|minilm|whisper|diffusion|mnli)"
)
_OWN: Final = lazy.regex(r"^[\"'`](?:/(?!/)|\./)")
_HOLDERS: Final = name_set("body json data")
_MESSAGES: Final = frozenset({"model", "messages"})


@cache
def _requests() -> Patterns:
    return Patterns(expanded(["group:http.request"]))


class ModelRequests:
    """Tells of the calls of one file which of them ask a language model over HTTP."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._known: dict[int, bool] = {}  # by where a call begins

    def asks(self, call: SgNode, named: Named) -> bool:
        """Whether a call, of which the name is known, sends a question to a language model."""
        name = dotted(named.spec, named.rest)
        if not _SENDS.search(name) or not _requests().match(name):
            return False
        at = call.range().start.index
        known = self._known.get(at)
        if known is None:
            known = self._known[at] = self._asks(call)
        return known

    def _asks(self, call: SgNode) -> bool:
        given = arguments_of(call)
        if not given:
            return False
        address = self.written(given[0])
        if _ADDRESS.search(address):
            return _ELSE.search(address) is None
        return not _OWN.match(address) and any(self._hands_messages(one) for one in given)

    def written(self, node: SgNode, steps: int = 0) -> str:
        """An address as it is written, with what the names in it hold as far as the file says."""
        if node.kind() == "identifier":
            bound = self._bound(node)
            return self.written(bound, steps + 1) if bound is not None and steps < _MAX_STEPS else node.text()
        text = node.text()[:600]
        if node.kind() in ("template_string", "binary_expression") and steps < _MAX_STEPS:
            for part in node.find_all(kind="identifier")[:8]:
                bound = self._bound(part)
                if bound is not None and bound.kind() in ("string", "template_string"):
                    text += " " + bound.text()[:300]
        elif node.kind() == "object":  # `axios({url, method, data})`
            inner = pairs(node).get("url")
            return self.written(inner, steps + 1) if inner is not None and steps < _MAX_STEPS else ""
        return text

    def _bound(self, node: SgNode) -> SgNode | None:
        """What a name is bound to once and for all."""
        bound = self.module.bound(node.text(), node.range().start.index)
        return bound.node if bound is not None and bound.kind == "value" and not bound.path else None

    def _hands_messages(self, node: SgNode, steps: int = 0) -> bool:
        """Whether options, or the body among them, name a model and hold messages."""
        if steps > _MAX_STEPS:
            return False
        kind = node.kind()
        if kind in ("identifier", "shorthand_property_identifier"):
            bound = self._bound(node)
            return bound is not None and self._hands_messages(bound, steps + 1)
        if kind in WRAPPERS:
            inner = first_named(node)
            return inner is not None and self._hands_messages(inner, steps + 1)
        if kind == "call_expression":  # `JSON.stringify({…})`
            called, given = node.field("function"), arguments_of(node)
            told = called is not None and called.text() == "JSON.stringify" and bool(given)
            return told and self._hands_messages(given[0], steps + 1)
        if kind != "object":
            return False
        held = pairs(node)
        if held.keys() >= _MESSAGES:
            return True
        bodies = [value for name in _HOLDERS & held.keys() if (value := held[name]) is not None]
        return any(self._hands_messages(one, steps + 1) for one in bodies)
