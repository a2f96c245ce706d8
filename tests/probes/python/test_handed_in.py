"""Clients of models that a function is handed by its callers in the same file."""

from __future__ import annotations

import pytest

from tests.probes.python.support import called

ASKED = ("group:llm.completion",)

NESTED = """\
import google.generativeai as genai
def ask(model, prompt):
    def once():
        return model.generate_content(prompt)
    return once()
def main(text):
    return ask(genai.GenerativeModel("m"), text)
"""

BY_KEYWORD = """\
import openai
def ask(text, client=None):
    return client.chat.completions.create(model="m", messages=text)
def main(text):
    mine = openai.OpenAI()
    return ask(text, client=mine)
"""

OF_A_CLASS = """\
import anthropic
class Service:
    def _ask(self, client, text):
        return client.messages.create(model="m", messages=text)
    def run(self, text):
        return self._ask(anthropic.Anthropic(), text)
"""


@pytest.mark.parametrize(("source", "line"), [(NESTED, 4), (BY_KEYWORD, 3), (OF_A_CLASS, 4)])
def test_a_client_that_is_handed_over_is_asked(source: str, line: int) -> None:
    assert [at for at, _ in called(source, *ASKED)] == [line]


@pytest.mark.parametrize(
    "source",
    [
        NESTED.replace('genai.GenerativeModel("m")', "Store()"),  # something else is handed over
        NESTED.replace('ask(genai.GenerativeModel("m"), text)', "ask(*things)"),  # which is first is not known
        NESTED.replace("return ask(", "return other.ask("),  # a method of something else
        OF_A_CLASS.replace("self._ask(", "other._ask("),
    ],
)
def test_what_may_be_something_else_is_none(source: str) -> None:
    assert called(source, *ASKED) == []


def test_functions_that_hand_a_client_to_each_other_end() -> None:
    source = """\
import openai
def one(client, text):
    return two(client, text)
def two(client, text):
    one(client, text)
    return client.chat.completions.create(model="m", messages=text)
one(openai.OpenAI(), "x")
"""
    assert [at for at, _ in called(source, *ASKED)] == [6]
