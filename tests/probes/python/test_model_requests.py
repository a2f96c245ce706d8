"""Requests to a language model are known by their address, as far as a file tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probes.python.support import ask

HEAD = """
import os
import urllib.request

import aiohttp
import httpx
import requests

from desk.settings import settings

OLLAMA = os.getenv("OLLAMA_URL", "http://localhost:11434")
URL = "https://api.groq.com/openai/v1/chat/completions"


class Desk:
    base = "https://openrouter.ai/api/v1"

    def __init__(self, http, host: str = "localhost"):
        self.http = http
        self.url = f"{settings.BASE_URL.rstrip('/')}/chat/completions"
        self.client = httpx.AsyncClient(timeout=20)

    async def _post_json(self, path, body):
        return (await self.client.post(f"{settings.BASE_URL}{path}", json=body)).json()

    async def ask(self, path, given):
"""
ASKS = [
    "requests.post(URL, json=given)",
    'requests.post("https://api.groq.com/openai/v1/chat/completions", json=given)',
    'requests.post(f"{OLLAMA}/api/generate", json=given)',
    'requests.post(OLLAMA + "/api/chat", json=given)',
    'requests.request("POST", f"{OLLAMA}/api/chat", json=given)',
    "await self.client.post(self.url, json=given)",
    "await self.http.post(self.url, json=given)",
    'await self.http.post(f"{self.base}/chat/completions", json=given)',
    'await self.http.post(url=f"{path}/v1/messages", json=given)',
    "requests.post(f'https://generativelanguage.googleapis.com/v1beta/models/{path}:generateContent', json=given)",
    "urllib.request.urlopen(urllib.request.Request(URL, data=given))",
    'requests.post(os.environ.get("LLM_URL") or f"{OLLAMA}/api/generate", json=given)',
    'self.client.stream("POST", self.url, json=given)',
    'await self.client.post(path, json={"model": given, "messages": [{"role": "user", "content": given}]})',
    'await self._post_json("/chat/completions", {"model": given})',
    'requests.post(settings.URL, json={"model": given, "prompt": given, "stream": False})',
]
OTHERS = [
    'requests.post("https://api.openai.com/v1/embeddings", json=given)',
    'requests.get("https://api.openai.com/v1/models")',
    'requests.post("https://api.openai.com/v1/audio/transcriptions", data=given)',
    'requests.post(f"{OLLAMA}/api/embeddings", json=given)',
    'requests.post(f"{OLLAMA}/api/pull", json=given)',
    'requests.post(f"{settings.BACKEND}/api/chat", json=given)',
    "requests.post(path, json=given)",
    'await self.http.post("https://api.openai.com/", json=given)',
    'self.http.post(f"{path}/tickets", json=given)',
    'requests.post(f"{settings.BACKEND}/ask", json={"messages": given})',
    'await self._post_json("/tickets", {"model": given})',
    'requests.post(f"{OLLAMA}/api/embed", json={"model": given, "prompt": given, "options": {}})',
    'requests.post(f"{settings.BACKEND}/pictures", json={"model": given, "prompt": given, "size": 512})',
]


@pytest.mark.parametrize("line", ASKS)
def test_it_asks_a_model(line: str, tmp_path: Path) -> None:
    value = ask(tmp_path, "python.model_requests", {"desk/ask.py": f"{HEAD}        return {line}\n"}).value
    assert [(one["path"], one["function"]) for one in value] == [("desk/ask.py", "Desk.ask")], line


@pytest.mark.parametrize("line", OTHERS)
def test_it_asks_no_model(line: str, tmp_path: Path) -> None:
    assert ask(tmp_path, "python.model_requests", {"desk/ask.py": f"{HEAD}        return {line}\n"}).value == [], line


def test_a_path_that_other_services_have_too(tmp_path: Path) -> None:
    code = 'import requests\n\n\ndef ask(base, given):\n    return requests.post(f"{base}/api/generate", json=given)\n'
    assert ask(tmp_path, "python.model_requests", {"ask.py": code}).value == []
    told = code.replace("def ask", "# answered by Ollama\ndef ask")
    assert len(ask(tmp_path, "python.model_requests", {"ask.py": told}).value) == 1


def test_what_the_model_wrote_is_followed(tmp_path: Path) -> None:
    client = (
        "import requests\n\n\ndef complete(prompt):\n"
        '    told = requests.post("http://localhost:11434/api/generate", json={"prompt": prompt}, timeout=60)\n'
        '    return told.json()["response"]\n'
    )
    use = (
        "import subprocess\n\nfrom desk.client import complete\n\n\ndef act(wish):\n"
        "    command = complete(wish)\n    subprocess.run(command, shell=True)\n"
    )
    files = {"desk/client.py": client, "desk/act.py": use, "desk/__init__.py": ""}
    (row,) = ask(tmp_path, "python.flows", files, sinks=["shell"], sources=["llm"]).value
    assert (row["path"], row["line"], row["source"]) == ("desk/act.py", 8, "llm")
