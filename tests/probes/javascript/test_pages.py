"""Components of Vue and Svelte: their script blocks are read like any file, at the lines on which they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.probes.javascript.source import scripts_of
from tests.probes.javascript.support import ask

SCRIPT = "import OpenAI from 'openai'\n  const client = new OpenAI()\n  client.chat.completions.create({ model: 'm', messages: [] })\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "a.vue",
            f'<template>\n  <p>{{{{ a < b }}}}</p>\n</template>\n<script setup lang="ts">\n  {SCRIPT}</script>\n',
        ),
        (
            "a.vue",
            f"<script>\n  export default {{}}\n</script>\n<script setup>\n  {SCRIPT}</script>\n<style>p {{}}</style>\n",
        ),
        ("a.svelte", f"<svelte:head />\n\n\n<script lang='ts'>\n  {SCRIPT}</script>\n{{#if x}}<b>{{x}}</b>{{/if}}\n"),
    ],
)
def test_calls_in_scripts_are_found_where_they_stand(tmp_path: Path, name: str, text: str) -> None:
    fact = ask(tmp_path, "javascript.calls", {name: text}, any=["group:llm.completion"])
    assert [(one["path"], one["line"]) for one in fact.value] == [(name, 7)]


def test_what_is_no_script_is_blank() -> None:
    data = b"<p>eval(x)</p>\n<script lang=ts>\nlet n: number = 1\n</script>\n"
    text, suffix = scripts_of(data)
    assert suffix == ".ts" and len(text) == len(data)
    assert text.split() == [b"let", b"n:", b"number", b"=", b"1"]


def test_what_a_page_asks_in_the_browser_is_no_call_of_a_server(tmp_path: Path) -> None:
    tree = {
        "a.vue": "<script setup>\n  fetch('https://x.example/a')\n</script>\n",
        "b.ts": "fetch('https://x.example/b')\n",
    }
    assert [one["path"] for one in ask(tmp_path, "javascript.calls", tree, any=["fetch"], server=True).value] == [
        "b.ts"
    ]
