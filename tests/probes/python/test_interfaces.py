"""Calls that are told by the interface of one library, whatever client a function is handed."""

from __future__ import annotations

import ast

import pytest

from aiaudit.probes.python.interfaces import by_interface


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("client.messages.create(model=m, max_tokens=9, messages=x)", "anthropic.Anthropic.messages.create"),
        ("self.llm.messages.stream(model=m, max_tokens=9, messages=x)", "anthropic.Anthropic.messages.stream"),
        ("client.beta.messages.create(model=m, max_tokens=9, messages=x)", "anthropic.Anthropic.messages.create"),
        ("client.messages.create(to=number, from_=own, body=text)", ""),  # Twilio
        ("messages.create(model=m, max_tokens=9, messages=x)", ""),  # a module of anybody's
        ("client.threads.create(model=m, max_tokens=9, messages=x)", ""),
        ("create(model=m, max_tokens=9, messages=x)", ""),
    ],
)
def test_the_options_tell_whose_interface_it_is(code: str, name: str) -> None:
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    assert by_interface(call) == name
