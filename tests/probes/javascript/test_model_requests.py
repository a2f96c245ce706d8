"""Which requests of TypeScript and JavaScript ask a language model."""

from __future__ import annotations

import pytest

from aiaudit.probes.javascript.model_requests import ModelRequests
from aiaudit.probes.javascript.module import Module
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.javascript.source import parse


def asked(code: str) -> list[int]:
    """The lines of the calls that ask a model."""
    root, text = parse(code.encode(), ".ts")
    module = Module(root, text, jsx=False)
    resolver, requests = Resolver(module), ModelRequests(module)
    return sorted({call.range().start.line + 1 for call in module.calls if requests.asks(call, resolver.called(call))})


@pytest.mark.parametrize(
    "code",
    [
        'await fetch("https://api.openai.com/v1/chat/completions", { method: "POST", body });',
        'const URL = "https://api.groq.com/openai/v1/chat/completions"; await fetch(URL, { method: "POST" });',
        'const BASE = "https://openrouter.ai/api"; await fetch(`${BASE}/v1/chat/completions`, {});',
        "await fetch(`https://generativelanguage.googleapis.com/v1beta/models/${m}:generateContent?key=${k}`, {});",
        'await fetch("http://localhost:11434/api/generate", { body: JSON.stringify({ model, prompt }) });',
        'import axios from "axios"; await axios.post(process.env.GATEWAY, { model: "m", messages: [] });',
        'import axios from "axios"; const body = { model, messages }; await axios.post(url, body);',
        'import axios from "axios"; await axios({ url: "https://api.anthropic.com/v1/messages", method: "post" });',
        "await fetch(url, { body: JSON.stringify({ model: name, messages: turns, stream: true }) });",
        "await fetch(`${process.env.OLLAMA_URL}/api/generate`, { body: JSON.stringify({ model, prompt }) });",
        'await fetch("https://mine.openai.azure.com/openai/deployments/d/x", { method: "POST" });',
        "const options = { method: 'POST', body: JSON.stringify({ model, messages }) }; await fetch(url, options);",
    ],
)
def test_a_request_to_a_model_is_told_by_its_address_or_by_what_it_is_sent(code: str) -> None:
    assert asked(code) == [1]


@pytest.mark.parametrize(
    "code",
    [
        'await fetch("https://api.openai.com/v1/embeddings", { body: JSON.stringify({ model, input }) });',
        'await fetch("https://api.openai.com/v1/models", {});',
        'await fetch("/api/chat", { body: JSON.stringify({ model, messages }) });',  # of the page's own server
        'await fetch("/api/generate", { method: "POST" });',  # the same, whatever it is called
        'await fetch("https://mine.openai.azure.com/openai/deployments/d/embeddings", { method: "POST" });',
        "await fetch(url, { body: JSON.stringify({ template, messages }) });",  # a mailing
        "await fetch(url, { body: JSON.stringify({ model, year }) });",  # a car
        'import axios from "axios"; await axios.get("https://example.org/chat");',
        "send({ model, messages });",  # no request that is known
        "let body = {}; await fetch(url, { body: JSON.stringify(body) });",
    ],
)
def test_another_request_is_none(code: str) -> None:
    assert asked(code) == []


def test_names_that_stand_for_each_other_end_somewhere() -> None:
    names = "; ".join(f"const a{n} = a{n + 1}" for n in range(50))
    assert asked(f'{names}; const a50 = "https://api.openai.com/v1/chat/completions"; await fetch(a0, {{}});') == []
    assert asked("const a = b; const b = a; await fetch(a, a);") == []
